"""Messages that do not go on by themselves: given up by their worker, or waiting for somebody who cannot be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis.storage import Connection
from services.notifications.domain.message import Message, Stop, Unreachable
from services.notifications.storage.fields import tries
from services.notifications.storage.tables import MESSAGES


@dataclass(frozen=True, slots=True)
class Left:
    """A message whose lease ran out ``since`` so long: its worker died or froze, or its provider said nothing."""

    message: Message
    since: timedelta
    at: datetime


async def abandoned(conn: Connection, most: int = 200) -> list[Left]:
    """Messages that are in no worker's hands any more, and have not been settled."""
    rows = await conn.fetch(
        "SELECT id, state, clock_timestamp() - lease_until AS since, clock_timestamp() AS at FROM message "
        "WHERE phase = 'sending' AND lease_until < (SELECT clock_timestamp()) AND carried_by IS NULL "
        "AND id <> ALL($2::text[]) ORDER BY lease_until LIMIT $1",
        most,
        MESSAGES.blind(),
    )
    return [Left(message, row["since"], row["at"]) for row, message in MESSAGES.readable(rows)]


async def to_ask_about(conn: Connection, most: int = 50) -> list[tuple[Message, datetime]]:
    """Messages of which their provider is to be asked what became of them, with the database's clock."""
    rows = await conn.fetch(
        "SELECT id, state, clock_timestamp() AS at FROM message "
        "WHERE ask_at < (SELECT clock_timestamp()) AND id <> ALL($2::text[]) ORDER BY ask_at LIMIT $1",
        most,
        MESSAGES.blind(),
    )
    return [(message, row["at"]) for row, message in MESSAGES.readable(rows)]


# Of a claim that its worker does nothing with: no try, and nobody has had it in hand.
_PUT_BACK = f"""
UPDATE message m SET
    version = m.version + 1, phase = 'pending', lease_until = NULL, ready_at = later.at,
    state = (m.state::jsonb || jsonb_build_object(
        'phase', 'pending', 'lease_until', NULL, 'ready_at', later.at, 'tries', {tries("- 1")}))::json
FROM (SELECT clock_timestamp() + $2::interval AS at) later WHERE m.id = ANY($1::text[])
"""
#: So long a message rests of which something cannot be read.
_UNREADABLE_RESTS = timedelta(minutes=1)


async def put_back(conn: Connection, ids: Sequence[str]) -> None:
    """Has messages wait a minute that were claimed in this transaction, and of which something cannot be read."""
    if ids:
        await conn.execute(_PUT_BACK, list(ids), _UNREADABLE_RESTS)


async def with_clock(conn: Connection, id: str) -> tuple[Message, datetime] | None:
    """The message with this id, and the database's clock; None if there is none."""
    row = await conn.fetchrow("SELECT state, clock_timestamp() AS at FROM message WHERE id = $1", id)
    return (MESSAGES.read(row["state"]), row["at"]) if row else None


# Each waiting message asks for its own person: joined, all contacts there are would be read, however few messages wait.
# In the order of the index of what waits: for that of ``seq`` alone all messages there ever were would be.
_REACH = "(SELECT c.reach FROM contact c WHERE c.id = m.person_id)"
_UNREACHABLE = f"""
SELECT m.id, m.person_id, {_REACH} = 'not-told' AND m.person_id = (
    -- Where none of a fact's recipients may be told, one message of them becomes the task.
    SELECT min(o.person_id) FILTER (WHERE o.phase = 'pending')
    FROM message o LEFT JOIN contact oc ON oc.id = o.person_id
    WHERE o.referral_id = m.referral_id AND o.fact = m.fact AND o.state->>'about' = m.state->>'about'
    HAVING bool_and(o.phase = 'closed' OR (o.phase = 'pending' AND oc.reach = 'not-told'))) AS alone
FROM message m
WHERE m.phase = 'pending' AND (m.person_id = 'nobody' OR {_REACH} IN ('overdue', 'no-address', 'not-told'))
  AND m.id <> ALL($2::text[])
ORDER BY m.ready_at, m.seq LIMIT $1
"""


async def unreachable(conn: Connection, most: int = 200) -> list[Unreachable]:
    """Messages that wait for somebody who cannot, or must not, be told."""
    rows = await conn.fetch(_UNREACHABLE, most, MESSAGES.blind())
    return [Unreachable(row["id"], row["person_id"], bool(row["alone"])) for row in rows]


# Begins with the few stories that are stopped, whatever the planner believes: told only to order by ``seq`` it would
# read all messages there ever were in that order, in the hope to find some soon.
_STOPPED = """
WITH gone AS MATERIALIZED (SELECT id FROM story WHERE stopped),
     waiting AS MATERIALIZED (
         SELECT m.id, m.seq FROM gone CROSS JOIN LATERAL (
             SELECT id, seq FROM message
             WHERE referral_id = gone.id AND phase IN ('pending', 'held', 'failed') OFFSET 0) AS m)
SELECT id FROM waiting WHERE id <> ALL($2::text[]) ORDER BY seq LIMIT $1
"""


async def stopped(conn: Connection, most: int = 200) -> list[Stop]:
    """Messages that wait although nobody is told anything about their referral any more."""
    return [Stop(row["id"]) for row in await conn.fetch(_STOPPED, most, MESSAGES.blind())]
