"""The record of who read what about whom."""

from collections.abc import Sequence
from typing import Any

from chassis import telemetry
from chassis.web.auth import Caller
from chassis.web.people import Person


async def record_read(conn: Any, caller: Caller | Person, what: str, id: str) -> None:
    """Record that ``caller`` reads the ``what`` with this id; in the transaction of the reading.

    ``what`` is a constant word, ``id`` an id of ours; neither is ever a name.
    """
    await conn.execute(
        "INSERT INTO access_log (who, what, subject, correlation) VALUES ($1, $2, $3, $4)",
        caller.who,
        what,
        id,
        telemetry.correlation(),
    )


async def record_reads(conn: Any, caller: Caller | Person, what: str, ids: Sequence[str]) -> None:
    """As `record_read`, for several at once, as where a list names children."""
    await conn.execute(
        "INSERT INTO access_log (who, what, subject, correlation) SELECT $1, $2, unnest($3::text[]), $4",
        caller.who,
        what,
        ids,
        telemetry.correlation(),
    )
