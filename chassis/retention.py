"""How long each table keeps its rows, as data. By these rules they go, see `chassis.disposal`.

A child's record goes by an erasure, to which two people say yes. What has a shorter time of its own goes by itself.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dateutil.relativedelta import relativedelta

from chassis.storage import Connection

#: Rows that go in one transaction: nobody else waits for them for long.
STEP = 2000


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
    """The rules of a service's own tables; ``waiting`` counts what is over at an instant and waits for people's yes."""

    rules: Sequence[Rule] = ()
    waiting: Callable[[Connection, datetime], Awaitable[dict[str, int]]] | None = None

    @property
    def all(self) -> tuple[Rule, ...]:
        """With those of the chassis' tables."""
        return (*self.rules, *CHASSIS)
