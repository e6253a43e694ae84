"""What a service's process does until it is told to stop: web, relay, consumer, due work, its own tasks."""

import asyncio
import gc
import os
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any

from aiokafka.errors import KafkaError

from chassis import disposal, metrics, telemetry
from chassis.clock import SteppedClock
from chassis.consumer import Consumer
from chassis.database import OUTAGES, or_given_up, why_away
from chassis.guard import DatabaseSetBack, check_running
from chassis.identity import hold_to
from chassis.pause import pause
from chassis.places import RecordsMissing
from chassis.processes import Place, stops
from chassis.service import Role, Running, Service
from chassis.siblings import Siblings
from chassis.tasks import begin, patiently
from chassis.web.hosting import run_web
from chassis.web.sessions import forget

log = telemetry.get_logger(__name__)

#: How long the door stays shut while nobody knows yet whether the database was set back.
LOOK_SECONDS = 10.0
#: After how many new objects the collector looks for circles, and after how many such looks among older ones. A batch
#: has thousands of objects that are all in use: Python's own 700 has it look through them after every second form.
COLLECTIONS = (5_000, 10, 10)
#: How often a process looks whether what it keeps in memory has changed.
KEEP_SECONDS = 20.0
_KAFKA_AWAY = (
    "Kafka cannot be reached: nothing is published or heard, and what is taken in waits in the outbox"
)


async def serve(service: Service, role: Role, place: Place | None = None) -> int:
    """Runs the service until SIGTERM, SIGINT or SIGHUP; answers the process's exit status.

    ``place`` is given to one of several processes (`chassis.processes`).
    After a signal everything has ``shutdown_seconds`` to end; then the process ends regardless, since
    what is not committed by then is done again by whoever comes next.
    """
    running = await _started(service)
    if place is not None:
        running.place, running.siblings = place, Siblings(place)
    # What has been loaded by now stays for good: the collector need not look through it time and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTIONS)
    tasks = [asyncio.create_task(_guarded(name, task), name=name) for name, task in _tasks(running, role)]
    loop = asyncio.get_running_loop()
    for sign in stops():
        loop.add_signal_handler(sign, running.stopping.set)
    stopped = asyncio.create_task(running.stopping.wait())
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    ended = [task.get_name() for task in tasks if task.done() and not running.stopping.is_set()]
    if ended:
        log.error("task_ended_early", tasks=ended)
    running.stopping.set()
    _, late = await asyncio.wait(tasks, timeout=service.settings.shutdown_seconds)
    if late:
        log.error("shutdown_deadline_passed", tasks=sorted(task.get_name() for task in late))
        os._exit(1)
    telemetry.shutdown()
    await running.pulse.close()
    with suppress(TimeoutError):
        await asyncio.wait_for(running.pool.close(), 2)
    log.info("stopped")
    return 1 if ended else 0


async def _started(service: Service) -> Running:
    while True:
        try:
            running = await Running.of(service)
            with or_given_up(running.pool):
                await hold_to(running.pool, running.identity)
                await running.keep()
            break
        except OUTAGES as error:
            log.warning("database_unreachable", error=type(error).__name__, why=why_away(error))
            await asyncio.sleep(1)
    log.info("started", database="connected")
    return running


def _tasks(running: Running, role: Role) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    tasks: list[tuple[str, Coroutine[Any, Any, None]]] = [("web", open_door(running, role))]
    tasks.append(("worker", _work(running)) if role != "web" else ("guard", _watch(running)))
    if isinstance(running.clock, SteppedClock):
        tasks.append(("clock", patiently(running, _follow_clock)))
    if running.siblings is not None:
        tasks.append(("siblings", running.siblings.answer(running.stopping)))
    return [
        *tasks,
        ("gauges", patiently(running, _gauges)),
        ("tidying", patiently(running, _tidy)),
        ("keeping", patiently(running, _keep)),
    ]


async def _guarded(name: str, task: Coroutine[Any, Any, None]) -> None:
    try:
        await task
    except Exception as error:
        log.error("task_failed", task=name, error=error, why=_why(error))


def _why(error: Exception) -> str | None:
    """The sentence of an error whose text is ours and is meant for the operator."""
    errors = error.exceptions if isinstance(error, ExceptionGroup) else (error,)
    ours = [str(one) for one in errors if isinstance(one, RecordsMissing | DatabaseSetBack)]
    return "; ".join(ours) or None


async def open_door(running: Running, role: Role) -> None:
    """Serves HTTP, once it is known that the database was not set back: what an older one takes in is lost.

    Where Kafka or the database cannot be asked nobody can know; then the door opens all the same, after ten seconds.
    """
    waits = [asyncio.create_task(event.wait()) for event in (running.looked, running.stopping)]
    await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if not running.stopping.is_set():
        await run_web(running, role)


async def _watch(running: Running) -> None:
    """The guard of a process that only serves HTTP."""
    await _check_database(running)
    await running.stopping.wait()


async def _work(running: Running) -> None:
    """Everything but the web: looks whether the database was set back, then relays, consumes and minds the clock."""
    await _check_database(running)
    running.consumer = Consumer(
        running.pool,
        running.inbox,
        running.brokers,
        running.service.hears,
        group=running.service.name,
        prefix=running.settings.topic_prefix,
        batch=running.settings.batch_records,
        member=running.settings.worker_id,
        full=running.backlog.why,
    )
    async with asyncio.TaskGroup() as parts:
        parts.create_task(running.relay.run(running.stopping))
        await begin(running, parts)
        parts.create_task(running.consumer.run(running.stopping))
        parts.create_task(running.due.run(running.stopping))
        parts.create_task(patiently(running, disposal.daily))
        for task in running.service.background:
            parts.create_task(patiently(running, task))


async def _check_database(running: Running) -> None:
    while not running.stopping.is_set():
        try:
            await check_running(running)
            running.parts.well("kafka")
            running.looked.set()
            return
        except KafkaError as error:
            log.warning("kafka_unreachable", error=type(error).__name__)
            running.parts.stopped("kafka", _KAFKA_AWAY, lasts=120)
        except OUTAGES as error:
            log.warning("database_unreachable", error=type(error).__name__, why=why_away(error))
        await pause(running.stopping, 1)


async def _follow_clock(running: Running) -> None:
    assert isinstance(running.clock, SteppedClock)
    await running.clock.follow(running.pool, running.stopping)


async def _gauges(running: Running) -> None:
    """Measures the database's pulse, the outbox, the dead letters and what is due, every five seconds."""
    while not running.stopping.is_set():
        running.parts.forget()
        await running.pulse.why()
        row = await running.pool.fetchrow(_GAUGES, running.clock.now())
        assert row is not None
        metrics.OUTBOX_ROWS.set(row["rows"])
        metrics.OUTBOX_AGE_SECONDS.set(row["age"] or 0)
        metrics.DUE_OVERDUE.set(row["due"])
        running.backlog.measured(row["rows"], row["age"] or 0, running.relay.trouble)
        for topic in running.service.hears:
            metrics.DEAD_LETTERS.labels(topic.name).set(0)
        for letter in await running.pool.fetch(_PARKED):
            metrics.DEAD_LETTERS.labels(letter["topic"]).set(letter["n"])
        await pause(running.stopping, 5)


async def _keep(running: Running) -> None:
    """Follows what changes in the database and is kept in memory: the next minute at the latest."""
    while not running.stopping.is_set():
        await pause(running.stopping, KEEP_SECONDS)
        await running.keep()


async def _tidy(running: Running) -> None:
    """Forgets, every ten minutes, what only the last hour needed."""
    while not running.stopping.is_set():
        await running.pool.execute(_FORGET_ATTEMPTS)
        await forget(running.pool, timedelta(minutes=running.settings.session_idle_minutes))
        await pause(running.stopping, 600)


# One walk for both figures of the outbox, in the order of its key: where much is published its pages are many, and
# whoever reads them in the order in which they lie reads them all, whatever still waits.
_GAUGES = """
SELECT count(*) AS rows,
       extract(epoch FROM clock_timestamp() - min(created_at)) AS age,
       (SELECT count(*) FROM due_work WHERE at <= $1) AS due
FROM (SELECT created_at FROM outbox ORDER BY shard, seq OFFSET 0) AS waiting
"""
# Whoever lost the reply to a COMMIT has looked for it within seconds.
_FORGET_ATTEMPTS = """
DELETE FROM attempt WHERE at < clock_timestamp() - interval '1 hour'
"""
_PARKED = "SELECT topic, count(*) AS n FROM dead_letter WHERE status = 'parked' GROUP BY topic"
