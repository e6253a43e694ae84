"""Compulsory school age ends while a referral is under way: from then on the young person is told."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chassis.testing import Bench
from schemas.personal_v1 import PersonDetails
from schemas.referral_work_v1 import ReferralAmended
from services.referrals.domain.children.ages import is_young_person, last_birth
from services.referrals.domain.referral import REFERRAL
from services.referrals.domain.restoring import work as again
from services.referrals.domain.work.turning import TellYoungPerson
from services.referrals.turning import tell_those_who_turned
from tests.referrals.builders import bench, book, form, referral_id, submit
from tests.referrals.conftest import Offices

#: Sixteen since January: school may be left on Friday 26 June 2026.
BORN, OWN = "2010-01-20", "wilf@families.example.org"
AFTER = datetime(2026, 6, 27, 6, tzinfo=UTC)
CHILD = book().ids.child("", form()["child"]["upn"])


def a_form(**changes: Any) -> dict[str, Any]:
    return form(**{"child__born": BORN, "child__email": OWN} | changes)


def with_a_referral(**changes: Any) -> Bench:
    on = bench()
    on.deliver(submit(a_form(**changes)))
    return on


def turns(on: Bench, at: datetime = AFTER) -> list[Any]:
    on.now = at
    return on.deliver(TellYoungPerson(CHILD, (referral_id(1),)))


@given(st.dates(date(1998, 1, 1), date(2030, 12, 31)), st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_whoever_was_born_until_a_day_is_past_compulsory_school_age(born: date, today: date) -> None:
    assert is_young_person(born, today) == (born <= last_birth(today))


def test_the_young_person_is_told_from_then_on_and_so_are_those_who_were_before() -> None:
    on = with_a_referral()
    before = on.state(REFERRAL, referral_id(1))
    assert before is not None
    assert CHILD not in before.tell
    details, fact = turns(on)
    assert isinstance(details, PersonDetails)
    assert (details.person_id, details.may_be_told, details.email) == (CHILD, True, OWN)
    assert isinstance(fact, ReferralAmended)
    assert fact.tell == (*before.tell, CHILD)
    after = on.state(REFERRAL, referral_id(1))
    assert after is not None
    assert after.tell == fact.tell


def test_on_the_last_day_itself_it_is_too_early() -> None:
    assert turns(with_a_referral(), AFTER - timedelta(days=1)) == []


def test_it_is_said_once() -> None:
    on = with_a_referral()
    assert turns(on)
    assert turns(on) == []


def test_without_a_contact_of_their_own_nothing_changes() -> None:
    assert turns(with_a_referral(child__email=None)) == []


def test_a_rebuilt_referral_is_as_it_was() -> None:
    on = with_a_referral()
    before = on.state(REFERRAL, referral_id(1))
    _, fact = turns(on)
    rebuilt, after = again.amended(before, fact).state, on.state(REFERRAL, referral_id(1))
    assert rebuilt is not None
    assert after is not None
    assert rebuilt.model_dump(exclude={"history"}) == after.model_dump(exclude={"history"})
    assert rebuilt.history[-1].model_dump(exclude={"by"}) == after.history[-1].model_dump(exclude={"by"})


async def test_each_day_whoever_has_turned_is_found(office: Offices) -> None:
    it = await office()
    await it.refer(a_form())
    await it.refer(form(child__upn=..., child__no_upn_reason="from-abroad", asks_for="outreach"))
    assert await tell_those_who_turned(it.running) == 0
    it.running.clock._now = AFTER  # type: ignore[attr-defined]
    assert await tell_those_who_turned(it.running) == 1
    assert (await it.said())[-2:] == ["person.details.v1", "referral.amended.v1"]
    assert await tell_those_who_turned(it.running) == 0
