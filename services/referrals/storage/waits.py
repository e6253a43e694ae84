"""How long referrals waited, and what was said of it on each day."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from chassis.storage import Connection
from services.referrals.domain.directory.waits import Expected, Wait

#: Until the first answer, or until the work is done.
Until = Literal["answer", "end"]
Waits = Mapping[str, Expected]

_LONDON = "AT TIME ZONE 'Europe/London')::date"
_KNOWN: Mapping[Until, str] = {
    "answer": f"""
SELECT destination, (received_at {_LONDON} AS received, (answered_at {_LONDON} AS answered,
       CASE WHEN answered_at IS NULL THEN (ended_at {_LONDON} END AS left_on
FROM referral
WHERE COALESCE(answered_at, ended_at) IS NULL OR COALESCE(answered_at, ended_at) >= $1::date - 1
""",
    "end": f"""
SELECT destination, (received_at {_LONDON} AS received,
       CASE WHEN status = 'concluded' THEN (ended_at {_LONDON} END AS answered,
       CASE WHEN status <> 'concluded' THEN (ended_at {_LONDON} END AS left_on
FROM referral
WHERE ended_at IS NULL OR ended_at >= $1::date - 1
""",
}


async def waits_of(conn: Connection, until: Until, since: date) -> dict[str, list[Wait]]:
    """Who waited at each destination on some day from ``since`` on."""
    found: dict[str, list[Wait]] = {}
    for destination, received, answered, left in await conn.fetch(_KNOWN[until], since):
        found.setdefault(destination, []).append(Wait(received, answered, left))
    return found


_KEEP = """
INSERT INTO expected_wait (destination, until, day, cases, median, p80, beyond)
SELECT new.destination, $1, $2, new.cases, new.median, new.p80, new.beyond
FROM unnest($3::text[], $4::int[], $5::int[], $6::int[], $7::int[]) AS new(destination, cases, median, p80, beyond)
ON CONFLICT DO NOTHING
"""


async def keep_waits(conn: Connection, until: Until, day: date, said: Waits) -> None:
    """Notes what is said on a day. The first to say it is heard, so that all processes say the same."""
    rows = sorted(said.items())
    await conn.execute(
        _KEEP,
        until,
        day,
        [destination for destination, _ in rows],
        [each.cases for _, each in rows],
        [each.median for _, each in rows],
        [each.p80 for _, each in rows],
        [each.beyond for _, each in rows],
    )


_SAID = """
SELECT DISTINCT ON (destination) destination, cases, median, p80, beyond
FROM expected_wait WHERE until = $1 AND day <= $2
ORDER BY destination, day DESC
"""


async def waits_said(conn: Connection, until: Until, day: date) -> dict[str, Expected]:
    """What was said last, by a day, of each destination."""
    rows = await conn.fetch(_SAID, until, day)
    return {
        row["destination"]: Expected(row["cases"], row["median"], row["p80"], row["beyond"]) for row in rows
    }
