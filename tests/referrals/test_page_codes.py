"""Codes for the family's page that the school hands over: shown once, kept as a digest, taken back."""

import re
from datetime import timedelta
from typing import Any

import pytest

from chassis import readable
from chassis.decision import Refused
from schemas.family_v1 import PageCodeHanded, PageCodeUsed
from services.referrals import storage
from services.referrals.domain.page_codes import LASTS, HandCode, PageCode, RevokeCode, restored, used
from tests.referrals.builders import NOW
from tests.referrals.conftest import Office, Offices, apply
from tests.referrals.people import joins
from tests.referrals.test_referral_pages import case
from tests.referrals.working import ID, Desk

CODE, LATER = "5c0b9e7f-6071-4829-93a4-b5c6d7e8f901", "6d1c0f80-7182-493a-a4b5-c6d7e8f90112"
WHY = "She came to the office; I know her."
_SHOWN = re.compile(r'<strong class="fp-token">([0-9A-Z-]{19})</strong>')


def hands(desk: Desk, **given: Any) -> HandCode:
    fields: dict[str, Any] = {
        "code_id": CODE, "referral_id": ID, "person_id": desk.now.tell[0], "by": "sam",
        "digest": readable.digest("A" * 16), "why": WHY,
    }  # fmt: skip
    return HandCode(**(fields | given))


def code(**given: Any) -> PageCode:
    fields: dict[str, Any] = {
        "id": CODE, "referral_id": ID, "person_id": "p", "digest": "d", "by": "sam", "why": WHY,
        "handed_at": NOW, "ends_at": NOW + LASTS,
    }  # fmt: skip
    return PageCode(**(fields | given))


def test_a_code_is_told_by_its_digest_alone_and_stands_in_the_history() -> None:
    desk = Desk()
    (event,) = desk.rules.deliver(hands(desk))
    assert isinstance(event, PageCodeHanded)
    assert (event.digest, event.why, event.handed_by) == (readable.digest("A" * 16), WHY, "sam")
    assert event.ends_at - event.handed_at == LASTS
    assert (desk.now.history[-1].what, desk.now.history[-1].by) == ("page-code-handed", "sam")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"person_id": "a stranger"}, "not-told"),
        ({"why": " x "}, "reason-missing"),
        ({"why": "x" * 501}, "reason-missing"),
    ],
)
def test_a_code_goes_to_nobody_who_may_not_be_told_and_never_without_a_reason(
    given: dict[str, str], refusal: str
) -> None:
    desk = Desk()
    with pytest.raises(Refused) as refused:
        desk.rules.deliver(hands(desk, **given))
    assert refused.value.code == refusal


def test_the_next_code_of_a_person_ends_the_one_before() -> None:
    desk = Desk()
    desk.rules.deliver(hands(desk))
    events = desk.rules.deliver(hands(desk, code_id=LATER, instead=(CODE,)))
    told = {event.code_id: event for event in events if isinstance(event, PageCodeHanded)}
    assert told[CODE].revoked_at is not None
    assert told[LATER].revoked_at is None


def test_a_code_is_taken_back_once() -> None:
    desk = Desk()
    desk.rules.deliver(hands(desk))
    (event,) = desk.rules.deliver(RevokeCode(CODE, ID, "sam"))
    assert isinstance(event, PageCodeHanded)
    assert event.revoked_at is not None
    with pytest.raises(Refused):
        desk.rules.deliver(RevokeCode(CODE, ID, "sam"))


def test_how_a_code_stands() -> None:
    assert code().standing(NOW) == "open"
    assert code().standing(NOW + LASTS) == "over"
    assert code(revoked_at=NOW).standing(NOW) == "revoked"
    assert code(used_at=NOW, revoked_at=NOW).standing(NOW) == "used"
    assert code().standing(NOW + LASTS - timedelta(seconds=1)) == "open"


def test_that_it_was_used_stays_when_the_code_is_found_again() -> None:
    event = PageCodeUsed(code_id=CODE, referral_id=ID, person_id="p", used_at=NOW)
    after = used(code(), event, NOW).state
    assert after is not None
    fact = PageCodeHanded(code_id=CODE, handed_by="sam", **code(digest="0" * 64).model_dump(include={
        "referral_id", "person_id", "digest", "why", "handed_at", "ends_at"}))  # fmt: skip
    again = restored(after, fact).state
    assert again == code(digest="0" * 64, used_at=NOW)


async def test_the_school_prints_a_code_that_is_shown_once(office: Offices) -> None:
    it = await office()
    reference, ada, sam = await case(it)
    path = f"/referrals/{reference}/page-codes"
    assert path in (await sam.get(f"/referrals/{reference}")).text
    assert path not in (await ada.get(f"/referrals/{reference}")).text
    assert (await ada.get(path)).status_code == 403
    empty = await sam.fill(path)
    assert (empty.status_code, "Choose whom you give the code to." in empty.text) == (422, True)
    made = await sam.fill(path, person=await first_told(it, reference), why=WHY)
    assert made.status_code == 200
    found = _SHOWN.search(made.text)
    assert found
    letters = readable.typed(found[1], 16)
    row = await it.pool.fetchval("SELECT state::text FROM page_code")
    assert readable.digest(letters) in row
    assert letters not in row
    shown = (await sam.get(path)).text
    assert found[1] not in shown
    assert WHY in shown
    assert "works until" in shown
    assert "&lt;" not in shown
    id = await it.pool.fetchval("SELECT id FROM page_code")
    assert (await sam.send(f"{path}/{id}/revoke")).status_code == 303
    assert "was taken back on" in (await sam.get(path)).text


async def test_that_it_was_used_is_seen_by_the_school(office: Offices) -> None:
    it = await office()
    reference, _, sam = await case(it)
    path = f"/referrals/{reference}/page-codes"
    whose = await first_told(it, reference)
    await sam.fill(path, person=whose, why=WHY)
    row = await it.pool.fetchrow("SELECT id, referral_id FROM page_code")
    assert row
    event = PageCodeUsed(code_id=row["id"], referral_id=row["referral_id"], person_id=whose, used_at=NOW)
    await apply(it.running, event)
    assert "was used on" in (await sam.get(path)).text


async def test_another_school_and_the_council_hand_over_nothing(office: Offices) -> None:
    it = await office()
    reference, *_ = await case(it)
    path = f"/referrals/{reference}/page-codes"
    other = await joins(it, "Eve", ("school-user", "900101"))
    officer = await joins(it, "Olga", ("sali-officer", None))
    assert (await other.get(path)).status_code == 404
    assert (await officer.get(path)).status_code == 403


async def first_told(it: Office, reference: str) -> str:
    async with it.pool.acquire() as conn:
        referral = await storage.by_reference(conn, reference)
    assert referral is not None
    return referral.tell[0]
