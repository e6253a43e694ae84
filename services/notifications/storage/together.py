"""Small steps that go out in one message: taken along with the claim of the one that carries them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from chassis.storage import Connection
from services.notifications.domain.digest import Steps, along, may_carry
from services.notifications.domain.message import Message
from services.notifications.storage.fields import tries
from services.notifications.storage.sending import Claim
from services.notifications.storage.tables import MESSAGES

# What somebody else has in hand at this moment is being held or closed: it does not go along.
_BEHIND = """
SELECT first.id AS first, m.id, m.state FROM unnest($1::text[]) AS wanted (id)
JOIN message first ON first.id = wanted.id
JOIN message m ON m.referral_id = first.referral_id AND m.person_id = first.person_id AND m.seq > first.seq
WHERE m.phase = 'pending' ORDER BY first.id, m.seq FOR UPDATE OF m SKIP LOCKED
"""
_CARRY = f"""
UPDATE message m SET version = m.version + 1, phase = 'sending', lease_until = first.lease_until,
    carried_by = first.id,
    state = (m.state::jsonb || jsonb_build_object(
        'phase', 'sending', 'attempt', first.state->>'attempt', 'lease_until', first.lease_until,
        'tries', {tries("+ 1")}, 'carried_by', first.id))::json
FROM unnest($1::text[], $2::text[]) AS new (id, first) JOIN message first ON first.id = new.first
WHERE m.id = new.id
"""
_CARRIES = """
UPDATE message m SET state = (m.state::jsonb || jsonb_build_object('carries', new.ids::jsonb))::json
FROM (SELECT first AS id, json_agg(id ORDER BY place)::text AS ids
      FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS one (id, first, place) GROUP BY first) new
WHERE m.id = new.id
"""


async def take_along(
    conn: Connection, claims: Sequence[Claim], steps: Steps, worth: Callable[[Message], bool]
) -> list[Claim]:
    """The claims, each with the messages that go with it; in the transaction in which they were claimed.

    What is not ``worth`` hearing any more carries nothing, and is not carried.
    """
    leading = [one for one in claims if one.message.carries or _is_digest(one, steps, worth)]
    if not leading:
        return list(claims)
    behind = defaultdict[str, list[Message]](list)
    for row in await conn.fetch(_BEHIND, [one.message.id for one in leading]):
        if (message := MESSAGES.read_or_say(row["id"], row["state"])) is not None:
            behind[row["first"]].append(message)
    taken = {
        first.id: [one for one in along(first, behind[first.id], steps) if first.carries or worth(one)]
        for first in (claim.message for claim in leading)
    }
    pairs = [(one.id, first) for first, others in taken.items() for one in others]
    if pairs:
        columns = list(map(list, zip(*pairs, strict=True)))
        await conn.execute(_CARRY, *columns)
        await conn.execute(_CARRIES, *columns)
    return [_with(claim, taken.get(claim.message.id, [])) for claim in claims]


def _is_digest(claim: Claim, steps: Steps, worth: Callable[[Message], bool]) -> bool:
    wished = claim.preference is not None and bool(claim.preference.digest)
    return wished and may_carry(claim.message, steps) and worth(claim.message)


def _with(claim: Claim, others: list[Message]) -> Claim:
    carries = tuple(one.id for one in others)
    return replace(claim, message=claim.message.model_copy(update={"carries": carries}), others=tuple(others))


async def whole(conn: Connection, id: str) -> tuple[str, tuple[str, ...]]:
    """The message that carries the one with this ``id``, or else that one itself, and those that it carries.

    One that has gone its own way since is by itself.
    """
    found = await conn.fetchrow(
        "SELECT c.id, c.state, c.phase = m.phase AS same FROM message m "
        "JOIN message c ON c.id = coalesce(m.carried_by, m.id) WHERE m.id = $1",
        id,
    )
    if found is None:
        return id, ()
    carries = MESSAGES.read(found["state"]).carries
    if found["id"] != id and not (found["same"] and id in carries):
        return id, ()
    return found["id"], carries


async def told_together(conn: Connection, id: str) -> list[dict[str, str]]:
    """Id and fact of the other messages that are told in the same words as this one, in order."""
    first, carried = await whole(conn, id)
    rows = await conn.fetch(
        "SELECT id, fact FROM message WHERE id = ANY($1::text[]) AND id <> $2 ORDER BY seq",
        [first, *carried],
        id,
    )
    return [dict(row) for row in rows]
