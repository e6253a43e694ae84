"""Who may subscribe to whose calendar: kept is only the digest of the word in a feed's address."""

import hashlib
import secrets
from datetime import datetime

from chassis.storage import Connection


async def make(conn: Connection, staff_id: str, now: datetime) -> str:
    """A new word for this person's feed, which only they are told, and only now; an earlier one opens nothing more."""
    word = secrets.token_urlsafe(32)
    await conn.execute(
        "INSERT INTO calendar_feed (staff_id, sha256, made_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (staff_id) DO UPDATE SET sha256 = EXCLUDED.sha256, made_at = EXCLUDED.made_at",
        staff_id,
        _digest(word),
        now,
    )
    return word


async def revoke(conn: Connection, staff_id: str) -> None:
    """Ends this person's feed."""
    await conn.execute("DELETE FROM calendar_feed WHERE staff_id = $1", staff_id)


async def made_at(conn: Connection, staff_id: str) -> datetime | None:
    """Since when this person has a feed; None where they have none."""
    found: datetime | None = await conn.fetchval(
        "SELECT made_at FROM calendar_feed WHERE staff_id = $1", staff_id
    )
    return found


async def owner(conn: Connection, word: str) -> str | None:
    """Whose feed this word opens; None where it opens none."""
    found: str | None = await conn.fetchval(
        "SELECT staff_id FROM calendar_feed WHERE sha256 = $1", _digest(word)
    )
    return found


def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
