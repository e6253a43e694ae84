"""Rows that somebody changed by hand, so that nobody can read them: the service starts, and goes on with the others."""

from typing import Any

from services.panels import arrangements
from services.panels.app import make_sittings, rehome_cases
from tests.panels.builders import BOOK, a_routed_referral, an_ask
from tests.panels.conftest import House

_SPOIL = "UPDATE {table} SET state = (state::jsonb || '{{\"{field}\": 7}}')::json WHERE id = '{id}'"
_LAST = "SELECT max(id) FROM sitting"


async def spoilt(house: House, table: str, id: str, field: str) -> Any:
    """Spoils a row; its state as it was."""
    kept = await house.pool.fetchval(f"SELECT state FROM {table} WHERE id = $1", id)
    await house.pool.execute(_SPOIL.format(table=table, id=id, field=field))
    return kept


async def test_a_sitting_that_nobody_can_read_ends_nothing_and_its_panel_has_no_other_made_until_it_was_mended(
    house: House,
) -> None:
    last, first = await house.pool.fetchval(_LAST), await house.pool.fetchval("SELECT min(id) FROM sitting")
    await house.pool.execute("DELETE FROM sitting WHERE id = $1", last)
    kept = await spoilt(house, "sitting", first, "case_ids")
    await make_sittings(BOOK, house.running)
    assert await house.pool.fetchval(_LAST) < last
    await house.pool.execute("UPDATE sitting SET state = $1 WHERE id = $2", kept, first)
    await make_sittings(BOOK, house.running)
    assert await house.pool.fetchval(_LAST) == last


async def test_a_waiting_case_that_nobody_can_read_keeps_no_other_from_its_panel(house: House) -> None:
    await house.hear(a_routed_referral(1, placement=an_ask()), a_routed_referral(2, placement=an_ask()))
    one, other = [row["id"] for row in await house.pool.fetch("SELECT id FROM placement_case ORDER BY id")]
    elsewhere = 'UPDATE placement_case SET state = (state::jsonb || \'{"no_panel": "None sits."}\')::json'
    await house.pool.execute(elsewhere)
    await spoilt(house, "placement_case", one, "referral_id")
    await rehome_cases(BOOK, house.running)
    async with house.pool.acquire() as conn:
        assert [(case.case_id, case.no_panel) for case in await arrangements.waiting(conn)] == [(other, "")]
