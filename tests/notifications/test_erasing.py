"""A person who was erased is told nothing any more, nothing is left of them, and late facts bring nothing back."""

from collections.abc import Awaitable, Callable
from typing import Any

from schemas.erasure_v1 import PersonErased
from schemas.personal_v1 import Agreed, ReferralPapers
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    details,
    opened,
    papers,
    received,
    routed,
)
from tests.notifications.conftest import House

AGREED = ReferralPapers(
    referral_id=REFERRAL, narrative="", actions=(Agreed(what="Reading", who="SENCo", by=NOW.date()),)
)
Houses = Callable[..., Awaitable[House]]
CHILD = "p-child"


def erased(*persons: str, referrals: tuple[str, ...] = ()) -> PersonErased:
    """The fact that orders it."""
    return PersonErased(
        erasure_id=f"e-{persons[0]}", person_ids=persons, referral_ids=referrals,
        ground="objection-upheld", erased_at=NOW,
    )  # fmt: skip


WHOLE = erased(CHILD, MOTHER, FATHER, referrals=(REFERRAL,))
TABLES = (
    *("story", "message", "reasons", "agreed_actions", "link", "page_view", "restriction", "alias"),
    *("family_words", "page_opinion", "page_code", "page_proof", "preference"),
)


async def rows(it: House) -> dict[str, int]:
    """How many rows each table has."""
    return {table: await it.pool.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def contacts(it: House) -> list[tuple[Any, ...]]:
    found = await it.pool.fetch("SELECT id, reach, state ->> 'email' AS email FROM contact ORDER BY id")
    return [tuple(row) for row in found]


async def a_family(house: Houses) -> House:
    it = await house()
    await it.pool.execute(
        "INSERT INTO family_words (id, version, said, state, referral_id, person_id) "
        "VALUES ('w-1', 1, 0, '{}', $1, $2)",
        REFERRAL,
        MOTHER,
    )
    await it.pool.execute(
        "INSERT INTO page_opinion (referral_id, person_id, helped) VALUES ($1, $2, 'no')", REFERRAL, MOTHER
    )
    await it.hear(
        details(MOTHER), details(FATHER), received(tell=(MOTHER, FATHER)), routed(), opened(), papers()
    )
    await it.hear(AGREED)
    return it


async def test_nothing_is_left_and_the_other_services_are_answered(house: Houses) -> None:
    it = await a_family(house)
    await it.hear(WHOLE)
    assert await rows(it) == dict.fromkeys(TABLES, 0)
    assert {reach for _, reach, email in await contacts(it)} == {"not-told"}
    assert "person.erased-from-notifications.v1" in await it.said()
    taken_back = await it.pool.fetch("SELECT topic, key, version FROM outbox WHERE payload IS NULL")
    assert [tuple(row) for row in taken_back] == [("family-words.v1", "w-1", 2)]


async def test_facts_that_come_late_or_again_bring_nothing_back(house: Houses) -> None:
    it = await house()
    await it.hear(WHOLE)
    before = await contacts(it)
    await it.hear(details(MOTHER), papers(), AGREED, received(tell=(MOTHER,)), routed(), opened())
    assert await rows(it) == dict.fromkeys(TABLES, 0)
    assert await contacts(it) == before


async def test_facts_in_the_same_batch_bring_nothing_back(house: Houses) -> None:
    it = await house()
    await it.hear(details(MOTHER), received(tell=(MOTHER,)), WHOLE, routed(), papers(), details(FATHER))
    assert await rows(it) == dict.fromkeys(TABLES, 0)
    assert all(email is None for _, _, email in await contacts(it))


async def test_it_is_answered_once(house: Houses) -> None:
    it = await house()
    await it.hear(WHOLE)
    await it.hear(WHOLE)
    assert await it.said() == ["person.erased-from-notifications.v1"]


async def test_of_one_parent_alone_the_other_is_told_as_before(house: Houses) -> None:
    it = await a_family(house)
    await it.hear(erased(MOTHER))
    await it.hear(details(MOTHER), received(tell=(MOTHER, FATHER)))
    assert [(id, reach) for id, reach, _ in await contacts(it)] == [(FATHER, "email"), (MOTHER, "not-told")]
    assert {person for _, person, _, _ in await it.phases()} == {FATHER}
    assert (await rows(it))["story"] == 1
