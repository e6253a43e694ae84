"""That a child has died is noted once, by a service manager, with a second yes: as rules and as a page."""

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.children_v1 import ChildDied
from schemas.envelope import Event
from schemas.topics import REFERRALS
from services.referrals.domain.children.persons import PERSON
from services.referrals.domain.commands import StepReferral, WithdrawReferral
from services.referrals.domain.referral import PAPERS, REFERRAL, Referral
from services.referrals.domain.restoring import children as again
from services.referrals.domain.story import story
from services.referrals.domain.work.death import NoteDeath
from tests.referrals.builders import TODAY, bench, book, form, referral_id, submit, upn_of
from tests.referrals.conftest import Offices
from tests.referrals.people import joins

HOW = "The hospital school told us by telephone."
CHILD = book().ids.child("", upn_of(1))


def with_two_referrals() -> Bench:
    on = bench()
    for n in (1, 2):
        on.deliver(submit(form(child__upn=upn_of(1)), n))
    return on


def noted(on: Bench, *numbers: int, words: str = HOW, certain: bool = True) -> list[ChildDied]:
    ids = tuple(referral_id(n) for n in numbers)
    said = on.deliver(NoteDeath(CHILD, (CHILD,), ids, "mo", words, certain))
    return [each for each in said if isinstance(each, ChildDied)]


def referral(on: Bench, n: int) -> Referral:
    found = on.state(REFERRAL, referral_id(n))
    assert found is not None
    return found


def test_it_is_said_of_every_referral_of_the_child_also_of_one_that_has_ended() -> None:
    on = with_two_referrals()
    on.deliver(WithdrawReferral(referral_id(1), "needs-met", by="sam"))
    said = noted(on, 1, 2)
    assert [each.referral_id for each in said] == [referral_id(1), referral_id(2)]
    assert {each.child_id for each in said} == {CHILD}
    for n, status in ((1, "withdrawn"), (2, "routed")):
        assert referral(on, n).child_has_died
        assert referral(on, n).status == status, "where it is stays as it was"
        papers = on.state(PAPERS, referral_id(n))
        assert papers is not None
        assert papers.papers.said[-1].words == HOW


def test_it_is_noted_once_and_a_referral_that_came_meanwhile_is_added() -> None:
    on = with_two_referrals()
    noted(on, 1)
    assert [each.referral_id for each in noted(on, 1, 2)] == [referral_id(2)]
    with pytest.raises(Refused, match="noted-already"):
        noted(on, 1, 2)


@pytest.mark.parametrize(
    ("words", "certain", "code"), [("so", True, "reason-missing"), (HOW, False, "not-certain")]
)
def test_nothing_stops_without_saying_how_it_is_known_and_a_second_yes(
    words: str, certain: bool, code: str
) -> None:
    on = with_two_referrals()
    with pytest.raises(Refused, match=code):
        noted(on, 1, words=words, certain=certain)
    assert not referral(on, 1).child_has_died


def test_a_database_that_lost_it_learns_it_from_the_fact() -> None:
    on = with_two_referrals()
    before = referral(on, 1)
    (fact,) = noted(on, 1)
    restored = again.died(before, fact).state
    assert restored is not None
    assert restored.child_has_died
    assert restored.version == referral(on, 1).version


async def test_a_service_manager_says_so_on_the_childs_page(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    mo = await joins(it, "Mo", ("service-manager", None))
    at = f"/children/{CHILD}/died"
    assert at in (await mo.get(f"/children/{CHILD}")).text
    unsure = await mo.fill(at, reason=HOW)
    assert unsure.status_code == 422
    assert "Say that you are certain" in unsure.text
    assert HOW in unsure.text
    assert (await mo.fill(at, certain="yes", reason=" ")).status_code == 422
    assert (await mo.fill(at, certain="yes", reason=HOW)).status_code == 303
    assert "No message about this child goes to the family" in (await mo.get(at)).text
    said = await it.pool.fetch("SELECT headers::text AS h FROM outbox")
    assert sum("child.died.v1" in row["h"] for row in said) == 1


async def test_nobody_else_finds_the_way_there(office: Offices) -> None:
    it = await office()
    await it.refer(form(child__upn=upn_of(1)))
    sali = await joins(it, "Sal", ("sali-officer", None))
    assert f"/children/{CHILD}/died" not in (await sali.get(f"/children/{CHILD}")).text
    assert (await sali.get(f"/children/{CHILD}/died")).status_code == 403


def events(said: list[Event]) -> list[str]:
    return [type(each).type for each in said if each.topic == REFERRALS]


def test_a_referral_that_comes_later_says_so_before_anybody_could_be_told() -> None:
    on = with_two_referrals()
    noted(on, 1, 2)
    said = on.deliver(submit(form(child__upn=upn_of(1)), 3))
    assert events(said) == ["referral.received.v1", "child.died.v1", "referral.routed.v1"]
    assert referral(on, 3).child_has_died
    assert "There is nothing for the school to do" in story_of(on, 3)


def test_a_referral_that_goes_on_is_one_of_a_child_who_has_died_as_well() -> None:
    on = with_two_referrals()
    noted(on, 1, 2)
    said = on.deliver(
        StepReferral(referral_id(1), referral_id(4), CHILD, "up", "outreach", "More is needed.", by="t")
    )
    assert "child.died.v1" in events(said)
    assert referral(on, 4).child_has_died


def test_another_childs_referral_says_nothing_of_it() -> None:
    on = with_two_referrals()
    noted(on, 1, 2)
    assert "child.died.v1" not in events(on.deliver(submit(form(child__upn=upn_of(9)), 3)))


def test_it_stands_with_the_child_and_no_later_form_takes_it_back() -> None:
    on = with_two_referrals()
    noted(on, 1, 2)
    on.deliver(submit(form(child__upn=upn_of(1), child__address="9 Elm Road"), 3))
    child = on.state(PERSON, CHILD)
    assert child is not None
    assert child.details.died_at is not None
    assert child.details.address == "9 Elm Road"


def story_of(on: Bench, n: int) -> str:
    return story(referral(on, n), book().destinations, TODAY).next_step
