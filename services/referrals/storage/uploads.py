"""Lists that were uploaded, and their rows: words sealed until they are worked off, and then gone."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from chassis.storage import Connection
from services.referrals.domain.bulk import RowFault

Kind = Literal["referrals", "open-cases"]
RowState = Literal["right", "repeats", "wrong", "waiting", "left-out", "taken", "there", "refused"]
#: A list that nobody confirms is deleted after this, and the result of one that was done.
PREVIEW_KEPT, RESULT_KEPT = timedelta(days=7), timedelta(days=90)
#: How many lists of a kind may wait for one person's word.
MOST_UNCONFIRMED = 5


@dataclass(frozen=True, slots=True)
class Upload:
    """A list. ``counts`` are how many of its rows are in each state, ``urns`` the schools of its right rows."""

    id: str
    kind: Kind
    by: str
    state: Literal["preview", "confirmed", "done"]
    uploaded_at: datetime
    urns: frozenset[str]
    counts: Mapping[str, int]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``sealed`` is None where its words are gone, or never were kept."""

    number: int
    state: RowState
    sealed: bytes | None = None
    faults: tuple[RowFault, ...] = ()
    repeats: tuple[str, ...] = ()
    reference: str | None = None
    upload_id: str = ""
    kind: Kind = "referrals"
    by: str = ""


_UNCONFIRMED = "SELECT count(*) FROM upload WHERE by = $1 AND kind = $2 AND state = 'preview'"


async def room(conn: Connection, by: str, kind: Kind, *, alone: bool = False) -> bool:
    """Whether somebody may leave one more list unconfirmed; ``alone``: until the transaction ends only they can."""
    if alone:
        await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('upload ' || $1, 0))", by)
    waiting: int = await conn.fetchval(_UNCONFIRMED, by, kind)
    return waiting < MOST_UNCONFIRMED


_KEEP = """
INSERT INTO upload_row (upload_id, number, state, sealed, faults, repeats)
SELECT $1, r.number, r.state, r.sealed, r.faults::json, string_to_array(r.repeats, ',')
FROM unnest($2::int[], $3::text[], $4::bytea[], $5::text[], $6::text[])
    AS r(number, state, sealed, faults, repeats)
"""


async def keep(
    conn: Connection,
    id: str,
    kind: Kind,
    by: str,
    at: datetime,
    rows: Sequence[Row],
    urns: Collection[str] = (),
) -> None:
    """Keeps a list that was looked through; ``urns`` are the schools of its right rows."""
    await conn.execute(
        "INSERT INTO upload (id, kind, by, uploaded_at, urns) VALUES ($1, $2, $3, $4, $5)",
        id, kind, by, at, sorted(urns),
    )  # fmt: skip
    await conn.execute(
        _KEEP,
        id,
        [row.number for row in rows],
        [row.state for row in rows],
        [row.sealed for row in rows],
        [_faults(row.faults) for row in rows],
        [",".join(row.repeats) for row in rows],
    )


def _faults(faults: Sequence[RowFault]) -> str:
    return json.dumps([[each.column, each.code, each.message] for each in faults])


_UPLOADS = """
SELECT u.id, u.kind, u.by, u.state, u.uploaded_at, u.urns, (
    SELECT coalesce(json_object_agg(c.state, c.n), '{}')
    FROM (SELECT state, count(*) AS n FROM upload_row r WHERE r.upload_id = u.id GROUP BY state) c) AS counts
FROM upload u
"""


async def upload_of(conn: Connection, id: str) -> Upload | None:
    """The list with this id, or None."""
    row = await conn.fetchrow(f"{_UPLOADS} WHERE u.id = $1", id)
    return None if row is None else _upload(row)


async def uploads_by(conn: Connection, by: str, kind: Kind) -> list[Upload]:
    """Somebody's lists: those that wait for their word, then the latest."""
    rows = await conn.fetch(
        f"{_UPLOADS} WHERE u.by = $1 AND u.kind = $2 ORDER BY u.state <> 'preview', u.uploaded_at DESC LIMIT 20",
        by,
        kind,
    )
    return [_upload(row) for row in rows]


def _upload(row: Any) -> Upload:
    read = {"counts": json.loads(row["counts"]), "urns": frozenset(row["urns"])}
    return Upload(**{**dict(row), **read})


async def rows_of(conn: Connection, id: str, states: Collection[RowState], most: int = 10_000) -> list[Row]:
    """The rows in these states, in the order of the file."""
    found = await conn.fetch(
        "SELECT r.*, u.kind, u.by FROM upload_row r JOIN upload u ON u.id = r.upload_id "
        "WHERE upload_id = $1 AND r.state = ANY($2) ORDER BY number LIMIT $3",
        id,
        sorted(states),
        most,
    )
    return [_row(dict(row)) for row in found]


def _row(found: dict[str, object]) -> Row:
    faults = tuple(RowFault(*each) for each in json.loads(str(found["faults"])))
    repeats: Sequence[str] = found["repeats"]  # type: ignore[assignment]
    return Row(**{**found, "faults": faults, "repeats": tuple(repeats)})  # type: ignore[arg-type]


_CONFIRM = """
UPDATE upload_row SET
    state = CASE
        WHEN state = 'wrong' THEN state
        WHEN state = 'right' OR number = ANY($2) THEN 'waiting'
        ELSE 'left-out'
    END,
    sealed = CASE WHEN state = 'right' OR (state = 'repeats' AND number = ANY($2)) THEN sealed END
WHERE upload_id = $1
"""


async def confirm(conn: Connection, id: str, anyway: Collection[int], at: datetime) -> bool:
    """Lets the worker have the right rows, and the repeated ones among ``anyway``; False where it has them already."""
    done = await conn.fetchval(
        "UPDATE upload SET state = 'confirmed', confirmed_at = $2 WHERE id = $1 AND state = 'preview' RETURNING true",
        id,
        at,
    )
    if done:
        await conn.execute(_CONFIRM, id, sorted(anyway))
        await finish(conn, at, id)
    return bool(done)


async def discard(conn: Connection, id: str) -> None:
    """Deletes a list that was not confirmed."""
    await conn.execute("DELETE FROM upload WHERE id = $1 AND state = 'preview'", id)


_CLAIM = """
SELECT r.*, u.kind, u.by FROM upload_row r JOIN upload u ON u.id = r.upload_id
WHERE r.state = 'waiting'
ORDER BY u.confirmed_at, r.upload_id, r.number
LIMIT $1
FOR UPDATE OF r SKIP LOCKED
"""


async def claim(conn: Connection, most: int) -> list[Row]:
    """Rows that wait, the caller's until its transaction ends."""
    return [_row(dict(row)) for row in await conn.fetch(_CLAIM, most)]


_HOLD = "SELECT true FROM upload_row WHERE (upload_id, number) = ($1, $2) AND state = 'waiting' FOR UPDATE"


async def hold(conn: Connection, row: Row) -> bool:
    """Whether this row waits still; if so it is the caller's until its transaction ends."""
    return bool(await conn.fetchval(_HOLD, row.upload_id, row.number))


async def settle(conn: Connection, rows: Sequence[Row]) -> None:
    """Keeps what became of these rows; their words go."""
    await conn.execute(
        "UPDATE upload_row u SET state = r.state, reference = r.reference, faults = r.faults::json, sealed = NULL "
        "FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[]) "
        "AS r(upload_id, number, state, reference, faults) "
        "WHERE u.upload_id = r.upload_id AND u.number = r.number",
        [row.upload_id for row in rows],
        [row.number for row in rows],
        [row.state for row in rows],
        [row.reference for row in rows],
        [_faults(row.faults) for row in rows],
    )


async def finish(conn: Connection, at: datetime, id: str | None = None) -> None:
    """Marks those lists (or the one) as done of which no row waits any more."""
    await conn.execute(
        "UPDATE upload u SET state = 'done', done_at = $1 WHERE state = 'confirmed' AND ($2::text IS NULL OR id = $2) "
        "AND NOT EXISTS (SELECT FROM upload_row r WHERE r.upload_id = u.id AND r.state = 'waiting')",
        at,
        id,
    )


async def waiting(conn: Connection) -> int:
    """How many rows wait to be worked off."""
    found: int = await conn.fetchval("SELECT count(*) FROM upload_row WHERE state = 'waiting'")
    return found


async def tidy(conn: Connection, now: datetime) -> None:
    """Deletes lists that nobody confirmed, and results that are old."""
    await conn.execute(
        "DELETE FROM upload WHERE (state = 'preview' AND uploaded_at < $1) OR (state = 'done' AND done_at < $2)",
        now - PREVIEW_KEPT,
        now - RESULT_KEPT,
    )
