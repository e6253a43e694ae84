"""Where stories, messages and contacts live, and the questions that are asked of them.

Every function takes a connection. Leases and waits go by the database's own clock, so that no worker's
clock can make a message go out early or twice.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis.ids import new_id
from chassis.restrictions import RESTRICTIONS
from chassis.staff import COLLEAGUES
from chassis.storage import Column, Connection, JsonTable, Repository, Stored, Writer
from services.notifications.domain.aliases import ALIAS, Alias
from services.notifications.domain.background import DIRECTORY_ENTRY, REASONS, DirectoryEntry, Reasons
from services.notifications.domain.contact import CONTACT, Contact
from services.notifications.domain.message import MESSAGE, Message, Unreachable
from services.notifications.domain.story import STORY, Story

_MESSAGE_COLUMNS = {
    "phase": Column("text", lambda m: m.phase),
    "why": Column("text", lambda m: m.why),
    "referral_id": Column("text", lambda m: m.referral_id),
    "person_id": Column("text", lambda m: m.person_id),
    "fact": Column("text", lambda m: m.fact),
    "ready_at": Column("timestamptz", lambda m: m.ready_at),
    "lease_until": Column("timestamptz", lambda m: m.lease_until),
}
MESSAGES = JsonTable(MESSAGE, "message", _MESSAGE_COLUMNS)
CONTACTS = JsonTable(CONTACT, "contact", {"reach": Column("text", lambda c: c.reach)})
DIRECTORY = JsonTable(DIRECTORY_ENTRY, "directory_entry")
ALIASES: JsonTable[Alias] = JsonTable(ALIAS, "alias", {"into_id": Column("text", lambda alias: alias.into)})
REASONS_GIVEN = JsonTable(REASONS, "reasons", {"referral_id": Column("text", lambda r: r.referral_id)})


class StoryTable(JsonTable[Story]):
    """Stories, and the messages that were born with them, written in the same transaction.

    A message's id is made of its fact and its recipient, so one that exists is left as it is.
    """

    async def insert(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await super().insert(conn, rows)
        await _bear(conn, rows)

    async def update(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await super().update(conn, rows)
        await _bear(conn, rows)


STORIES = StoryTable(STORY, "story")
REPOSITORIES: tuple[Repository, ...] = (
    *(STORIES, MESSAGES, CONTACTS, ALIASES, DIRECTORY, REASONS_GIVEN),
    *(COLLEAGUES, RESTRICTIONS),
)

_BEAR = """
INSERT INTO message (id, version, said, state, phase, referral_id, person_id, fact, ready_at)
SELECT id, 1, 0, state::json, 'pending', referral_id, person_id, fact, ready_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
     WITH ORDINALITY AS new(id, state, referral_id, person_id, fact, ready_at, place)
ORDER BY place
ON CONFLICT (id) DO NOTHING
"""


async def _bear(conn: Writer, rows: Sequence[Stored]) -> None:
    born = [message for row in rows for message in row.state.born]
    if born:
        cells = [(m.id, m.model_dump_json(), m.referral_id, m.person_id, m.fact, m.ready_at) for m in born]
        await conn.execute(_BEAR, *map(list, zip(*cells, strict=True)))


# -- sending ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """A message in this worker's hands, with whom it goes to. ``at`` is the database's clock."""

    message: Message
    contact: Contact
    attempt: str
    at: datetime


# The story before it, for the same person, must be told first. A message whose recipient is not reached by
# e-mail stays where it is. Both are looked up for one message after the other, in the order of the index,
# until there are enough: as joins they were planned as walks through everything that waits.
_CLAIM = """
WITH next AS (
    SELECT m.id FROM message m
    WHERE m.phase = 'pending' AND m.ready_at <= clock_timestamp()
      AND (SELECT c.reach FROM contact c WHERE c.id = m.person_id) = 'email'
      AND m.seq = (
          SELECT e.seq FROM message e
          WHERE e.referral_id = m.referral_id AND e.person_id = m.person_id
            AND e.phase IN ('pending', 'sending')
          ORDER BY e.seq LIMIT 1)
    ORDER BY m.ready_at, m.seq LIMIT $1
    FOR UPDATE OF m SKIP LOCKED
), lease AS MATERIALIZED (SELECT clock_timestamp() AS at, clock_timestamp() + $3::interval AS until)
UPDATE message m SET
    version = m.version + 1, phase = 'sending', lease_until = lease.until,
    state = (m.state::jsonb || jsonb_build_object(
        'phase', 'sending', 'attempt', $2::text, 'lease_until', lease.until,
        'tries', (m.state->>'tries')::int + 1))::json
FROM next, lease, contact c
WHERE m.id = next.id AND c.id = m.person_id
RETURNING m.state, c.state AS contact, lease.at
"""


async def claim(conn: Connection, most: int, lease: timedelta) -> list[Claim]:
    """Takes up to ``most`` messages that are ready, for as long as ``lease``. Commit before sending them."""
    attempt = new_id()
    rows = await conn.fetch(_CLAIM, most, attempt, lease)
    return [
        Claim(MESSAGES.read(row["state"]), CONTACTS.read(row["contact"]), attempt, row["at"]) for row in rows
    ]


async def add_links(conn: Connection, codes: Iterable[tuple[str, Message]], expires_at: datetime) -> None:
    """Writes down the hashes of new link codes."""
    rows = [(code_hash(code), m.referral_id, m.person_id, m.id) for code, m in codes]
    await conn.execute(
        "INSERT INTO link (code_hash, referral_id, person_id, message_id, expires_at) "
        "SELECT *, $5 FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[])",
        *map(list, zip(*rows, strict=True)),
        expires_at,
    )


def code_hash(code: str) -> bytes:
    """What is kept of a link's code."""
    return hashlib.sha256(code.encode()).digest()


async def abandoned(conn: Connection, most: int = 200) -> list[tuple[str, str]]:
    """(message id, attempt) of those whose lease ran out: their worker died, or froze."""
    rows = await conn.fetch(
        "SELECT id, state->>'attempt' AS attempt FROM message "
        "WHERE phase = 'sending' AND lease_until < clock_timestamp() ORDER BY lease_until LIMIT $1",
        most,
    )
    return [(row["id"], row["attempt"]) for row in rows]


_UNREACHABLE = """
SELECT m.id, m.person_id, c.reach = 'not-told' AND m.person_id = (
    -- Where none of a fact's recipients may be told, one message of them becomes the task.
    SELECT min(o.person_id) FILTER (WHERE o.phase = 'pending')
    FROM message o LEFT JOIN contact oc ON oc.id = o.person_id
    WHERE o.referral_id = m.referral_id AND o.fact = m.fact AND o.state->>'about' = m.state->>'about'
    HAVING bool_and(o.phase = 'closed' OR (o.phase = 'pending' AND oc.reach = 'not-told'))) AS alone
FROM message m LEFT JOIN contact c ON c.id = m.person_id
WHERE m.phase = 'pending' AND (m.person_id = 'nobody' OR c.reach IN ('overdue', 'no-address', 'not-told'))
ORDER BY m.seq LIMIT $1
"""


async def unreachable(conn: Connection, most: int = 200) -> list[Unreachable]:
    """Messages that wait for somebody who cannot, or must not, be told."""
    rows = await conn.fetch(_UNREACHABLE, most)
    return [Unreachable(row["id"], row["person_id"], bool(row["alone"])) for row in rows]


async def to_be_sent(conn: Connection) -> int:
    """How many messages are on their way, ready to go, or about to be held.

    One that stands behind an earlier one which waits for its next try waits with it.
    """
    found: int = await conn.fetchval(
        "SELECT count(*) FROM message m LEFT JOIN contact c ON c.id = m.person_id "
        "WHERE m.phase = 'sending' OR (m.phase = 'pending' AND m.ready_at <= clock_timestamp() "
        "AND (m.person_id = 'nobody' OR c.reach <> 'awaited') AND NOT EXISTS (SELECT FROM message e "
        "WHERE e.referral_id = m.referral_id AND e.person_id = m.person_id AND e.phase = 'pending' "
        "AND e.seq < m.seq AND e.ready_at > clock_timestamp()))"
    )
    return found


# -- reading ---------------------------------------------------------------------------------------------


async def directory(conn: Connection, entries: Iterable[str]) -> dict[str, DirectoryEntry]:
    """The directory's entries of these ids, as far as they are known."""
    rows = await conn.fetch(
        "SELECT id, state FROM directory_entry WHERE id = ANY($1::text[])", sorted(set(entries))
    )
    return {row["id"]: DIRECTORY.read(row["state"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link's code opens: the referral's story, for one person."""

    story: Story
    person_id: str
    message_id: str
    reasons: list[Reasons]


async def visit(conn: Connection, code: str, now: datetime) -> Visit | None:
    """What ``code`` opens at the business time ``now``.

    None if nobody was given that code, or it has expired, was revoked, or its holder may no longer be told.
    """
    row = await conn.fetchrow(
        "SELECT l.referral_id, l.person_id, l.message_id, s.state FROM link l "
        "JOIN contact c ON c.id = l.person_id AND c.reach <> 'not-told' "
        "JOIN story s ON s.id = l.referral_id "
        "WHERE l.code_hash = $1 AND l.expires_at > $2 AND l.revoked_at IS NULL",
        code_hash(code),
        now,
    )
    if row is None:
        return None
    told = await conn.fetch("SELECT state FROM reasons WHERE referral_id = $1", row["referral_id"])
    reasons = [REASONS_GIVEN.read(one["state"]) for one in told]
    return Visit(STORIES.read(row["state"]), row["person_id"], row["message_id"], reasons)


async def record_view(conn: Connection, seen: Visit) -> None:
    """Somebody opened the page that their link leads to."""
    await conn.execute(
        "INSERT INTO page_view (referral_id, person_id, message_id) VALUES ($1, $2, $3)",
        seen.story.referral_id,
        seen.person_id,
        seen.message_id,
    )


async def revoke_links(conn: Connection, referral_id: str, person_id: str | None = None) -> int:
    """Makes the links of a referral (of one person) lead nowhere; answers how many."""
    done: str = await conn.execute(
        "UPDATE link SET revoked_at = clock_timestamp() WHERE referral_id = $1 "
        "AND ($2::text IS NULL OR person_id = $2) AND revoked_at IS NULL",
        referral_id,
        person_id,
    )
    return int(done.split()[-1])


# One person's records in any order: aliases are followed both ways, each once.
_MESSAGES = """
WITH RECURSIVE same (id) AS (
    SELECT $4::text UNION SELECT CASE WHEN a.id = s.id THEN a.into_id ELSE a.id END
    FROM same s JOIN alias a ON a.into_id IS NOT NULL AND s.id IN (a.id, a.into_id)
)
SELECT seq, state FROM message WHERE ($1::text[] IS NULL OR phase = ANY($1)) AND seq > $3
  AND ($2::text IS NULL OR referral_id = $2) AND ($4::text IS NULL OR person_id IN (SELECT id FROM same))
  AND referral_id <> ALL($5::text[]) ORDER BY seq LIMIT $6
"""


async def messages(
    conn: Connection,
    phases: Sequence[str] | None = None,
    referral_id: str | None = None,
    after: int = 0,
    most: int = 100,
    *,
    person_id: str | None = None,
    without: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Messages as they were made, without addresses; to a person under any id of theirs, ``without`` some referrals."""
    rows = await conn.fetch(_MESSAGES, phases, referral_id, after, person_id, list(without), most)
    return [{"seq": row["seq"], **json.loads(row["state"])} for row in rows]


async def referral_of(conn: Connection, reference: str) -> str | None:
    """The id of the referral with this reference, as a story was told of it; None where none was."""
    found: str | None = await conn.fetchval("SELECT id FROM story WHERE reference = $1", reference)
    return found


async def message(conn: Connection, id: str) -> dict[str, Any] | None:
    """One message, with how often and when the page was opened through its links; None if there is none."""
    row = await conn.fetchrow("SELECT seq, state FROM message WHERE id = $1", id)
    if row is None:
        return None
    views = await conn.fetch("SELECT at FROM page_view WHERE message_id = $1 ORDER BY at", id)
    return {"seq": row["seq"], **json.loads(row["state"]), "page_opened_at": [view["at"] for view in views]}


async def unfinished(conn: Connection) -> dict[str, int]:
    """How many messages are in each phase that is not an end."""
    rows = await conn.fetch(
        "SELECT phase, count(*) AS n FROM message WHERE phase IN ('pending', 'sending') GROUP BY phase "
        "UNION ALL SELECT phase, count(*) FROM message WHERE phase IN ('held', 'failed') GROUP BY phase"
    )
    counted = {row["phase"]: row["n"] for row in rows}
    return dict.fromkeys(("pending", "sending", "held", "failed"), 0) | counted
