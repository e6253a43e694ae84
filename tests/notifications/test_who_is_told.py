"""Who is told: each in their own right, as far as somebody recorded that they may be, by the contact of today."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from schemas.codes import AnyRelation
from schemas.referral_work_v1 import ReferralAmended
from services.notifications.domain import contact
from services.notifications.domain.contact import Contact
from tests.notifications.builders import MOTHER, NOW, REFERRAL, accepted, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_two_parents import everything_sent

Houses = Callable[..., Awaitable[House]]
HOME = "1 Rose Lane, Hitchin, SG4 9AA"


def known(**given: Any) -> Contact:
    state = contact.learn(None, details(**given), NOW).state
    assert state is not None
    return state


@pytest.mark.parametrize("role", ["interpreter", "representative", "advocate", "virtual-school"])
def test_whom_the_first_list_has_no_code_for_is_known_by_the_role(role: AnyRelation) -> None:
    assert known(relation="other", role=role).relation == role
    assert known(relation="social-worker").relation == "social-worker"


def test_an_adult_without_mail_and_telephone_has_letters() -> None:
    person = known(email=None, address=HOME)
    assert (person.reach, person.post[-1]) == ("letter", "SG4 9AA")


def test_whoever_wants_letters_has_letters_and_else_what_there_is() -> None:
    wants = known(letters=True, address=HOME)
    assert (wants.reach, wants.channel) == ("letter", "letter")
    assert known(letters=True, address=None).reach == "email"


def test_a_postcode_needs_no_comma_before_it() -> None:
    assert known(email=None, address="1 Rose Lane, Hitchin SG4 9AA").post[-2:] == ("Hitchin", "SG4 9AA")


async def told(house: House) -> set[str]:
    return {letter.to for letter in (await everything_sent(house)).letters}


async def test_an_interpreter_is_told_beside_the_parent_in_the_language_that_is_recorded(
    house: Houses,
) -> None:
    it = await house(draft_translations=True)
    await it.hear(received(tell=(MOTHER, "p-interpreter")), routed(), details(language="pl"))
    await it.hear(details("p-interpreter", relation="other", role="interpreter", language="pl"))
    letters = (await everything_sent(it)).letters
    assert {letter.to for letter in letters} == {
        "p-mother@families.example",
        "p-interpreter@families.example",
    }
    assert len({letter.subject for letter in letters}) == 1


async def test_of_a_child_looked_after_nobody_is_told_whose_permission_is_not_recorded(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=("p-worker",)), routed())
    await it.hear(details("p-worker", relation="social-worker"))
    await it.hear(details("p-school", relation="other", role="virtual-school", may_be_told=False))
    await it.hear(details(MOTHER, may_be_told=False))
    assert await told(it) == {"p-worker@families.example"}


async def test_where_nobody_may_be_told_it_is_a_persons_task(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=()), routed())
    assert await told(it) == set()
    assert [row[2:] for row in await it.phases()] == [("held", "nobody-may-be-told")]


async def test_a_representative_and_an_advocate_are_told_in_their_own_right(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=("p-stands-in", "p-advocate")), routed())
    await it.hear(details("p-stands-in", relation="other", role="representative"))
    await it.hear(details("p-advocate", relation="other", role="advocate"))
    assert await told(it) == {"p-stands-in@families.example", "p-advocate@families.example"}


async def test_what_waits_goes_to_the_contact_of_today(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(email="old@families.example"))
    await it.hear(details(email="new@families.example"))
    assert await told(it) == {"new@families.example"}
    await it.hear(accepted(), details(may_be_told=False))
    assert await told(it) == set()


async def test_without_any_contact_it_is_a_task(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(email=None))
    assert await told(it) == set()
    assert [row[2:] for row in await it.phases()] == [("held", "no-contact")]


def tells_also(*tell: str) -> ReferralAmended:
    return ReferralAmended(referral_id=REFERRAL, parts=("contacts",), amended_at=NOW, tell=tell)


async def test_a_young_person_who_turns_hears_what_comes_next_and_the_parent_what_waited(
    house: Houses,
) -> None:
    it = await house()
    young = details("p-child", relation="child")
    await it.hear(received(), routed(), details(), details("p-child", relation="child", may_be_told=False))
    await it.hear(tells_also("p-child", MOTHER), young)
    assert await told(it) == {"p-mother@families.example"}, "what waited was made for her"
    await it.hear(accepted())
    assert await told(it) == {"p-mother@families.example", "p-child@families.example"}


async def test_where_the_details_come_after_the_fact_that_names_them_they_are_waited_for(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    await it.hear(tells_also("p-child", MOTHER), accepted())
    assert await told(it) == {"p-mother@families.example"}
    await it.hear(details("p-child", relation="child"))
    assert await told(it) == {"p-child@families.example"}
