"""Extracts that were sent from a page, what came of them, and the history of each establishment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.storage import Connection


@dataclass(frozen=True, slots=True)
class Upload:
    """An extract on its way: received, running, done, or refused as a whole; ``result`` is what came of it."""

    id: str
    at: datetime
    by: str
    name: str
    state: str
    rows_read: int
    result: Mapping[str, Any]

    @property
    def over(self) -> bool:
        """Whether nothing more happens with it."""
        return self.state in ("done", "refused")


@dataclass(frozen=True, slots=True)
class Import:
    """What the last import did to all establishments of the country, and who let it."""

    at: datetime
    by: str
    rows: int
    added: int
    changed: int
    closed: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class Change:
    """What an import did to one establishment."""

    at: datetime
    did: str
    was: Mapping[str, Any]
    became: Mapping[str, Any]


#: How many extracts may wait at once: each is some tens of megabytes, and the next one holds what the last one held.
MOST_WAITING = 3
_ONE_AT_A_TIME = 0x0E57AB11  # an arbitrary number: the lock of whoever leaves an extract

_SHOWN = "id::text, at, by, name, state, rows_read, result"


_WAITING = "SELECT count(*) FROM register_upload WHERE state IN ('received', 'running') AND id <> $1"


async def room(conn: Connection, id: str) -> bool:
    """Whether an extract may be left beside those that wait."""
    waiting: int = await conn.fetchval(_WAITING, id)
    return waiting < MOST_WAITING


async def keep_upload(conn: Connection, upload: Upload, content: bytes, links: bytes | None = None) -> bool:
    """Keeps an extract, and its file of links, until a worker takes it; the same one again is nothing new.

    To be called in a transaction. False where too many wait already.
    """
    await conn.execute("SELECT pg_advisory_xact_lock($1)", _ONE_AT_A_TIME)
    if not await room(conn, upload.id):
        return False
    await conn.execute(
        "INSERT INTO register_upload (id, at, by, name, state, content, links) "
        "VALUES ($1, $2, $3, $4, 'received', $5, $6) ON CONFLICT DO NOTHING",
        upload.id, upload.at, upload.by, upload.name, content, links,
    )  # fmt: skip
    return True


async def upload_of(conn: Connection, id: str) -> Upload | None:
    """One upload."""
    row = await conn.fetchrow(f"SELECT {_SHOWN} FROM register_upload WHERE id = $1", id)
    return _upload(row) if row else None


async def unfinished(conn: Connection) -> Upload | None:
    """The upload that is being worked on, or waits for it."""
    row = await conn.fetchrow(
        f"SELECT {_SHOWN} FROM register_upload WHERE state IN ('received', 'running') ORDER BY at LIMIT 1"
    )
    return _upload(row) if row else None


def _upload(row: Any) -> Upload:
    given = row["result"]
    result = json.loads(given) if isinstance(given, str) else given or {}
    return Upload(**{**dict(row), "result": result})


async def claim_upload(conn: Connection) -> tuple[str, str, str, bytes, bytes | None] | None:
    """(id, who, name, content, links) of the next to import.

    One whose worker has not been heard of for two minutes is taken up again.
    """
    row = await conn.fetchrow(
        "UPDATE register_upload SET state = 'running', seen_at = clock_timestamp(), rows_read = 0 WHERE id = ("
        "  SELECT id FROM register_upload WHERE state = 'received'"
        "  OR (state = 'running' AND seen_at < clock_timestamp() - interval '2 minutes')"
        "  ORDER BY at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id::text, by, name, content, links"
    )
    return tuple(row) if row else None


async def note_progress(conn: Connection, id: str, rows_read: int) -> None:
    """How far it is; and that its worker lives."""
    await conn.execute(
        "UPDATE register_upload SET rows_read = $2, seen_at = clock_timestamp() WHERE id = $1", id, rows_read
    )


async def finish_upload(conn: Connection, id: str, state: str, result: Mapping[str, Any]) -> None:
    """What came of it; the file is kept no longer."""
    await conn.execute(
        "UPDATE register_upload SET state = $2, result = $3::jsonb, content = NULL, links = NULL, rows_read = $4 "
        "WHERE id = $1",
        id, state, json.dumps(result), result.get("rows", 0),
    )  # fmt: skip


async def last_import(conn: Connection) -> Import | None:
    """What the last import did; None where nothing was imported."""
    row = await conn.fetchrow(
        "SELECT at, by, rows, added, changed, closed, unreadable FROM register_import ORDER BY id DESC LIMIT 1"
    )
    return Import(**dict(row)) if row else None


async def history_of(conn: Connection, urn: str) -> list[Change]:
    """What imports did to an establishment, the latest first."""
    rows = await conn.fetch(
        "SELECT at, did, was, became FROM setting_history WHERE urn = $1 ORDER BY id DESC LIMIT 100", urn
    )
    return [Change(row["at"], row["did"], _read(row["was"]), _read(row["became"])) for row in rows]


def _read(value: Any) -> Mapping[str, Any]:
    return json.loads(value) if isinstance(value, str) else value or {}
