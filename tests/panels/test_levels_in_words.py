"""What people read of a proof and of a cost."""

from services.panels.domain.panels.levels import ORDER
from services.panels.domain.plan.levels_in_words import TITLES, costs_in_words, proof_in_words, proof_of
from services.panels.domain.plan.plans import Plan, Planned, Proved
from tests.panels.builders import MONDAY

LISTED = Proved(level="listed", value=12, bound=12, how="linear")
SEARCHED = Proved(level="wait", value=300, bound=300.4, how="search", nodes=40)
ENDED = Proved(level="fair", value=9_000, bound=9_017.6, how="search", nodes=20_000)


def a_plan(*proofs: Proved, listings: int = 1) -> Plan:
    planned = [Planned(case_id=str(n), sitting_id="s", reason="Because.") for n in range(listings)]
    return Plan(panel="placement", digest="d", made_at=MONDAY, listings=tuple(planned), proofs=proofs)


def test_a_level_says_whether_and_how_it_is_proved() -> None:
    assert proof_of(LISTED) == "Proved: no plan reaches more"
    assert proof_of(SEARCHED) == "Proved by a search: no plan reaches more"
    assert proof_of(ENDED) == "The search ended at its limit: up to 17 more may be possible"


def test_a_plan_says_at_which_level_its_proof_ended_and_by_how_much() -> None:
    assert a_plan(LISTED, SEARCHED).proved
    assert proof_in_words(a_plan(LISTED, SEARCHED)).startswith("This is the best plan there is")
    assert not a_plan(LISTED, ENDED).proved
    assert "“Fairness between like cases: each wait by its square” (up to 17 more)" in proof_in_words(
        a_plan(LISTED, ENDED)
    )


def test_a_plan_of_which_nothing_is_proved_is_not_called_the_best() -> None:
    assert a_plan().one_by_one
    assert not a_plan().proved
    assert "Nothing of it is proved" in proof_in_words(a_plan())
    assert "nothing to prove" in proof_in_words(a_plan(listings=0))


def test_every_level_has_words_for_what_it_costs_and_what_it_gains() -> None:
    assert TITLES.keys() >= set(ORDER)
    for level in ORDER:
        dearer, cheaper = (costs_in_words([(level, amount)])[0] for amount in (1, -1))
        assert dearer != cheaper
        assert costs_in_words([(level, 0)]) == ()
    assert costs_in_words([("legal", 2_000)]) == ("2,000 cases more would miss their legal dates",)
