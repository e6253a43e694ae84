"""How long each table keeps its rows, as data, and the daily run by which those go whose time is over.

A child's record goes by an erasure, to which two people say yes. What has a shorter time of its own goes by itself:
once a day in each service, or at once by `retention --yes`. Both are written down in `operator_action`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal

from dateutil.relativedelta import relativedelta

from chassis.calendar import london_date
from chassis.operations import audit
from chassis.pause import pause
from chassis.runner import try_again
from chassis.storage import Connection
from chassis.telemetry import get_logger

if TYPE_CHECKING:
    from chassis.service import Running

log = get_logger(__name__)

DID = "retention"
#: Rows that go in one transaction: nobody else waits for them for long.
STEP = 2000
_LOOK_SECONDS = 60.0
_DAILY = 8_230_117  # an arbitrary number: the lock of whoever begins the run of a day
_BEGUN = "SELECT EXISTS (SELECT FROM operator_action WHERE did = $1 AND what = $2)"


@dataclass(frozen=True, slots=True)
class Rule:
    """How long one table keeps its rows: ``words`` say it as docs/data-protection.md does.

    ``over`` is the SQL condition on a row (``t``) whose time is over, $1 the instant that lies ``keep`` back: by the
    business clock, or by the database's own for what is written down by it. Without a condition nothing goes by age:
    the words say by what it goes. ``emptied`` are the columns that are set where the row itself stays.
    """

    table: str
    words: str
    over: str = ""
    keep: relativedelta = field(default_factory=relativedelta)
    clock: Literal["business", "real"] = "business"
    emptied: str = ""

    @property
    def counted(self) -> str:
        """The statement that counts what is over."""
        return f"SELECT count(*) FROM {self.table} t WHERE {self.over}"

    @property
    def step(self) -> str:
        """The statement that lets some of it go. Rows that somebody is working on wait for the next day."""
        some = (
            f"t.ctid = ANY(ARRAY(SELECT t.ctid FROM {self.table} t WHERE {self.over} "
            f"LIMIT {STEP} FOR UPDATE SKIP LOCKED))"
        )
        goes = f"UPDATE {self.table} t SET {self.emptied}" if self.emptied else f"DELETE FROM {self.table} t"
        return f"{goes} WHERE {some} RETURNING 1"


def because(words: str, *tables: str) -> tuple[Rule, ...]:
    """Tables of which nothing goes by its age, for the same reason."""
    return tuple(Rule(table, words) for table in tables)


#: What goes by an erasure, at the end of the child's retention or before.
CHILD = "the child's retention"
PUBLIC = "no personal data"
_DAYS_SETTLED, _DAYS_ANSWERS, _YEARS_OF_AUDIT = 30, 90, 6
#: The chassis' tables.
CHASSIS: tuple[Rule, ...] = (
    *because("until published", "outbox"),
    *because("14 days", "outbox_sent"),  # chassis.relay drops each day's partition
    *because(
        PUBLIC,
        "identity",
        "inbox",
        "inbox_latest",
        "partition_position",
        "heard_log",
        "schema_migrations",
        "stepped_clock",
    ),
    Rule(
        "dead_letter",
        f"until settled, then {_DAYS_SETTLED} days",
        "t.status <> 'parked' AND t.settled_at < $1 AND t.payload IS NOT NULL",
        relativedelta(days=_DAYS_SETTLED),
        "real",
        emptied="payload = NULL, headers = '[]'",
    ),
    *because("until done", "due_work"),
    Rule("once", f"{_DAYS_ANSWERS} days", "t.at < $1", relativedelta(days=_DAYS_ANSWERS), "real"),
    *because("an hour", "attempt"),  # chassis.serving forgets them, as it does sessions and sign-ins
    Rule("access_log", f"{_YEARS_OF_AUDIT} years", "t.at < $1", relativedelta(years=_YEARS_OF_AUDIT), "real"),
    Rule(
        "operator_action",
        f"{_YEARS_OF_AUDIT} years",
        "t.at < $1",
        relativedelta(years=_YEARS_OF_AUDIT),
        "real",
    ),
    *because("for good: they keep it erased", "erased", "erasure"),
    *because("hours", "staff_session", "sign_in", "sign_in_count"),
)


@dataclass(frozen=True, slots=True)
class Retention:
    """The rules of a service's own tables; ``waiting`` counts what is over and waits for people's yes."""

    rules: Sequence[Rule] = ()
    waiting: Callable[["Running"], Awaitable[dict[str, int]]] | None = None

    @property
    def all(self) -> tuple[Rule, ...]:
        """With those of the chassis' tables."""
        return (*self.rules, *CHASSIS)


def counted(found: dict[str, int]) -> str:
    """The figures in one line; rules of which nothing is over are left out."""
    return ", ".join(f"{n} of {what}" for what, n in found.items() if n) or "nothing"


async def due(running: "Running") -> dict[str, int]:
    """How many rows are over, by table. Nothing is done."""
    found: dict[str, int] = {}
    async with running.pool.acquire() as conn:
        for rule in _aged(running):
            n = await conn.fetchval(rule.counted, await _instant(running, conn, rule))
            found[rule.table] = found.get(rule.table, 0) + n
    return found


async def carried_out(running: "Running") -> dict[str, int]:
    """Lets go of what is over, a few thousand rows a transaction; answers how many went, by table."""
    found: dict[str, int] = {}
    for rule in _aged(running):
        while True:
            n = await try_again(partial(_step, running, rule))
            found[rule.table] = found.get(rule.table, 0) + n
            if n < STEP:
                break
    return found


async def _step(running: "Running", rule: Rule) -> int:
    async with running.pool.acquire() as conn, conn.transaction():
        return len(await conn.fetch(rule.step, await _instant(running, conn, rule)))


def _aged(running: "Running") -> list[Rule]:
    return [rule for rule in running.service.retention.all if rule.over]


async def _instant(running: "Running", conn: Connection, rule: Rule) -> datetime:
    now = running.clock.now()
    if rule.clock == "real":
        now = await conn.fetchval("SELECT clock_timestamp()")
    return now - rule.keep


async def daily(running: "Running") -> None:
    """Does it once on each day of the business clock, by whichever worker comes first, until the service stops."""
    done: date | None = None
    while not running.stopping.is_set():
        today = london_date(running.clock.now())
        if today != done:
            await on_day(running, today)
            done = today
        await pause(running.stopping, _LOOK_SECONDS)


async def on_day(running: "Running", today: date) -> bool:
    """The run of one day; False where another worker has begun it."""
    async with running.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT pg_advisory_xact_lock($1)", _DAILY)
        if await conn.fetchval(_BEGUN, DID, today.isoformat()):
            return False
        action = await audit.record(conn, running.name, DID, today.isoformat(), "the end of its time")
    gone = await carried_out(running)
    waits = await running.service.retention.waiting(running) if running.service.retention.waiting else {}
    said = f"{counted(gone)} went" + (
        f"; {counted(waits)} wait for two people's yes" if any(waits.values()) else ""
    )
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, said)
    log.info("retention", gone=gone, waiting=waits)
    return True
