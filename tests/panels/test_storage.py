"""What is kept comes back as it was, on a real PostgreSQL."""

from datetime import date
from typing import TypeVar

from pydantic import BaseModel

from chassis.storage import JsonTable, Stored
from services.panels import planned, storage
from services.panels.app import make_sittings
from services.panels.domain.commands import DeferCase
from tests.panels.builders import BOOK, MONDAY, THURSDAY_5_MARCH, PanelsBench, an_ask, at
from tests.panels.conftest import House

S = TypeVar("S", bound=BaseModel)


def a_much_travelled_case() -> PanelsBench:
    """A bench whose first case was deferred, and whose second was decided."""
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first, second)
    bench.advance(at("2026-03-05 10:00"))
    bench.deliver(
        DeferCase(first, THURSDAY_5_MARCH, ("health-advice",), "health", date(2026, 3, 20), "No advice yet.")
    )
    bench.hear(second)
    bench.decide(second)
    return bench


async def saved(house: House, table: JsonTable[S], state: S, id: str) -> object:
    async with house.pool.acquire() as conn:
        rows = [Stored(id, 1, 1, state)]
        await (table.update if await table.load(conn, [id], lock=False) else table.insert)(conn, rows)
        return (await table.load(conn, [id], lock=True))[id].state


async def test_a_case_comes_back_as_it_was_kept(house: House) -> None:
    bench = a_much_travelled_case()
    for n in (1, 2):
        case = bench.case(n)
        assert await saved(house, storage.CASES, case, case.case_id) == case


async def test_a_sitting_comes_back_as_it_was_kept(house: House) -> None:
    sitting = a_much_travelled_case().sitting()
    assert await saved(house, storage.SITTINGS, sitting, sitting.sitting_id) == sitting


async def test_those_cases_can_be_planned_that_are_complete_and_wait_or_are_on_a_batch(house: House) -> None:
    bench = PanelsBench()
    bench.open_cases(3)
    bench.confirm(bench.case(3).case_id)
    incomplete = PanelsBench()
    incomplete.open_cases(4, placement=an_ask(papers_complete=False))
    for case in (bench.case(1), bench.case(2), bench.case(3), incomplete.case(4)):
        await saved(house, storage.CASES, case, case.case_id)
    async with house.pool.acquire() as conn:
        assert {case.case_id for case in await planned.plannable(conn, "placement")} == {
            bench.case(n).case_id for n in (1, 2, 3)
        }
        assert await planned.plannable(conn, "other") == []


async def test_sittings_ahead_are_those_that_have_not_begun(house: House) -> None:
    async with house.pool.acquire() as conn:
        ahead = await storage.sittings_ahead(conn, "placement", at("2026-03-05 09:30"))
        between = await storage.sittings(conn, date(2026, 3, 5), date(2026, 3, 10))
    assert ahead[0].sitting.sits_on == date(2026, 3, 10)
    assert [filled.sitting.sits_on for filled in between] == [date(2026, 3, 5), date(2026, 3, 10)]


async def test_a_place_is_filled_by_each_case_of_the_batch_that_was_not_withdrawn_and_by_no_other(
    house: House,
) -> None:
    bench = PanelsBench()
    first, second, _ = bench.open_cases(3)
    bench.confirm(first, second)
    sitting, withdrawn = bench.sitting(), bench.case(2).model_copy(update={"status": "withdrawn"})
    await saved(house, storage.SITTINGS, sitting, sitting.sitting_id)
    for case in (bench.case(1), withdrawn, bench.case(3)):
        await saved(house, storage.CASES, case, case.case_id)
    async with house.pool.acquire() as conn:
        found = await storage.sitting(conn, sitting.sitting_id)
        every = await storage.sittings(conn, sitting.sits_on, sitting.sits_on)
    assert found is not None
    assert [found.listed, *(filled.listed for filled in every)] == [1, 1]


async def test_making_the_sittings_again_changes_nothing(house: House) -> None:
    before = await house.pool.fetch("SELECT id, version, said FROM sitting ORDER BY id")
    await make_sittings(BOOK, house.running)
    assert await house.pool.fetch("SELECT id, version, said FROM sitting ORDER BY id") == before
    assert len(before) == 32


async def test_the_calendar_goes_on_by_itself(house: House) -> None:
    await house.step(at("2026-07-01 12:00"))
    rows = await house.pool.fetch("SELECT id FROM sitting ORDER BY id")
    expected = [slot.sitting_id for slot in BOOK.months("placement", MONDAY.date(), 9)]
    assert [row["id"] for row in rows] == expected
