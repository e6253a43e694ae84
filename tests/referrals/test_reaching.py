"""Families that could not be told: their school sees them in a list, and says what it did about each."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from chassis.decision import Refused
from schemas.family_v1 import ContactCorrected, TellingDecided
from schemas.notifications_v1 import MessageFailed, MessageHeld, MessageSent
from services.referrals.domain.reaching import CheckContact, DecideTelling, untold, waits
from services.referrals.domain.referral import Step, What
from services.referrals.domain.work.saying import what_happened
from tests.referrals.builders import NOW
from tests.referrals.conftest import Offices
from tests.referrals.people import joins
from tests.referrals.test_told import a_referral, hear
from tests.referrals.working import ID, Desk


def held(fact: str = "visit.arranged", **given: Any) -> MessageHeld:
    fields: dict[str, Any] = {
        "message_id": f"m-{fact}", "referral_id": ID, "person_id": "p-mother", "fact": fact,
        "reason": "no-contact", "held_at": NOW,
    }  # fmt: skip
    return MessageHeld(**(fields | given))


def decides(decided: str = "told", message_id: str = "m-visit.arranged") -> DecideTelling:
    return DecideTelling(ID, message_id, decided, "sam")  # type: ignore[arg-type]


@pytest.mark.parametrize(("decided", "how"), [("told", "by-hand"), ("again", "again")])
def test_what_the_school_did_is_told_and_stands_in_the_history(decided: str, how: str) -> None:
    desk = Desk()
    desk.rules.deliver(held())
    assert [each.why for each in untold(desk.now)] == ["no-contact"]
    (event,) = desk.rules.deliver(decides(decided))
    assert isinstance(event, TellingDecided)
    assert (event.message_id, event.decided) == ("m-visit.arranged", decided)
    assert untold(desk.now) == []
    assert [each.how for each in desk.now.told] == [how]
    assert (desk.now.history[-1].what, desk.now.history[-1].by) == ("telling-decided", "sam")


def test_of_two_colleagues_the_second_is_told_that_it_is_seen_to() -> None:
    desk = Desk()
    desk.rules.deliver(held())
    desk.rules.deliver(decides())
    with pytest.raises(Refused) as refusal:
        desk.rules.deliver(decides())
    assert refusal.value.code == "reached"


def test_what_is_for_nobody_is_not_sent_again() -> None:
    desk = Desk()
    desk.rules.deliver(held(person_id="nobody", reason="nobody-may-be-told"))
    with pytest.raises(Refused):
        desk.rules.deliver(decides("again"))
    desk.rules.deliver(decides("told"))


async def test_the_school_finds_the_families_that_could_not_be_told_and_sees_to_them(office: Offices) -> None:
    it = await office()
    reference, about = await a_referral(it)
    sam = await joins(it, "Sam", ("school-user", "900001"))
    eve = await joins(it, "Eve", ("school-user", "900101"))
    path = f"/referrals/{reference}/reaching"
    assert "Families to reach" not in (await sam.get("/school")).text
    assert "Nothing waits" in (await sam.get(path)).text
    await hear(
        it,
        MessageSent(**about("referral.routed"), channel="email", sent_at=NOW),
        MessageHeld(**about("visit.arranged"), reason="no-contact", held_at=NOW),
        MessageFailed(
            **about("visit.moved"), channel="email", reason="smtp-550", failed_at=NOW + timedelta(days=1)
        ),
    )
    listed = (await sam.get("/school")).text
    assert path in listed
    assert "Wilf Hazelden</a>: A visit has a date; The date of a visit has changed" in listed
    assert path not in (await eve.get("/school")).text
    assert (await eve.get(path)).status_code == 404
    page = (await sam.get(path)).text
    assert "No e-mail address or mobile number is recorded" in page
    assert "The address or number does not work." in page
    assert "&lt;" not in page
    assert f"/referrals/{reference}/contacts" in page
    assert (await sam.send(f"{path}/m-visit.arranged", decided="told")).status_code == 303
    assert (await sam.send(f"{path}/m-visit.moved", decided="again")).status_code == 303
    assert "Nothing waits" in (await sam.get(path)).text
    assert path not in (await sam.get("/school")).text
    whole = (await sam.get(f"/referrals/{reference}")).text
    assert "told in another way" in whole
    assert "sent again" in whole
    late = await sam.send(f"{path}/m-visit.moved", decided="told")
    assert late.status_code == 303, "somebody else was quicker: the list is shown as it is"
    await hear(it, MessageHeld(**about("visit.moved"), reason="no-contact", held_at=NOW + timedelta(days=2)))
    assert path in (await sam.get("/school")).text, "it did not get through again"


def test_nobody_is_asked_to_ring_a_family_whose_child_has_died() -> None:
    desk = Desk()
    desk.rules.deliver(held())
    died = Step(version=desk.now.version, at=NOW, by="sam", what="child-died")
    assert waits(desk.now)
    assert not waits(desk.now.model_copy(update={"history": (*desk.now.history, died)}))


def test_every_step_of_a_history_has_words() -> None:
    for what in get_args(What):
        assert what_happened(Step(version=1, at=NOW, by="sam", what=what))


def says(person: str = "p-mother", referral_id: str = ID) -> ContactCorrected:
    return ContactCorrected(person_id=person, referral_id=referral_id, way="email", corrected_at=NOW)


def test_a_corrected_contact_is_checked_once() -> None:
    desk = Desk()
    for _ in range(2):
        desk.rules.deliver(says())
    assert [(each.person_id, each.way) for each in desk.now.checks] == [("p-mother", "email")]
    assert waits(desk.now)
    desk.rules.deliver(CheckContact(ID, "p-mother", "email", "sam"))
    assert not waits(desk.now)
    assert (desk.now.history[-1].what, desk.now.history[-1].by) == ("contact-checked", "sam")
    with pytest.raises(Refused):
        desk.rules.deliver(CheckContact(ID, "p-mother", "email", "sam"))


async def test_the_school_is_asked_to_check_its_record_and_is_not_shown_what_the_family_gave(
    office: Offices,
) -> None:
    it = await office()
    reference, about = await a_referral(it)
    sam = await joins(it, "Sam", ("school-user", "900001"))
    ids = about("x")
    await hear(it, says(ids["person_id"], ids["referral_id"]))
    listed = (await sam.get("/school")).text
    assert "The family has given another contact" in listed
    path = f"/referrals/{reference}/reaching"
    page = (await sam.get(path)).text
    assert "Check the e-mail address of" in page
    assert "It is not shown to you." in page
    done = await sam.send(f"{path}/checked", person=ids["person_id"], way="email")
    assert done.status_code == 303
    assert "Nothing waits" in (await sam.get(path)).text
    assert "Families to reach" not in (await sam.get("/school")).text
    assert "The school looked at its record of a contact" in (await sam.get(f"/referrals/{reference}")).text
