"""The daily run by which rows go whose time is over, by the rules of `chassis.retention`.

Once a day in each service, or at once by `retention --yes`. Both are written down in `operator_action`.
"""

from datetime import date, datetime
from functools import partial

from chassis import retention
from chassis.calendar import london_date
from chassis.operations import audit
from chassis.pause import pause
from chassis.retention import Rule
from chassis.runner import try_again
from chassis.service import Running
from chassis.storage import Connection
from chassis.telemetry import get_logger

log = get_logger(__name__)

DID = "retention"
_LOOK_SECONDS = 60.0
_DAILY = 8_230_117  # an arbitrary number: the lock of whoever begins the run of a day
_BEGUN = "SELECT EXISTS (SELECT FROM operator_action WHERE did = $1 AND what = $2)"


def counted(found: dict[str, int]) -> str:
    """The figures in one line; rules of which nothing is over are left out."""
    return ", ".join(f"{n} of {what}" for what, n in found.items() if n) or "nothing"


async def due(running: Running) -> dict[str, int]:
    """How many rows are over, by table. Nothing is done."""
    found: dict[str, int] = {}
    async with running.pool.acquire() as conn:
        for rule in _aged(running):
            n = await conn.fetchval(rule.counted, await _instant(running, conn, rule))
            found[rule.table] = found.get(rule.table, 0) + n
    return found


async def carried_out(running: Running) -> dict[str, int]:
    """Lets go of what is over, a few thousand rows a transaction; answers how many went, by table."""
    found: dict[str, int] = {}
    for rule in _aged(running):
        while True:
            n = await try_again(partial(_step, running, rule))
            found[rule.table] = found.get(rule.table, 0) + n
            if n < retention.STEP:
                break
    return found


async def _step(running: Running, rule: Rule) -> int:
    async with running.pool.acquire() as conn, conn.transaction():
        return len(await conn.fetch(rule.step, await _instant(running, conn, rule)))


def _aged(running: Running) -> list[Rule]:
    return [rule for rule in running.service.retention.all if rule.over]


async def _instant(running: Running, conn: Connection, rule: Rule) -> datetime:
    now = running.clock.now()
    if rule.clock == "real":
        now = await conn.fetchval("SELECT clock_timestamp()")
    return now - rule.keep


async def daily(running: Running) -> None:
    """Does it once on each day of the business clock, by whichever worker comes first, until the service stops."""
    done: date | None = None
    while not running.stopping.is_set():
        today = london_date(running.clock.now())
        if today != done:
            await on_day(running, today)
            done = today
        await pause(running.stopping, _LOOK_SECONDS)


async def on_day(running: Running, today: date) -> bool:
    """The run of one day; False where another worker has begun it."""
    async with running.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT pg_advisory_xact_lock($1)", _DAILY)
        if await conn.fetchval(_BEGUN, DID, today.isoformat()):
            return False
        action = await audit.record(conn, running.name, DID, today.isoformat(), "the end of its time")
    gone = await carried_out(running)
    waits = await _waiting(running)
    said = f"{counted(gone)} went" + (
        f"; {counted(waits)} wait for two people's yes" if any(waits.values()) else ""
    )
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, said)
    log.info("retention", gone=gone, waiting=waits)
    return True


async def _waiting(running: Running) -> dict[str, int]:
    count = running.service.retention.waiting
    if count is None:
        return {}
    async with running.pool.acquire() as conn:
        return await count(conn, running.clock.now())
