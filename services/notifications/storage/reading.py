"""Messages and the directory as pages and letters read them."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from chassis.storage import Connection
from services.notifications.domain.background import DirectoryEntry
from services.notifications.domain.pausing import ALL, Pause
from services.notifications.domain.story import Story
from services.notifications.storage.fields import made_since, written
from services.notifications.storage.tables import DIRECTORY, PAUSES, STORIES


async def directory(conn: Connection, entries: Iterable[str]) -> dict[str, DirectoryEntry]:
    """The directory's entries of these ids, as far as they are known and can be read."""
    rows = await conn.fetch(
        "SELECT id, state FROM directory_entry WHERE id = ANY($1::text[])", sorted(set(entries))
    )
    found = {row["id"]: DIRECTORY.read_or_say(row["id"], row["state"]) for row in rows}
    return {id: entry for id, entry in found.items() if entry is not None}


async def stories(conn: Connection, ids: Iterable[str]) -> dict[str, Story | None]:
    """The stories of these referrals; None for one that cannot be read."""
    rows = await conn.fetch("SELECT id, state FROM story WHERE id = ANY($1::text[])", sorted(set(ids)))
    return {row["id"]: STORIES.read_or_say(row["id"], row["state"]) for row in rows}


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


def whose(found: Iterable[dict[str, Any]], asked: str | None) -> list[str]:
    """What the record of reads says of messages in a list: what was asked for, and the referral of each one found."""
    return sorted({asked or "all", *(each["referral_id"] for each in found)})


async def referral_of(conn: Connection, reference: str) -> str | None:
    """The id of the referral with this reference, as a story was told of it; None where none was."""
    found: str | None = await conn.fetchval("SELECT id FROM story WHERE reference = $1", reference)
    return found


async def message(conn: Connection, id: str) -> dict[str, Any] | None:
    """One message, with how often and when the page was opened through its links; None if there is none."""
    row = await conn.fetchrow("SELECT seq, state FROM message WHERE id = $1", id)
    if row is None:
        return None
    found = json.loads(row["state"])
    through = found.get("carried_by") or id
    views = await conn.fetch(
        "SELECT at, what, proved FROM page_view WHERE message_id = $1 ORDER BY at", through
    )
    return {
        "seq": row["seq"],
        **found,
        "page_opened_at": [view["at"] for view in views],
        "page_views": [dict(view) for view in views],
    }


_TO_WHOM = """
SELECT m.id, c.state->>'relation' AS relation, count(v.id) AS opened, max(v.at) AS last_opened
FROM message m LEFT JOIN contact c ON c.id = m.person_id
LEFT JOIN page_view v ON v.referral_id = m.referral_id AND v.message_id = coalesce(m.carried_by, m.id)
WHERE m.id = ANY($1::text[]) GROUP BY m.id, c.id
"""


async def to_whom(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By message: its recipient's relation to the child, and how often and when last the page was opened through it."""
    return {row["id"]: dict(row) for row in await conn.fetch(_TO_WHOM, list(ids))}


# Among the messages made last, since a batch is what is on its way now.
_BATCHES = f"""
SELECT fact, count(*) AS made, count(*) FILTER (WHERE phase IN ('pending', 'sending')) AS to_go
FROM (SELECT fact, phase, state FROM message ORDER BY seq DESC LIMIT $3) m
WHERE {made_since("$1")} GROUP BY fact
HAVING count(*) >= $2 AND bool_or(phase IN ('pending', 'sending')) ORDER BY fact
"""
_MOST_OF_A_DAY = 5000


async def batches(conn: Connection, since: datetime, least: int) -> list[dict[str, Any]]:
    """Facts of which at least so many messages were made since an instant, while some are still to go."""
    return [dict(row) for row in await conn.fetch(_BATCHES, written(since), least, _MOST_OF_A_DAY)]


async def break_until(conn: Connection, person_id: str, today: date) -> date | None:
    """The day on which a person who wants to hear nothing now wants to hear again; None where they want it now."""
    query = "SELECT paused_until FROM preference WHERE id = $1 AND paused_until > $2"
    until: date | None = await conn.fetchval(query, person_id, today)
    return until


async def pause(conn: Connection) -> Pause:
    """Whether all sending is paused."""
    found = await PAUSES.load(conn, [ALL], lock=False)
    return found[ALL].state if found else Pause()


# Each by the index that holds these alone: what was sent is many times as much, and is not looked at.
_UNFINISHED = """
SELECT 'pending' AS phase, count(*) AS n FROM message WHERE phase = 'pending'
UNION ALL SELECT 'sending', count(*) FROM message WHERE phase = 'sending'
UNION ALL SELECT phase, count(*) FROM message WHERE phase IN ('held', 'failed') GROUP BY phase
"""


async def unfinished(conn: Connection) -> dict[str, int]:
    """How many messages are in each phase that is not an end."""
    rows = await conn.fetch(_UNFINISHED)
    counted = {row["phase"]: row["n"] for row in rows}
    return dict.fromkeys(("pending", "sending", "held", "failed"), 0) | counted
