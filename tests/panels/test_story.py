"""Each state of a case and a sitting has its sentences."""

from datetime import date
from typing import get_args

from services.panels.domain.cases.case import Status
from services.panels.domain.commands import DeferCase, WithdrawCase
from services.panels.domain.story import Story, tell, tell_sitting
from tests.panels.builders import THURSDAY_5_MARCH, PanelsBench, an_ask, at

PANEL = "Placement and Provision Panel"


def stories() -> dict[str, Story]:
    """The story of one case in each of its states."""
    found: dict[str, Story] = {}

    def note(bench: PanelsBench) -> None:
        found[bench.case().status] = tell(bench.case(), PANEL)

    bench = PanelsBench()
    bench.open_cases(1, placement=an_ask(papers_complete=False, request_received=None))
    note(bench)
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    note(bench)
    bench.confirm(case_id)
    note(bench)
    bench.advance(at("2026-03-05 10:00"))
    bench.hear(case_id)
    note(bench)
    bench.decide(case_id)
    note(bench)
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.advance(at("2026-03-05 10:00"))
    bench.deliver(
        DeferCase(
            case_id,
            THURSDAY_5_MARCH,
            ("health-advice",),
            "ehc-co-ordinator",
            date(2026, 3, 20),
            "No advice yet.",
        )
    )
    note(bench)
    bench.deliver(WithdrawCase(case_id, "family-asked"))
    note(bench)
    return found


def test_every_state_says_what_happened_who_holds_it_what_comes_next_and_by_when() -> None:
    told = stories()
    assert set(told) == set(get_args(Status))
    for state, story in told.items():
        for sentence in (story.happened, story.holder, story.next_step):
            assert sentence.endswith("."), state
            assert sentence[0].isupper(), state
    assert {state: story.by for state, story in told.items()} == {
        "incomplete": None,
        "queued": date(2026, 5, 4),
        "listed": date(2026, 3, 5),
        "heard": date(2026, 3, 12),
        "decided": date(2026, 3, 20),
        "deferred": date(2026, 3, 20),
        "withdrawn": None,
    }


def test_the_recommendation_is_not_in_the_story_before_the_decision() -> None:
    told = stories()
    assert "special school" not in str(told["heard"])
    assert told["decided"].happened == "The authority agreed to a special school on 5 March 2026."


def test_an_incomplete_case_names_all_that_is_missing() -> None:
    assert stories()["incomplete"].happened == (
        "The case came to the Placement and Provision Panel on 2 February 2026. It still lacks the educational "
        "psychologist's advice, the family's views, the school's report and its statutory dates."
    )


def test_a_deferred_case_names_who_brings_what() -> None:
    story = stories()["deferred"]
    assert story.happened.endswith("on 5 March 2026. It lacks health advice.")
    assert story.holder == "The EHC co-ordinator holds it."


def test_every_state_of_a_sitting_has_its_sentence() -> None:
    bench = PanelsBench()
    seen = {tell_sitting(bench.sitting(), 0)}
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    seen.add(tell_sitting(bench.sitting(), 1))
    bench.advance(at("2026-02-26 17:00"))
    seen.add(tell_sitting(bench.sitting(), 1))
    bench.advance(at("2026-03-05 10:00"))
    seen |= {tell_sitting(bench.sitting(), 1), tell_sitting(bench.sitting("placement-2026-03-03"), 0)}
    bench.advance(at("2026-03-05 18:00"))
    seen.add(tell_sitting(bench.sitting("placement-2026-03-12"), 0))
    assert len(seen) == 6
    assert "1 of 12 places are taken. The panel sits at 09:30 on Thursday 5 March 2026." in " ".join(seen)
