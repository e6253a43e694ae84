"""Messages on their way: those that are ready to go, and those taken into a worker's hands."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.calendar import london_date
from chassis.ids import new_id
from chassis.storage import Connection
from schemas.notifications_v1 import Way
from services.notifications.domain.contact import Contact
from services.notifications.domain.digest import Steps
from services.notifications.domain.message import AT_ONCE, Message
from services.notifications.domain.preference import Preference, as_preferred
from services.notifications.domain.ways import next_way
from services.notifications.storage.fields import made_since, tries, written
from services.notifications.storage.stuck import put_back
from services.notifications.storage.tables import CONTACTS, MESSAGES, PREFERENCES


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in this worker's hands, with whom it goes to and how. ``at`` is the database's clock.

    ``contact`` is already as its person prefers it, as far as a contact says. ``nowhere``: none of this house's ways
    leads to them. ``others`` go with it, in its words. ``overtaken``: what it says is not true any more.
    """

    message: Message
    contact: Contact
    attempt: str
    at: datetime
    preference: Preference | None = None
    nowhere: bool = False
    others: tuple[Message, ...] = ()
    overtaken: bool = False


# A small step waits for its hour where its person hears of them together, unless something else waits behind it.
# What has been in a worker's hands, or in a person's, waits no more.
_WAITS = f"""CASE WHEN m.fact = ANY({{small}}::text[]) AND m.state->>'attempt' IS NULL
    AND {made_since("{since}")}
    AND (SELECT p.state->>'digest' FROM preference p WHERE p.id = m.person_id) = 'true'
    THEN NOT EXISTS (
        SELECT FROM message b WHERE b.referral_id = m.referral_id AND b.person_id = m.person_id
          AND b.phase = 'pending' AND (b.fact <> ALL({{small}}::text[]) OR b.state->>'attempt' IS NOT NULL))
    ELSE false END"""

# The story before it, for the same person, must be told first. A message whose recipient is not reached, or does not
# want to be told now, stays where it is. All this is looked up for one message after the other, in the order of the
# index, until there are enough: as joins they were planned as walks through everything that waits.
_READY = """
    SELECT m.id FROM message m
    WHERE m.phase = 'pending' AND {when} {which}
      AND (SELECT paused FROM pause) IS NOT TRUE
      AND (SELECT c.reach FROM contact c WHERE c.id = m.person_id) IN ('email', 'text', 'letter')
      AND ((SELECT p.paused_until FROM preference p WHERE p.id = m.person_id) > {today}::date) IS NOT TRUE
      AND (SELECT s.stopped FROM story s WHERE s.id = m.referral_id) IS NOT TRUE
      AND NOT {waits}
      AND m.seq = (
          SELECT e.seq FROM message e
          WHERE e.referral_id = m.referral_id AND e.person_id = m.person_id
            AND e.phase IN ('pending', 'sending') {before}
          ORDER BY e.seq LIMIT 1)
    ORDER BY m.ready_at, m.seq LIMIT $1
"""
_NEXT = f"""
WITH next AS ({_READY}
    FOR UPDATE OF m SKIP LOCKED
), lease AS MATERIALIZED (SELECT clock_timestamp() AS at, clock_timestamp() + $3::interval AS until)
UPDATE message m SET
    version = m.version + 1, phase = 'sending', lease_until = lease.until, carried_by = NULL,
    state = (m.state::jsonb || jsonb_build_object(
        'phase', 'sending', 'attempt', $2::text, 'lease_until', lease.until, 'carried_by', NULL,
        'tries', {tries("+ 1")}))::json
FROM next, lease, contact c LEFT JOIN preference p ON p.id = c.id
WHERE m.id = next.id AND c.id = m.person_id
RETURNING m.id, m.state, c.id AS person, c.state AS contact, p.state AS preference, lease.at
"""
# Two statements, so that at night the few urgent ones are found by an index of their own. They pass what waits.
_ANY = {"which": "", "before": ""}
_URGENT = {"which": "AND m.urgent", "before": "AND (e.urgent OR e.phase = 'sending')"}
_CLAIMS = {
    # A moment of the query, and not of each row: so the walk through the index ends where the future begins.
    "when": "m.ready_at <= (SELECT clock_timestamp())",
    "today": "$4",
    "waits": _WAITS.format(small="$5", since="$6"),
}
_CLAIM = _NEXT.format(**_CLAIMS, **_ANY)
_CLAIM_URGENT = _NEXT.format(**_CLAIMS, **_URGENT)
# What was put off after a try counts as well: a mail server may put off everything, again and again.
_COUNTS = {
    "when": "(m.ready_at <= clock_timestamp() OR m.state->>'attempt' IS NOT NULL)",
    "today": "$2",
    "waits": _WAITS.format(small="$3", since="$4"),
}
_TO_GO = f"SELECT count(*) FROM ({_READY}) AS ready"

# Where few messages wait, as statistics have it, PostgreSQL would rather gather all entries of the index and sort them.
# Those of messages that have gone are among them until the next vacuum, thousands in a busy minute; only who walks the
# index in its order marks them as done with.
_IN_ORDER = "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"

_BY_MAIL: Mapping[Way, str] = {"email": "smtp"}
_EACH = Steps(frozenset(), AT_ONCE)
# Which way it goes is written down with the claim: should its worker die, that is whom to ask.
_ROUTE = """
UPDATE message m SET
    state = (m.state::jsonb || jsonb_build_object('channel', new.channel, 'provider', new.provider))::json
FROM unnest($1::text[], $2::text[], $3::text[]) AS new (id, channel, provider) WHERE m.id = new.id
"""


async def claim(
    conn: Connection,
    most: int,
    lease: timedelta,
    now: datetime,
    only_urgent: bool = False,
    providers: Mapping[Way, str] = _BY_MAIL,
    steps: Steps = _EACH,
) -> list[Claim]:
    """Takes up to ``most`` messages that are ready at the business time ``now``, for as long as ``lease``.

    Each is given the way that it goes: ``providers`` are the ways of this house, and who carries them. ``steps``
    may have to wait for their hour. One that cannot be read, or whose recipient cannot, is not among them: it waits.
    Called in a transaction: commit it before sending them.
    """
    await conn.execute(_IN_ORDER)
    attempt = new_id()
    query, small = _CLAIM_URGENT if only_urgent else _CLAIM, sorted(steps.small)
    rows = await conn.fetch(query, most, attempt, lease, london_date(now), small, written(steps.since))
    claims = [claim for row in rows if (claim := _claim(row, attempt)) is not None]
    await put_back(conn, sorted({row["id"] for row in rows} - {claim.message.id for claim in claims}))
    routed = [_routed(claim, providers) for claim in claims]
    turned = [
        (after.message.id, after.message.channel, after.message.provider)
        for claim, after in zip(claims, routed, strict=True)
        if after.message is not claim.message
    ]
    if turned:
        await conn.execute(_ROUTE, *map(list, zip(*turned, strict=True)))
    return routed


def _routed(claim: Claim, providers: Mapping[Way, str]) -> Claim:
    person, message = claim.contact, claim.message
    way = next_way(person, person.channel, providers, message.shut)
    if way is None:
        return replace(claim, nowhere=True)
    if (way, providers[way]) == (message.channel, message.provider):
        return claim
    return replace(claim, message=message.model_copy(update={"channel": way, "provider": providers[way]}))


def _claim(row: Any, attempt: str) -> Claim | None:
    message = MESSAGES.read_or_say(row["id"], row["state"])
    contact = CONTACTS.read_or_say(row["person"], row["contact"])
    wished = row["preference"]
    preference = PREFERENCES.read_or_say(row["person"], wished) if wished else None
    if message is None or contact is None or (wished and preference is None):
        return None
    return Claim(message, as_preferred(contact, preference), attempt, row["at"], preference)


async def to_go(
    conn: Connection, most: int, now: datetime, only_urgent: bool = False, steps: Steps = _EACH
) -> int:
    """How many messages, ``most`` at the most, should be on their way at the business time ``now`` and are not.

    Those of `claim`, and those that were tried and put off.
    """
    query = _TO_GO.format(**_COUNTS, **(_URGENT if only_urgent else _ANY))
    found: int = await conn.fetchval(query, most, london_date(now), sorted(steps.small), written(steps.since))
    return found


async def to_be_sent(conn: Connection, now: datetime, only_urgent: bool = False, steps: Steps = _EACH) -> int:
    """How many messages are on their way, ready to go at the business time ``now``, or about to be held.

    What waits for a business hour, or for a person to resume all sending, does not count: that may be far away.
    Nor does a small step that waits for its hour. One that stands behind an earlier one which waits for its next try
    waits with it.
    """
    found: int = await conn.fetchval(
        "SELECT count(*) FROM message m LEFT JOIN contact c ON c.id = m.person_id "
        "WHERE m.phase = 'sending' OR (m.phase = 'pending' AND m.ready_at <= clock_timestamp() "
        "AND (m.person_id = 'nobody' OR c.reach <> 'awaited') "
        "AND (m.person_id = 'nobody' OR c.reach IN ('overdue', 'no-address', 'not-told') "
        "OR ((m.urgent OR NOT $2) AND NOT EXISTS (SELECT FROM pause WHERE paused))) "
        "AND NOT EXISTS (SELECT FROM preference p WHERE p.id = m.person_id AND p.paused_until > $1::date) "
        "AND NOT EXISTS (SELECT FROM message e "
        "WHERE e.referral_id = m.referral_id AND e.person_id = m.person_id AND e.phase = 'pending' "
        "AND e.seq < m.seq AND e.ready_at > clock_timestamp()) "
        f"AND NOT {_WAITS.format(small='$3', since='$4')})",
        london_date(now),
        only_urgent,
        sorted(steps.small),
        written(steps.since),
    )
    return found
