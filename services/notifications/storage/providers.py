"""Which providers are away, as each worker sees it and says to the processes that only show pages."""

from collections.abc import Mapping
from datetime import timedelta

from chassis.storage import Connection

_SAY = """
INSERT INTO provider_state (provider, worker, why, until)
SELECT provider, $1, why, clock_timestamp() + $4::interval FROM unnest($2::text[], $3::text[]) AS new (provider, why)
ON CONFLICT (provider, worker) DO UPDATE SET why = excluded.why, until = excluded.until
"""
# A worker that died says nothing any more: its rows are over by themselves.
_UNSAY = """
DELETE FROM provider_state
WHERE (worker = $1 AND provider <> ALL($2::text[])) OR until < clock_timestamp()
"""


async def say_away(conn: Connection, worker: str, away: Mapping[str, str], lasts: timedelta) -> None:
    """This worker finds these providers away, each for a reason, and no others: so for as long as ``lasts``."""
    await conn.execute(_SAY, worker, list(away), list(away.values()), lasts)
    await conn.execute(_UNSAY, worker, list(away))


async def away(conn: Connection) -> list[str]:
    """Why messages are held up, as any worker says."""
    rows = await conn.fetch(
        "SELECT DISTINCT why FROM provider_state WHERE until > clock_timestamp() ORDER BY why"
    )
    return [row["why"] for row in rows]
