"""Which cases, sittings and schools each question of the pages finds."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.storage import Stored
from services.panels import storage
from services.panels.domain.cases.case import Case
from services.panels.domain.heard import Alias, School
from tests.panels.builders import PanelsBench, at
from tests.panels.conftest import House

DUE = date(2026, 3, 20)


@pytest.fixture
async def pool(house: House) -> asyncpg.Pool:
    return house.pool


@pytest.fixture(scope="module")
def example() -> Case:
    bench = PanelsBench()
    bench.open_cases(1)
    return bench.case(1)


async def put(pool: asyncpg.Pool, example: Case, **cases: dict[str, Any]) -> None:
    """Cases with these ids, queued at the placement panel and due on one day unless something else is said."""
    usual = {"panel": "placement", "status": "queued", "due_on": DUE}
    states = [
        example.model_copy(update={"case_id": id, "referral_id": f"r-{id}", **usual, **given})
        for id, given in cases.items()
    ]
    await storage.CASES.insert(pool, [Stored(state.case_id, 1, 0, state) for state in states])


async def shut(pool: asyncpg.Pool, *ids: str) -> None:
    for id in ids:
        await pool.execute("INSERT INTO restriction VALUES ($1, 1, 0, '{}')", f"r-{id}")


async def ids(pool: asyncpg.Pool, *asked: Any, **given: Any) -> list[str]:
    async with pool.acquire() as conn:
        return [case.case_id for case in await storage.page(conn, *asked, **given)]


async def test_a_list_of_cases_is_narrowed_by_state_panel_and_referral(
    pool: asyncpg.Pool, example: Case
) -> None:
    await put(pool, example, a={}, b={"status": "listed"}, c={"panel": "other"})
    assert await ids(pool, None, None, None, None, 9) == ["a", "b", "c"]
    assert await ids(pool, ["listed"], None, None, None, 9) == ["b"]
    assert await ids(pool, None, ["other"], None, None, 9) == ["c"]
    assert await ids(pool, None, None, "r-a", None, 9) == ["a"]


async def test_a_long_list_goes_on_behind_the_last_and_leaves_none_out(
    pool: asyncpg.Pool, example: Case
) -> None:
    later = {"due_on": DUE + timedelta(days=1)}
    await put(pool, example, c={}, b={}, a=later, never={"due_on": None})
    assert await ids(pool, None, None, None, None, 2) == ["b", "c"]
    assert await ids(pool, None, None, None, (DUE, "b"), 9) == ["c", "a", "never"]
    assert await ids(pool, None, None, None, (DUE, "c"), 1) == ["a"]


async def test_cases_that_may_be_shut_are_not_counted_as_open_to_all(
    pool: asyncpg.Pool, example: Case
) -> None:
    await put(
        pool, example, open={}, begun_restricted={"restricted": True}, told_later={},
        listed={"status": "listed"}, of_another_panel={"panel": "other"},
        listed_and_shut={"status": "listed"}, shut_at_another_panel={"panel": "other"},
    )  # fmt: skip
    await shut(pool, "told_later", "listed_and_shut", "shut_at_another_panel")
    async with pool.acquire() as conn:
        open_to_all, maybe = await storage.number(conn, ["queued"], ["placement"])
        everywhere, _ = await storage.number(conn, ["queued"], None)
    assert (open_to_all, everywhere) == (1, 2)
    assert sorted(case.case_id for case in maybe) == ["begun_restricted", "told_later"]


async def test_what_waits_for_an_answer_is_listed_for_its_own_panel(
    pool: asyncpg.Pool, example: Case
) -> None:
    await put(pool, example, mine={}, other={"panel": "other"}, nothing={})
    await pool.execute("UPDATE placement_case SET to_decide = id <> 'nothing'")
    async with pool.acquire() as conn:
        assert [case.case_id for case in await storage.to_decide(conn, ["placement"])] == ["mine"]
        assert [case.case_id for case in await storage.to_decide(conn, None)] == ["mine", "other"]


async def test_the_cases_of_a_child_are_found_from_each_of_its_records_and_no_other_s(
    pool: asyncpg.Pool, example: Case
) -> None:
    await put(
        pool, example, kept={"child_id": "kept"}, merged={"child_id": "merged"}, earlier={"child_id": "earlier"},
        separated={"child_id": "separated"}, other={"child_id": "other"},
    )  # fmt: skip
    joined = {"merged": "kept", "earlier": "merged", "separated": None, "elsewhere": None}
    await storage.ALIASES.insert(pool, [Stored(id, 1, 0, Alias(into=into)) for id, into in joined.items()])
    async with pool.acquire() as conn:
        for child in ("kept", "merged", "earlier"):
            found = await storage.cases_of_child(conn, child)
            assert sorted(case.case_id for case in found) == ["earlier", "kept", "merged"], child
        assert [case.case_id for case in await storage.cases_of_child(conn, "separated")] == ["separated"]


async def test_a_school_is_found_by_its_number_alone_or_by_words_of_its_name(pool: asyncpg.Pool) -> None:
    names = {"100001": "Oak School", "100002": "Royal OAK Academy", "100003": "Elm School 100001"}
    await storage.SCHOOLS.insert(
        pool, [Stored(urn, 1, 0, School(name=name, town="Ware")) for urn, name in names.items()]
    )
    async with pool.acquire() as conn:
        by_name = await storage.find_schools(conn, "oak")
        by_number = await storage.find_schools(conn, "100001")
    assert [urn for urn, _ in by_name] == ["100001", "100002"]
    assert [urn for urn, _ in by_number] == ["100001"]


async def test_sittings_are_one_panel_s_and_those_that_have_begun_are_not_ahead(house: House) -> None:
    sitting = PanelsBench().sitting()
    other = sitting.model_copy(update={"sitting_id": "other-2026-03-05", "panel": "other"})
    async with house.pool.acquire() as conn:
        await storage.SITTINGS.insert(conn, [Stored(other.sitting_id, 1, 0, other)])
        on = (sitting.sits_on, sitting.sits_on)
        assert [each.sitting.panel for each in await storage.sittings(conn, *on, "other")] == ["other"]
        assert len(await storage.sittings(conn, *on)) == 2
        for now, ahead in ((at("2026-03-05 00:00"), 1), (at("2026-03-05 23:00"), 0)):
            assert len(await storage.sittings_ahead(conn, "other", now)) == ahead
