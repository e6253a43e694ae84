"""Uploaded files: what waits for the scanner, what nobody wants any more, how much a school has in hand."""

from datetime import datetime, timedelta

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.evidence import EVIDENCE, State, StoredFile

FILES = JsonTable(
    EVIDENCE,
    "evidence",
    {
        "stage": Column("text", lambda state: state.state),
        "kept": Column("boolean", lambda state: state.kept),
        "urn": Column("text", lambda state: state.urn),
        "size": Column("bigint", lambda state: state.size),
        "draft_id": Column("text", lambda state: state.draft_id),
        "referral_id": Column("text", lambda state: state.referral_id),
        "received_at": Column("timestamptz", lambda state: state.received_at),
    },
)
#: An upload that takes longer than this was cut off.
_CUT_OFF = timedelta(hours=1)
#: A file that no draft holds any more is kept this long for a form that names it.
_UNCLAIMED = timedelta(days=90)


async def file_of(conn: Connection, id: str) -> StoredFile | None:
    """What is known of a file, or None."""
    state = await conn.fetchval("SELECT state FROM evidence WHERE id = $1", id)
    return None if state is None else FILES.read(state)


async def files_of(conn: Connection, ids: list[str]) -> dict[str, StoredFile]:
    """Those of the files that are known, by id."""
    rows = await conn.fetch("SELECT id, state FROM evidence WHERE id = ANY($1::text[])", ids)
    return {row["id"]: FILES.read(row["state"]) for row in rows}


_WITH_FILE = """
WITH RECURSIVE holding (id, at) AS (
    SELECT id, 0 FROM referral WHERE id = $1
    UNION ALL
    SELECT r.id, h.at + 1 FROM holding h JOIN referral r ON r.follows = h.id WHERE h.at < 100
)
SELECT id FROM holding ORDER BY at
"""


async def referrals_with(conn: Connection, file: StoredFile) -> list[str]:
    """The referral that a file was sent with, then those in which it goes on: they have the same papers."""
    if file.referral_id is None:
        return []
    return [row["id"] for row in await conn.fetch(_WITH_FILE, file.referral_id)]


async def belonging(conn: Connection, id: str) -> tuple[str | None, tuple[str, ...]]:
    """The referral that a file was sent with by now, if any, and those in which that one goes on."""
    file = await file_of(conn, id)
    having = await referrals_with(conn, file) if file else []
    return (having[0], tuple(having[1:])) if having else (None, ())


async def kept_after(conn: Connection, states: list[State], id: str, most: int) -> list[StoredFile]:
    """The next files in these states whose objects should be in the store, by their ids."""
    rows = await conn.fetch(
        "SELECT state FROM evidence WHERE kept AND stage = ANY($1) AND id > $2 ORDER BY id LIMIT $3",
        states, id, most,
    )  # fmt: skip
    return [FILES.read(row["state"]) for row in rows]


_CLAIM = """
UPDATE evidence SET claimed_until = clock_timestamp() + interval '10 minutes'
WHERE id IN (
    SELECT id FROM evidence
    WHERE stage = 'quarantined' AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
    ORDER BY received_at, id LIMIT $1
    FOR UPDATE SKIP LOCKED)
RETURNING id, state
"""


async def claim_to_scan(conn: Connection, most: int) -> list[StoredFile]:
    """Files in quarantine that are the caller's to scan for ten minutes; the longest waiting first.

    One that cannot be read is not among them: so long it is claimed, and others go first.
    """
    return [file for _, file in FILES.readable(await conn.fetch(_CLAIM, most))]


async def release_claims(conn: Connection, ids: list[str]) -> None:
    """Gives files back that could not be scanned now."""
    await conn.execute("UPDATE evidence SET claimed_until = NULL WHERE id = ANY($1::text[])", ids)


_TO_DELETE = """
SELECT e.id, e.state FROM evidence e LEFT JOIN draft d ON d.id = e.draft_id
WHERE e.kept AND e.id <> ALL($4::text[])
  AND (e.stage IN ('infected', 'lost', 'dropped')
       OR (e.stage = 'receiving' AND e.received_at < $1)
       OR (e.referral_id IS NULL AND e.draft_id IS NOT NULL AND d.open IS NOT TRUE)
       OR (e.referral_id IS NULL AND e.draft_id IS NULL AND e.received_at < $2))
ORDER BY e.received_at, e.id
LIMIT $3
"""


async def to_delete(conn: Connection, now: datetime, most: int) -> list[StoredFile]:
    """Files whose objects nobody may or wants to read: infected, lost, taken off, cut off, of drafts that are gone.

    One that cannot be read is not among them: it is kept until it was put right.
    """
    rows = await conn.fetch(_TO_DELETE, now - _CUT_OFF, now - _UNCLAIMED, most, FILES.blind())
    return [file for _, file in FILES.readable(rows)]


_SOME_OBJECTS = """
SELECT state ->> 'object' AS object FROM evidence WHERE kept AND stage IN ('quarantined', 'clean')
ORDER BY received_at DESC, id LIMIT 20
"""


async def some_objects(conn: Connection) -> list[str]:
    """The names of some objects that the store holds, the latest first; none where it holds no file."""
    return [row["object"] for row in await conn.fetch(_SOME_OBJECTS)]


_IN_HAND_OF = """
SELECT id FROM evidence
WHERE urn = $1 AND kept AND referral_id IS NULL AND stage IN ('quarantined', 'clean') AND state ->> 'by' = $2
"""
_TWIN = """
SELECT state FROM evidence
WHERE id = ANY($1) AND urn = $2 AND kept AND referral_id IS NULL AND stage IN ('quarantined', 'clean')
  AND state ->> 'by' = $3 AND state ->> 'sha256' = $4 AND state ->> 'name' = $5
ORDER BY received_at, id LIMIT 1
"""


async def in_hand_of(conn: Connection, urn: str, by: str) -> list[str]:
    """The files that a sender has sent for a school and no referral has yet."""
    return [row["id"] for row in await conn.fetch(_IN_HAND_OF, urn, by)]


async def twin_of(conn: Connection, file: StoredFile, before: list[str]) -> StoredFile | None:
    """The same file as the same sender sent it before, if no referral has it yet.

    ``before`` were all there when this one began to arrive. Of several that arrive at once none is another's twin:
    each would be dropped in favour of one that is dropped itself.
    """
    state = await conn.fetchval(_TWIN, before, file.urn, file.by, file.sha256, file.name)
    return None if state is None else FILES.read(state)


async def in_hand(conn: Connection, urn: str) -> tuple[int, int]:
    """How many files a school has uploaded that no referral has yet, and how many bytes they are."""
    row = await conn.fetchrow(
        "SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes FROM evidence "
        "WHERE urn = $1 AND kept AND referral_id IS NULL AND stage <> 'dropped'",
        urn,
    )
    assert row is not None
    return row["files"], row["bytes"]
