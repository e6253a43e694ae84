"""More commands arrive than can be done: those for which there is no room are told so at once, the rest are done."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from chassis import metrics
from chassis.runner import Overloaded, Runner, Unavailable
from tests.chassis import counters
from tests.chassis.counters import Count


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


def shed(what: str) -> float:
    return metrics.REGISTRY.get_sample_value("fingerpost_shed_total", {"what": what}) or 0


async def test_more_commands_than_may_wait_are_refused_and_all_others_are_done(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "MOST_WAITING", 20)
    runner, before = counters.runner(pool), shed("commands")
    answers = await asyncio.gather(
        *(runner.command(Count(id=f"a{n}")) for n in range(100)), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert len(refused) + answers.count({"n": 1}) == 100
    assert 0 < len(refused) < 100
    assert shed("commands") - before == len(refused)
    assert await pool.fetchval("SELECT count(*) FROM counter") == 100 - len(refused)


async def test_where_each_batch_takes_longer_than_a_client_waits_nobody_is_kept_waiting(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "LONGEST_WAIT", 0.2)
    runner = counters.runner(pool)
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("LOCK TABLE counter")
        slow = []
        for id in ("a0", "a1", "a2"):  # a lane each
            slow.append(asyncio.create_task(runner.command(Count(id=id))))
            await asyncio.sleep(0.3)
        with pytest.raises(Overloaded) as told:
            await runner.command(Count(id="b"))
        assert told.value.retry_after >= 1
    assert await asyncio.gather(*slow) == [{"n": 1}] * 3
    assert await runner.command(Count(id="b")) == {"n": 1}


async def test_without_room_in_the_outbox_commands_are_refused_and_outcomes_are_still_written(
    pool: asyncpg.Pool,
) -> None:
    runner = Runner(pool, counters.work(), lambda: None, full=lambda: "no room")
    with pytest.raises(Unavailable):
        await runner.command(Count(id="a"))
    assert await runner.commands([Count(id="b")]) == [{"n": 1}]


async def test_a_database_without_room_is_named_and_the_command_goes_on_when_it_has_some(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '53100'; END $$"
    )
    await pool.execute("CREATE TRIGGER full_disk BEFORE INSERT ON counter EXECUTE FUNCTION no_room()")
    told: asyncio.Queue[BaseException] = asyncio.Queue()
    runner = Runner(pool, counters.work(), lambda: None, outage=told.put_nowait)
    waiting = asyncio.create_task(runner.command(Count(id="a")))
    assert isinstance(await told.get(), asyncpg.DiskFullError)
    await pool.execute("DROP TRIGGER full_disk ON counter")
    assert await waiting == {"n": 1}
