"""What is kept for one person about one referral is never another's: families, and parents, beside each other."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from pydantic import BaseModel

from chassis.storage import Connection, JsonTable, Stored
from schemas.family_v1 import FamilySaid
from services.notifications.domain.background import Actions
from services.notifications.domain.preference import Preference
from services.notifications.domain.proving import PageCode
from services.notifications.domain.said import FamilyWords, restored
from services.notifications.storage import links, new_links, proving
from services.notifications.storage.said import words_of
from services.notifications.storage.tables import ACTIONS_AGREED, FAMILY_WORDS, PREFERENCES
from tests.notifications.builders import (
    CASE,
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    decided,
    details,
    opened,
    papers,
    received,
    routed,
)
from tests.notifications.conftest import House

Houses = Callable[..., Awaitable[House]]
HERS, HIS, OTHER = (REFERRAL, MOTHER), (REFERRAL, FATHER), ("r-2", "p-other")
EVERY = (HERS, HIS, OTHER, ("r-2", MOTHER))
SECRET, LATER = (b"salt", b"digest"), timedelta(minutes=10)


async def keep(conn: Connection, table: JsonTable[BaseModel], id: str, state: BaseModel) -> None:
    await table.insert(conn, [Stored(id, 1, 0, state)])


async def two_families(house: Houses) -> House:
    """Two children of whom something was decided."""
    it = await house()
    both = (details(), details(FATHER, language="ro"))
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), *both, opened(), decided(), papers("Hers."))
    of = {"referral_id": "r-2", "reference": "WXYZ-EFGH-JKM4"}
    await it.hear(
        received(**of, tell=("p-other", MOTHER)), routed(**of), details("p-other"),
        opened(referral_id="r-2", case_id="c-2"), decided(referral_id="r-2", case_id="c-2"),
        papers("The other's.").model_copy(update={"referral_id": "r-2", "case_id": "c-2"}),
    )  # fmt: skip
    return it


async def a_link(conn: Connection, code: str, referral_id: str, person_id: str) -> None:
    """A link, asked for on the page, that opens one referral for one person."""
    whose = new_links.Belongs(referral_id, person_id, f"m-{person_id}", "x@families.example", "en")
    assert await new_links.add_asked_link(conn, code, whose, NOW + timedelta(days=1))


async def test_a_link_opens_the_story_reasons_and_actions_of_its_own_referral(house: Houses) -> None:
    it = await two_families(house)
    async with it.pool.acquire() as conn:
        for referral_id in (REFERRAL, "r-2"):
            await keep(conn, ACTIONS_AGREED, referral_id, Actions(referral_id=referral_id))  # type: ignore[arg-type]
        polish = Preference(person_id="p-other", language="pl")
        await keep(conn, PREFERENCES, "p-other", polish)  # type: ignore[arg-type]
        await a_link(conn, "hers", *HERS)
        await a_link(conn, "his", *HIS)
        await a_link(conn, "other", *OTHER)
        for code, (referral_id, person_id), language, case_id in (
            ("hers", HERS, "en", CASE),
            ("his", HIS, "ro", CASE),
            ("other", OTHER, "pl", "c-2"),
        ):
            seen = await links.visit(conn, code, NOW)
            assert seen is not None
            assert seen.agreed is not None
            assert (seen.story.referral_id, seen.person_id, seen.language) == (
                referral_id, person_id, language,
            )  # fmt: skip
            assert [each.case_id for each in seen.reasons] == [case_id]
            assert seen.agreed.referral_id == referral_id


async def test_links_are_taken_back_of_one_referral_or_of_one_person_about_it(house: Houses) -> None:
    it = await two_families(house)
    async with it.pool.acquire() as conn:
        for n, whose in enumerate(EVERY):
            await a_link(conn, f"code {n}", *whose)
        assert await links.revoke_links(conn, *HERS) == 1
        assert await links.revoke_links(conn, REFERRAL) == 1, "the father's; hers is counted once"
        assert await links.revoke_links(conn, "r-2") == 2


async def test_new_links_are_counted_for_each_person_about_each_referral(house: Houses) -> None:
    it = await two_families(house)
    async with it.pool.acquire() as conn:
        for n, whose in enumerate(EVERY):
            for again in range(new_links.IN_A_DAY):
                await a_link(conn, f"code {n} {again}", *whose)
        asks = new_links.Belongs(*HERS, "m", "x@families.example", "en")
        assert not await new_links.add_asked_link(conn, "one more", asks, NOW)


async def test_what_somebody_wrote_is_listed_for_them_and_that_referral_alone(house: Houses) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        for n, (referral_id, person_id) in enumerate(EVERY):
            fact = FamilySaid(
                words_id=f"w-{n}", referral_id=referral_id, person_id=person_id, about="worried",
                words="Hello.", said_at=NOW,
            )  # fmt: skip
            said: FamilyWords = restored(None, fact)
            await keep(conn, FAMILY_WORDS, said.id, said)  # type: ignore[arg-type]
        for n, whose in enumerate(EVERY):
            assert [each.id for each in await words_of(conn, *whose)] == [f"w-{n}"]


async def a_code(conn: Connection, whose: tuple[str, str], confirms: str | None = None) -> int:
    return await proving.keep_code(conn, *whose, "email", SECRET, LATER, confirms=confirms)


async def over(conn: Connection) -> list[int]:
    return [row["id"] for row in await conn.fetch("SELECT id FROM page_code WHERE over ORDER BY id")]


async def test_a_new_code_ends_the_one_before_of_that_person_about_that_referral(house: Houses) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        first, *_ = [await a_code(conn, whose) for whose in EVERY]
        last = await a_code(conn, HERS)
        assert await over(conn) == [first]
        found = await proving.last_code(conn, *HERS)
        assert found is not None
        assert found.id == last
        await proving.save_code(conn, last, PageCode(expires_at=NOW, tries=2, over=True))
        assert await over(conn) == [first, last], "what is noted of one code is noted of no other"


@pytest.mark.parametrize("whose", EVERY)
async def test_the_code_that_counts_is_that_of_the_person_and_the_referral(
    house: Houses, whose: tuple[str, str]
) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        made = {each: await a_code(conn, each) for each in EVERY}
        found = await proving.last_code(conn, *whose)
        assert found is not None
        assert found.id == made[whose]


async def test_a_code_for_the_page_and_one_for_an_address_do_not_end_or_stand_for_each_other(
    house: Houses,
) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        page = await a_code(conn, HERS)
        address = await a_code(conn, HERS, "new@families.example")
        assert await over(conn) == []
        for confirming, id in ((False, page), (True, address)):
            found = await proving.last_code(conn, *HERS, confirming=confirming)
            assert found is not None
            assert found.id == id


async def test_an_address_is_kept_for_as_long_as_its_code_works_and_a_page_s_code_confirms_none(
    house: Houses,
) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        ended = await a_code(conn, HIS, "old@families.example")
        await conn.execute("UPDATE page_code SET expires_at = clock_timestamp()")
        working = await a_code(conn, OTHER, "new@families.example")
        page = await a_code(conn, HERS)
        await proving.save_code(conn, page, PageCode(expires_at=NOW, over=True))
        kept = await conn.fetch("SELECT id, confirms FROM page_code ORDER BY id")
        assert [tuple(row) for row in kept] == [
            (ended, ""),
            (working, "new@families.example"),
            (page, None),
        ]


async def test_codes_that_were_sent_today_are_counted_for_each_person_about_each_referral(
    house: Houses,
) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        for whose in EVERY:
            await a_code(conn, whose)
        await proving.keep_code(conn, *HERS, "by-hand", SECRET, LATER)
        long_ago = await a_code(conn, HERS)
        await conn.execute(
            "UPDATE page_code SET made_at = made_at - interval '25 hours' WHERE id = $1", long_ago
        )
        async with conn.transaction():
            assert len(await proving.codes_sent(conn, *HERS)) == 1


async def test_a_browser_opens_what_it_had_a_code_for_and_what_others_opened_stays_open(
    house: Houses,
) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        for whose in (HERS, HIS):
            await proving.prove(conn, whose[1], *whose, LATER, None)
        for token, proved in ((MOTHER, HERS), (FATHER, HIS)):
            opens = [whose for whose in EVERY if await proving.is_proved(conn, token, *whose)]
            assert opens == [proved]


async def test_a_browser_that_is_proved_again_goes_on_with_all_that_it_had_opened(house: Houses) -> None:
    it = await house()
    async with it.pool.acquire() as conn:
        await proving.prove(conn, "first", *HERS, LATER, None)
        await proving.prove(conn, "first", *OTHER, LATER, None)
        await proving.prove(conn, "his", *HIS, LATER, None)
        await proving.prove(conn, "second", *HERS, LATER, "first")
        opened = [[await proving.is_proved(conn, token, *whose) for whose in (HERS, OTHER, HIS)]
                  for token in ("first", "second", "his")]  # fmt: skip
        assert opened == [[False, False, False], [True, True, False], [False, False, True]]


async def message_of(conn: Connection, referral_id: str, person_id: str) -> str:
    """The last message of this person about this referral."""
    found: str = await conn.fetchval(
        "SELECT id FROM message WHERE referral_id = $1 AND person_id = $2 ORDER BY seq DESC LIMIT 1",
        referral_id,
        person_id,
    )
    return found


async def test_whoever_asks_for_a_link_is_known_by_their_own_messages_about_that_referral(
    house: Houses,
) -> None:
    it = await two_families(house)
    async with it.pool.acquire() as conn:
        for reference, whose in (
            ("ABCD-EFGH-JKM4", HERS),
            ("ABCD-EFGH-JKM4", HIS),
            ("WXYZ-EFGH-JKM4", OTHER),
        ):
            found = await new_links.belongs(conn, reference, f"{whose[1]}@families.example")
            assert found is not None
            assert (found.referral_id, found.person_id) == whose
            assert found.message_id == await message_of(conn, *whose)


async def test_a_code_goes_to_the_addresses_of_the_person_whose_link_it_is(house: Houses) -> None:
    it = await two_families(house)
    async with it.pool.acquire() as conn:
        for _, person_id in (HERS, OTHER):
            found = await links.reached(conn, person_id, "no message")
            assert found.addresses["email"] == f"{person_id}@families.example"
            contact = await links.contact_of(conn, person_id)
            assert contact is not None
            assert contact.email == f"{person_id}@families.example"
