"""The runner: commands of one moment share a transaction, and each is done once."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast

import asyncpg
import pytest

from chassis import due_work
from chassis.clock import SystemClock
from chassis.decision import Decision, Due, Refused
from chassis.due_work import DueWork
from chassis.erasing import ERASURES, Eraser
from chassis.erasure import ERASURE, Erasure, answered
from chassis.handlers import Handlers
from chassis.once import Item
from chassis.outbox import Outbox
from chassis.runner import IdempotencyConflict, Once, Runner, Unavailable
from chassis.storage import Connection, Stored
from chassis.work import Work
from schemas.erasure_v1 import ErasedFromPanels
from tests.chassis import counters
from tests.chassis.counters import COUNTER, Count, CountAll, Counter
from tests.support.blocked import blocked


@pytest.fixture
async def pool(database: Callable[..., Awaitable[asyncpg.Pool]]) -> asyncpg.Pool:
    return await database(extra=[counters.TABLE])


async def n_of(pool: asyncpg.Pool, id: str) -> int | None:
    n: int | None = await pool.fetchval("SELECT n FROM counter WHERE id = $1", id)
    return n


async def both(runner: Runner, *commands: Count) -> list[Any]:
    """What each of the commands is answered, given at the same moment: an answer or an exception."""
    return await asyncio.gather(*(runner.command(command) for command in commands), return_exceptions=True)


async def test_a_command_is_answered_with_what_its_rule_answered(pool: asyncpg.Pool) -> None:
    assert await counters.runner(pool).command(Count(id="a")) == {"n": 1}
    assert await n_of(pool, "a") == 1


async def test_commands_that_come_together_share_transactions(pool: asyncpg.Pool) -> None:
    runner = counters.runner(pool)
    answers = await asyncio.gather(*(runner.command(Count(id=f"a{n}")) for n in range(300)))
    assert answers == [{"n": 1}] * 300
    assert await pool.fetchval("SELECT count(*) FROM attempt") < 20


async def test_commands_on_one_aggregate_are_decided_one_after_the_other(pool: asyncpg.Pool) -> None:
    runners = [counters.runner(pool) for _ in range(3)]
    answers = await asyncio.gather(*(runners[n % 3].command(Count(id="a")) for n in range(60)))
    assert sorted(answer["n"] for answer in answers) == list(range(1, 61))


async def test_a_refused_command_changes_nothing_and_leaves_its_companions_alone(pool: asyncpg.Pool) -> None:
    runner = counters.runner(pool)
    good, bad = await both(runner, Count(id="a"), Count(id="b", refuse=True))
    assert good == {"n": 1}
    assert isinstance(bad, Refused)
    assert await n_of(pool, "b") is None


async def test_a_rule_that_raises_fails_its_own_caller_only(pool: asyncpg.Pool) -> None:
    runner = counters.runner(pool)
    good, bad = await both(runner, Count(id="a"), Count(id="b", crash=True))
    assert good == {"n": 1}
    assert isinstance(bad, ValueError)


async def test_what_is_more_than_kafka_takes_is_refused_and_leaves_its_companions_alone(
    pool: asyncpg.Pool,
) -> None:
    good, bad = await both(counters.runner(pool), Count(id="a"), Count(id="b" * 900_000))
    assert good == {"n": 1}
    assert isinstance(bad, Refused)
    assert bad.code == "too-long"
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_data_that_the_database_refuses_fail_their_own_caller_only(pool: asyncpg.Pool) -> None:
    await pool.execute("ALTER TABLE counter ADD CHECK (id <> 'guilty')")
    runner = counters.runner(pool)
    results = await asyncio.gather(
        *(runner.command(Count(id=id)) for id in ("a", "guilty", "b")), return_exceptions=True
    )
    assert [isinstance(result, dict) for result in results] == [True, False, True]


async def test_data_that_the_database_refuses_for_another_reason_is_not_called_too_long(
    pool: asyncpg.Pool,
) -> None:
    await pool.execute("ALTER TABLE counter ADD CHECK (id <> 'guilty')")
    with pytest.raises(asyncpg.CheckViolationError):
        await counters.runner(pool).command(Count(id="guilty"))


async def test_commands_that_share_a_transaction_wait_together_for_a_database_that_is_away(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "PATIENCE", -1.0)
    tries = list[BaseException]()
    runner = Runner(pool, counters.work(), lambda: None, lanes=1, outage=tries.append)
    await pool.close()
    answers = await both(runner, *(Count(id=f"a{n}") for n in range(5)))
    assert [type(answer) for answer in answers] == [Unavailable] * 5
    assert len(tries) <= 2, "the first by itself, all others together"


async def test_a_refused_command_may_come_again_under_its_key(pool: asyncpg.Pool) -> None:
    runner, once = counters.runner(pool), Once("caller", "key", b"body")
    for message in (Count(id="a", refuse=True), Count(id="a", crash=True)):
        with pytest.raises((Refused, ValueError)):
            await runner.command(message, once=once)
    assert await runner.command(Count(id="a"), once=once) == {"n": 1}


async def test_the_same_key_of_another_scope_is_another_request(pool: asyncpg.Pool) -> None:
    runner = counters.runner(pool)
    for scope, n in (("one", 1), ("other", 2)):
        assert await runner.command(Count(id="a"), once=Once(scope, "key", b"body")) == {"n": n}


async def test_the_same_key_and_body_get_the_same_answer_and_are_done_once(pool: asyncpg.Pool) -> None:
    runner = counters.runner(pool)
    once = Once("caller", "key", b"body")
    assert await runner.command(Count(id="a"), once=once) == {"n": 1}
    assert await runner.command(Count(id="a"), once=once) == {"n": 1}
    assert await n_of(pool, "a") == 1


async def test_the_same_key_at_the_same_moment_is_done_once(pool: asyncpg.Pool) -> None:
    runners = [counters.runner(pool) for _ in range(4)]
    once = Once("caller", "key", b"body")
    answers = await asyncio.gather(*(runners[n % 4].command(Count(id="a"), once=once) for n in range(40)))
    assert answers == [{"n": 1}] * 40


async def test_a_twin_that_was_looked_for_too_early_is_answered_as_the_first_was(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, once = counters.runner(pool), Once("caller", "key", b"body")
    await runner.command(Count(id="a"), once=once)

    async def finds_nothing_yet(*_: object) -> None:
        return

    monkeypatch.setattr("chassis.work.recall", finds_nothing_yet)
    assert await runner.command(Count(id="a", refuse=True), once=once) == {"n": 1}
    with pytest.raises(Refused):
        await runner.command(Count(id="b", refuse=True), once=Once("caller", "other", b"body"))


async def test_of_twins_in_one_transaction_the_second_is_answered_as_the_first_or_is_a_conflict(
    pool: asyncpg.Pool,
) -> None:
    keys = [Once("caller", "key", body) for body in (b"body", b"body", b"another")]
    first, twin, other = items = [Item(Count(id="a"), once=once) for once in keys]
    async with pool.acquire() as conn, conn.transaction():
        await counters.work().run(conn, items)
    assert (first.answer, first.repeated) == ({"n": 1}, False)
    assert (twin.answer, twin.repeated) == ({"n": 1}, True)
    assert isinstance(other.error, IdempotencyConflict)
    assert await n_of(pool, "a") == 1


async def test_the_same_key_with_another_body_is_a_conflict(pool: asyncpg.Pool) -> None:
    runner = counters.runner(pool)
    await runner.command(Count(id="a"), once=Once("caller", "key", b"body"))
    with pytest.raises(IdempotencyConflict):
        await runner.command(Count(id="a"), once=Once("caller", "key", b"another"))


async def test_a_refused_request_may_come_again_with_its_key(pool: asyncpg.Pool) -> None:
    runner, once = counters.runner(pool), Once("caller", "key", b"body")
    with pytest.raises(Refused):
        await runner.command(Count(id="a", refuse=True), once=once)
    assert await runner.command(Count(id="a"), once=once) == {"n": 1}


async def test_a_command_may_touch_many_aggregates_in_any_order_without_a_deadlock(
    pool: asyncpg.Pool,
) -> None:
    ids = [f"a{n}" for n in range(12)]
    runners = [counters.runner(pool) for _ in range(4)]
    await asyncio.gather(
        *(runners[n % 4].command(CountAll(ids=tuple(ids if n % 2 else reversed(ids)))) for n in range(24))
    )
    assert [await n_of(pool, id) for id in ids] == [24] * 12


async def test_what_is_asked_of_many_passes_over_who_was_erased(pool: asyncpg.Pool) -> None:
    await pool.execute("INSERT INTO erased (id, erasure_id) VALUES ('gone', 'e')")
    await counters.runner(pool).command(CountAll(ids=("a", "gone")))
    assert (await n_of(pool, "a"), await n_of(pool, "gone")) == (1, None)


async def test_what_others_say_of_an_erasure_that_was_done_erases_nothing_again(pool: asyncpg.Pool) -> None:
    class Counting(Eraser):
        async def erase(self, conn: Connection, id: str, erasure: Erasure, *, tell: bool = True) -> None:
            erased.append(id)

    erased, table, outbox = list[str](), Handlers(), Outbox("/919/test", counters.Open())
    table.on(ErasedFromPanels, ERASURE, lambda event: event.erasure_id, answered("panels"))
    work = Work(table, [ERASURES], outbox, SystemClock(), eraser=Counting(None, outbox))
    order = Erasure(persons=("p",), referrals=(), ground="unlawful", erased_at=counters.NOW)
    said = ErasedFromPanels(erasure_id="done", erased_at=counters.NOW)
    async with pool.acquire() as conn, conn.transaction():
        done = order.model_copy(update={"answered_at": counters.NOW})
        await ERASURES.insert(conn, [Stored("done", 1, 1, done), Stored("not done", 1, 0, order)])
        await work.run(conn, [Item(said), Item(said.model_copy(update={"erasure_id": "not done"}))])
    assert erased == ["not done"]


async def test_several_commands_in_one_transaction_are_refused_singly(pool: asyncpg.Pool) -> None:
    answers = await counters.runner(pool).commands([Count(id="a"), Count(id="b", refuse=True), Count(id="a")])
    assert answers[0] == {"n": 1}
    assert isinstance(answers[1], Refused)
    assert answers[2] == {"n": 2}


async def test_a_fact_under_another_id_than_its_own_is_a_fault_of_the_rule_and_changes_nothing(
    pool: asyncpg.Pool,
) -> None:
    """It would stand in a stream whose versions another row counts."""

    def says_it_of_another(counter: Counter | None, command: Count, now: datetime) -> Decision[Counter]:
        return Decision(Counter(n=1), (counters.said("another"),))

    table = Handlers()
    table.on(Count, COUNTER, lambda command: command.id, says_it_of_another)
    runner = Runner(pool, counters.work(table), lambda: None)
    with pytest.raises(ValueError, match="keyed by another id"):
        await runner.command(Count(id="a"))
    assert await n_of(pool, "a") is None
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_what_falls_due_is_written_in_the_order_of_its_ids_however_it_was_decided(
    pool: asyncpg.Pool,
) -> None:
    """Two who put off the same things then never wait for each other, each with what the other wants."""
    runner = counters.runner(pool)
    await runner.commands([Count(id="a"), Count(id="b")])
    async with pool.acquire() as one, pool.acquire() as other:
        async with one.transaction():
            await one.execute("SELECT FROM due_work WHERE id = 'b' FOR UPDATE")
            waiting = asyncio.create_task(runner.commands([Count(id="b"), Count(id="a")]))
            await blocked(other)
            assert (
                await other.fetchval("SELECT id FROM due_work WHERE id = 'a' FOR UPDATE SKIP LOCKED") is None
            )
        assert await waiting == [{"n": 2}, {"n": 2}]


class LosesTheReply:
    """A pool whose first COMMIT is done, and its reply lost on the way."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self.lost = pool, False

    def acquire(self, timeout: float) -> "LosesTheReply":
        self._acquiring = self._pool.acquire(timeout=timeout)
        return self

    async def __aenter__(self) -> Any:
        return await self._acquiring.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        await self._acquiring.__aexit__(*error)
        if not self.lost:
            self.lost = True
            raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")


async def test_after_a_lost_reply_to_commit_the_runner_looks_before_it_repeats(pool: asyncpg.Pool) -> None:
    losing = LosesTheReply(pool)
    runner = Runner(cast(asyncpg.Pool, losing), counters.work(), lambda: None)
    assert await runner.command(Count(id="a")) == {"n": 1}
    assert losing.lost
    assert await n_of(pool, "a") == 1


class LosesTheConnection:
    """A pool whose first COMMIT is still under way when its connection is lost: it is done later, unheard."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool, self._late = pool, False
        self.done: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def acquire(self, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109
        if self._late:
            async with self._pool.acquire(timeout=timeout) as conn:
                yield conn
            return
        self._late = True
        conn = await self._pool.acquire(timeout=timeout)
        outer = conn.transaction()
        await outer.start()
        yield conn
        self.done = asyncio.create_task(self._commit(conn, outer))
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    async def _commit(self, conn: Any, outer: Any) -> None:
        await asyncio.sleep(0.5)
        await outer.commit()
        await self._pool.release(conn)


async def test_a_commit_that_is_still_under_way_is_waited_for_and_its_answer_given(
    pool: asyncpg.Pool,
) -> None:
    await counters.runner(pool).command(Count(id="a"))
    losing = LosesTheConnection(pool)
    runner = Runner(cast(asyncpg.Pool, losing), counters.work(), lambda: None)
    assert await runner.command(Count(id="a")) == {"n": 2}
    assert losing.done
    await losing.done
    assert await n_of(pool, "a") == 2


async def test_without_a_database_a_command_is_answered_unavailable(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Runner, "PATIENCE", 0.3)
    runner = counters.runner(pool)
    await pool.close()
    with pytest.raises(Unavailable):
        await runner.command(Count(id="a"))


async def test_what_falls_due_is_done_once_by_several_workers(pool: asyncpg.Pool) -> None:
    await counters.runner(pool).commands([Count(id=f"a{n}") for n in range(50)])
    workers = [DueWork(pool, counters.work(), SystemClock(), lambda: None) for _ in range(4)]
    await asyncio.gather(*(worker.once() for worker in workers for _ in range(3)))
    assert await pool.fetchval("SELECT count(*) FROM counter WHERE n = 101") == 50
    assert await pool.fetchval("SELECT count(*) FROM due_work") == 0


async def test_what_falls_due_and_fails_at_first_is_still_known_by_the_request_that_set_it_off(
    pool: asyncpg.Pool,
) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    await counters.runner(pool).command(Count(id="a"), correlation="c-1", traceparent=trace)
    await pool.execute("TRUNCATE outbox")
    kept = await pool.fetchval("DELETE FROM counter RETURNING state::text")
    worker = DueWork(pool, counters.work(), SystemClock(), lambda: None)
    assert await worker.once() == (0, 1), "there is nobody to be reminded"
    await pool.execute("INSERT INTO counter VALUES ('a', 1, 1, $1::text::json, 1)", kept)
    assert await worker.once() == (1, 0)
    headers = dict(json.loads(await pool.fetchval("SELECT headers::text FROM outbox")))
    assert (headers["ce_correlationid"], headers["traceparent"]) == ("c-1", trace)


async def test_what_another_worker_has_in_hand_keeps_nobody_from_the_rest(pool: asyncpg.Pool) -> None:
    await counters.runner(pool).commands([Count(id="a"), Count(id="b")])
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM due_work WHERE id = 'a' FOR UPDATE")
        worker = DueWork(pool, counters.work(), SystemClock(), lambda: None)
        async with asyncio.timeout(10):
            assert await worker.once() == (1, 0)
    assert (await n_of(pool, "a"), await n_of(pool, "b")) == (1, 101)


async def test_what_has_been_due_for_longest_is_done_first(pool: asyncpg.Pool) -> None:
    ids = ["c", "a", "b", "d"]
    await counters.runner(pool).commands([Count(id=id) for id in ids])
    await pool.execute("TRUNCATE outbox, due_work")
    for year, id in ((2023, "a"), (2020, "d"), (2022, "b"), (2021, "c")):
        due = "INSERT INTO due_work (kind, id, what, at) VALUES ('counter', $1, 'remind', $2)"
        await pool.execute(due, id, datetime(year, 1, 1, tzinfo=UTC))
    worker = DueWork(pool, counters.work(), SystemClock(), lambda: None)
    assert await worker.once(most=2) == (2, 0)
    assert [await n_of(pool, id) for id in "abcd"] == [1, 1, 101, 101]
    await worker.once()
    said = await pool.fetch("SELECT key FROM outbox ORDER BY seq")
    assert [row["key"] for row in said] == ["d", "c", "b", "a"]


async def test_what_failed_and_was_meanwhile_put_off_by_its_neighbour_stays_put_off(
    pool: asyncpg.Pool,
) -> None:
    later, table = datetime(2099, 1, 1, tzinfo=UTC), counters.handlers()

    def on_begin(counter: Counter | None, due: Due, now: datetime) -> Decision[Counter]:
        return Decision(Counter(), due=(Due("remind", due.id, later),))

    table.when_due("begin", COUNTER, on_begin)
    await pool.execute(
        "INSERT INTO due_work (kind, id, what, at) VALUES "
        "('counter', 'a', 'remind', '2020-01-01'), ('counter', 'a', 'begin', '2021-01-01')"
    )
    worker = DueWork(pool, counters.work(table), SystemClock(), lambda: None)
    assert await worker.once() == (1, 1), "there was nobody to be reminded yet"
    left = await pool.fetch("SELECT what, at FROM due_work")
    assert [tuple(row) for row in left] == [("remind", later)]


async def test_due_work_that_fails_time_and_again_holds_nothing_else_up(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_work, "BATCH", 5)
    await counters.runner(pool).command(Count(id="z"))
    await pool.execute(
        "INSERT INTO due_work (kind, id, what, at) SELECT 'counter', 'nobody' || n, 'remind', '2020-01-01' "
        "FROM generate_series(1, 12) n"
    )
    await worked_off(pool, until="SELECT n = 101 FROM counter WHERE id = 'z'")
    assert await pool.fetchval("SELECT count(*) FROM due_work") == 12


async def test_due_work_whose_outcome_the_database_refuses_holds_nothing_else_up(
    pool: asyncpg.Pool,
) -> None:
    await counters.runner(pool).commands([Count(id=id) for id in ("a", "guilty", "z")])
    await pool.execute("ALTER TABLE counter ADD CHECK (id <> 'guilty' OR n < 100)")
    await worked_off(pool, until="SELECT bool_and(n = 101) FROM counter WHERE id IN ('a', 'z')")
    assert await n_of(pool, "guilty") == 1
    assert await pool.fetchval("SELECT array_agg(id) FROM due_work") == ["guilty"]


async def test_what_falls_due_for_a_row_that_holds_no_state_any_more_holds_nothing_else_up(
    pool: asyncpg.Pool,
) -> None:
    await counters.runner(pool).commands([Count(id=id) for id in ("a", "by-hand", "z")])
    await pool.execute("UPDATE counter SET state = '{\"n\": \"many\"}' WHERE id = 'by-hand'")
    await worked_off(pool, until="SELECT bool_and(n = 101) FROM counter WHERE id IN ('a', 'z')")
    assert await pool.fetchval("SELECT array_agg(id) FROM due_work") == ["by-hand"]


async def test_due_work_for_which_there_is_no_memory_left_is_left_for_later_and_holds_nothing_else_up(
    pool: asyncpg.Pool,
) -> None:
    ids = ("a", "too much for this process", "z")
    await counters.runner(pool).commands([Count(id=id) for id in ids])
    await worked_off(pool, until="SELECT bool_and(n = 101) FROM counter WHERE id IN ('a', 'z')")
    assert [await n_of(pool, id) for id in ids] == [101, 1, 101]
    assert await pool.fetchval("SELECT array_agg(id) FROM due_work") == ["too much for this process"]


async def worked_off(pool: asyncpg.Pool, until: str) -> None:
    """A worker minds the clock until the query answers true; four seconds at most."""
    stopping = asyncio.Event()
    working = asyncio.create_task(DueWork(pool, counters.work(), SystemClock(), lambda: None).run(stopping))
    for _ in range(40):
        if working.done() or await pool.fetchval(until):
            break
        await asyncio.sleep(0.1)
    stopping.set()
    await working
    assert await pool.fetchval(until)


async def test_due_work_is_not_done_before_its_time(pool: asyncpg.Pool) -> None:
    class Early:
        def now(self) -> datetime:
            return datetime(2020, 1, 1, tzinfo=UTC)

    await counters.runner(pool).command(Count(id="a"))
    worker = DueWork(pool, counters.work(), Early(), lambda: None)
    assert await worker.once() == (0, 0)
    assert await worker.next_due() is not None


async def test_what_a_request_was_answered_earlier_can_be_asked(pool: asyncpg.Pool) -> None:
    runner, once = counters.runner(pool), Once("caller", "key", b"body")
    assert await runner.earlier(once) is None
    await runner.command(Count(id="a"), once=once)
    assert await runner.earlier(once) == {"n": 1}
    with pytest.raises(IdempotencyConflict):
        await runner.earlier(Once("caller", "key", b"another"))
