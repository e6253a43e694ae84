"""The planner's own process makes the plan that would have been made here, and is missed by nobody for long."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import pytest
from pydantic import SecretStr

from chassis.beside import OutOfMemory
from chassis.service import Running
from deploy.local import Stack
from services.panels import app, planned, replanning
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.plan.plans import Plan
from services.panels.planner_process import PlannerProcess
from services.panels.replanning import Planning
from tests.panels.builders import BOOK, a_referral_id, a_routed_referral
from tests.panels.conftest import House, here, settings
from tests.support.soon import soon


@pytest.fixture
async def house(stack: Stack, database: Callable[..., Awaitable[Any]]) -> AsyncIterator[House]:
    """A service whose planner's process can reach its database; twelve cases wait."""
    pool = await database(app.build(settings()).migrations)
    name = await pool.fetchval("SELECT current_database()")
    address = urlunsplit(urlsplit(stack.postgres)._replace(path=f"/{name}"))
    running = Running(app.build(settings(database=SecretStr(address))), pool)
    await make_sittings(BOOK, running)
    house = House(running)
    await house.hear(*(a_routed_referral(n) for n in range(1, 13)))
    yield house
    running.stopping.set()
    await asyncio.sleep(0)


# The cases that wait already, so many times more.
MANY = """
INSERT INTO placement_case (id, version, said, state, referral_id, panel, status, due)
SELECT new, version, said, state::jsonb || jsonb_build_object('case_id', new, 'referral_id', new), new, panel,
    status, due
FROM (SELECT *, gen_random_uuid()::text AS new FROM placement_case, generate_series(1, $1)) AS waiting
"""


async def kept(house: House) -> Plan | None:
    async with house.pool.acquire() as conn:
        return await planned.plan_of(conn, "placement")


async def test_it_makes_the_same_plan_and_names_the_same_price_as_would_be_made_here(house: House) -> None:
    process, now = PlannerProcess(house.running, 0), house.running.clock.now()
    made = await process.plan("placement", now)
    there = await kept(house)
    assert (made.cases, made.one_by_one) == (12, False)
    # Others on the machine see what it was started with: the database's password is not among that.
    assert house.running.settings.database.get_secret_value() not in " ".join(
        psutil.Process(process.beside.pid).cmdline()
    )
    assert there is not None
    assert there.proved
    place = {case_id_of(a_referral_id(1)): there.listings[-1].sitting_id}
    assert await process.price("placement", place, now) == await here(house.running).price(
        "placement", place, now
    )
    await house.pool.execute("DELETE FROM plan")
    await here(house.running).plan("placement", now)
    at_home = await kept(house)
    assert at_home is not None
    assert there == at_home.model_copy(update={"read_at": there.read_at})


async def test_where_it_is_killed_while_it_plans_the_plan_comes_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replanning, "AFTER_FAILURE", 0.1)
    process = PlannerProcess(house.running, 0)
    planning = asyncio.create_task(Planning(house.running, BOOK, process, process).run())

    async def begun() -> int | None:
        return process.beside.pid

    pid = await soon(begun)
    os.kill(pid, signal.SIGKILL)
    await soon(lambda: kept(house))
    assert process.beside.pid not in (None, pid)
    house.running.stopping.set()
    await planning


async def test_of_more_cases_than_its_memory_holds_no_plan_is_made_the_service_lives_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = house.running.settings.model_copy(update={"planner_megabytes": 160})
    monkeypatch.setattr(house.running, "settings", small)
    process = PlannerProcess(house.running, 0)
    await process.plan("placement", house.running.clock.now())
    await house.pool.execute(MANY, 500)
    with pytest.raises(OutOfMemory):
        await process.plan("placement", house.running.clock.now())
    planning = Planning(house.running, BOOK, process, process)
    standing = await planning.standing("placement", patience=60)
    assert (standing.too_large, standing.plan) == (True, await kept(house))
    assert "more cases wait than the planner has memory for" in (house.running.parts.why("planner") or "")
