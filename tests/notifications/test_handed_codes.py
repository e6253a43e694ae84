"""Codes that the school hands over: the second factor of whoever has one contact only."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from chassis import readable
from schemas.family_v1 import PageCodeHanded, PageCodeUsed
from services.notifications.domain import handed
from tests.notifications.builders import FATHER, MOTHER, NOW, REFERRAL
from tests.notifications.conftest import House
from tests.notifications.test_proving import REASONS, a_decision
from tests.notifications.test_web import browser

Houses = Callable[..., Awaitable[House]]
LETTERS = "7K3MX2TP9QAB45CD"
ID = "5c0b9e7f-6071-4829-93a4-b5c6d7e8f901"
WRONG = "not a code that works for your page"


def a_code(person: str = MOTHER, letters: str = LETTERS, **given: Any) -> PageCodeHanded:
    fields: dict[str, Any] = {
        "code_id": ID, "referral_id": REFERRAL, "person_id": person, "digest": readable.digest(letters),
        "handed_by": "sam", "why": "I know her.", "handed_at": NOW, "ends_at": datetime.max.replace(tzinfo=NOW.tzinfo),
    }  # fmt: skip
    return PageCodeHanded(**(fields | given))


def test_facts_in_either_order_lead_to_a_used_code() -> None:
    code = handed.heard(None, a_code(), NOW).state
    (fact,) = handed.use(code, handed.UseCode(ID, REFERRAL, MOTHER), NOW).events
    assert isinstance(fact, PageCodeUsed)
    live = handed.use(code, handed.UseCode(ID, REFERRAL, MOTHER), NOW).state
    assert handed.restored(code, fact).state == live
    assert handed.heard(handed.restored(None, fact).state, a_code(), NOW).state == live


async def test_it_opens_the_page_once_however_it_is_typed(house: Houses) -> None:
    it, link = await a_decision(house)
    await it.hear(a_code())
    async with browser(it) as family:
        assert "Did the school give you a code?" in (await family.get(f"{link}/code")).text
        assert REASONS not in (await family.get(link)).text
        right = await family.post(f"{link}/code", data={"handed": " 7k3m-x2tp 9qab-45cd"})
        assert right.status_code == 303
        assert REASONS in (await family.get(link)).text
    assert (await it.said()).count("page-code.used.v1") == 1
    async with browser(it) as another:
        again = await another.post(f"{link}/code", data={"handed": LETTERS})
        assert (again.status_code, WRONG in again.text) == (422, True)
        assert REASONS not in (await another.get(link)).text


async def test_a_code_of_another_person_one_taken_back_and_one_that_ended_open_nothing(house: Houses) -> None:
    it, link = await a_decision(house)
    past = NOW - timedelta(days=1)
    for number, event in enumerate((
        a_code(FATHER, code_id="1"),
        a_code(code_id="2", revoked_at=NOW, digest=readable.digest("2" * 16)),
        a_code(code_id="3", handed_at=past, ends_at=past, digest=readable.digest("3" * 16)),
    )):  # fmt: skip
        await it.hear(event)
        async with browser(it) as family:
            letters = LETTERS if number == 0 else str(number + 1) * 16
            answer = await family.post(f"{link}/code", data={"handed": letters})
            assert (answer.status_code, WRONG in answer.text) == (422, True)
            assert REASONS not in (await family.get(link)).text
    assert "page-code.used.v1" not in await it.said()


async def test_one_that_is_taken_back_after_it_was_heard_of_opens_nothing(house: Houses) -> None:
    it, link = await a_decision(house)
    await it.hear(a_code())
    await it.hear(a_code(revoked_at=NOW))
    async with browser(it) as family:
        assert (await family.post(f"{link}/code", data={"handed": LETTERS})).status_code == 422


async def test_guesses_end_for_the_address_that_makes_them(house: Houses) -> None:
    it, link = await a_decision(house)
    await it.hear(a_code())
    async with browser(it) as family:
        seen = [
            (await family.post(f"{link}/code", data={"handed": f"{n:016d}"})).status_code for n in range(31)
        ]
        assert (set(seen[:30]), seen[30]) == ({422}, 429)
        late = await family.post(f"{link}/code", data={"handed": LETTERS})
        assert late.status_code == 429, "whoever guesses is not told that this one is right"
