"""Arrivals and where their streams stand: what the inbox asks the database, and what it writes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from chassis.once import Item
from chassis.parking import fingerprint, known_type
from chassis.records import Record
from chassis.storage import Connection
from chassis.together import Writes
from schemas.envelope import Envelope
from schemas.topics import BY_NAME

Stream = tuple[str, str]
#: Characters of a key. Ours are far shorter, and an index takes no more than some 2,700 bytes.
_LONGEST_KEY = 500


@dataclass(slots=True)
class Arrival:
    """A record as far as it could be read. ``trouble`` says why it cannot be applied.

    ``event_id`` is there wherever the topic keeps versions.
    """

    record: Record
    stream: Stream = field(init=False)
    envelope: Envelope | None = None
    event_id: UUID | None = None
    message: object = None
    trouble: tuple[str, str] | None = None  # reason, fingerprint
    item: Item | None = None

    def __post_init__(self) -> None:
        key = (self.record.key or b"").decode("utf-8", "replace").replace("\x00", "\ufffd")
        self.stream = self.record.topic, key[:_LONGEST_KEY]

    def reject(self, kind: str, reason: str) -> None:
        self.trouble = reason, fingerprint(kind, self.record.topic, known_type(self.envelope))


@dataclass(slots=True)
class Positions:
    """What the streams of a batch look like in the database.

    ``latest``: those that have a row already, of topics where only the latest version counts.
    """

    version: dict[Stream, int] = field(default_factory=dict)
    ids: dict[tuple[str, str, int], UUID] = field(default_factory=dict)
    parked: set[Stream] = field(default_factory=set)
    latest: set[Stream] = field(default_factory=set)


async def next_offsets(pool: asyncpg.Pool) -> dict[tuple[str, int], int]:
    """Where to go on in each partition (topic, number) of which anything was read."""
    rows = await pool.fetch("SELECT topic, partition, next_offset FROM partition_position")
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def heard_logs(pool: asyncpg.Pool) -> dict[str, UUID]:
    """Which log (by Kafka's id) each topic's name stood for when it was first read."""
    return {row["topic"]: row["id"] for row in await pool.fetch("SELECT topic, id FROM heard_log")}


async def remember_logs(pool: asyncpg.Pool, logs: Mapping[str, UUID]) -> None:
    """Those of topics that have not been read before."""
    await pool.execute(_REMEMBER_LOGS, *_cells(sorted(logs.items()), 2))


async def go_on_at(pool: asyncpg.Pool, places: Sequence[tuple[str, int, int]]) -> set[tuple[str, int]]:
    """Have partitions (topic, number, offset) go on there; answers those that stood before, or nowhere."""
    rows = await pool.fetch(_GO_ON, *_cells(sorted(places), 3))
    return {(row["topic"], row["partition"]) for row in rows}


async def unread(conn: Connection, records: Sequence[Record]) -> list[Record]:
    """Those records that were not applied before; moves the partitions' positions past all of them."""
    ends: dict[tuple[str, int], int] = {}
    for record in records:
        ends[(record.topic, record.partition)] = record.offset + 1
    places = sorted((topic, partition, end) for (topic, partition), end in ends.items())
    cells = _cells(places, 3)
    rows = await conn.fetch(_MOVE, *cells)
    if len(rows) < len(places):  # the first records ever of a partition
        await conn.execute(_FIRST, *cells[:2])
        rows = [*await conn.fetch(_MOVE, *cells), *rows]
    at = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    return [record for record in records if record.offset >= at[(record.topic, record.partition)]]


async def read_positions(conn: Connection, arrivals: Sequence[Arrival]) -> Positions:
    """Read how far the streams of these arrivals have been applied, and which of them are parked.

    Where only the latest version counts nothing waits behind a parked record, so nobody asks there.
    """
    asked = sorted({arrival.stream for arrival in arrivals})
    every = [stream for stream in asked if BY_NAME[stream[0]].order == "every-version"]
    latest = [stream for stream in asked if BY_NAME[stream[0]].order == "latest-version"]
    positions = Positions()
    for row in await conn.fetch(_STANDING, *_cells(every, 2), *_cells(latest, 2)):
        stream = row["topic"], row["key"]
        if row["version"] is None:
            positions.parked.add(stream)
            continue
        positions.version[stream] = row["version"]
        if row["event_id"] is not None:
            positions.ids[(*stream, row["version"])] = row["event_id"]
            positions.latest.add(stream)
    await _applied_ids(conn, positions, arrivals)
    return positions


async def _applied_ids(conn: Connection, positions: Positions, arrivals: Sequence[Arrival]) -> None:
    """Looks up the ids of versions that should have been applied before: only repeats cost this query."""
    old = [
        (*a.stream, a.envelope.version)
        for a in arrivals
        if a.envelope and a.envelope.version and a.envelope.version <= positions.version.get(a.stream, 0)
    ]
    if old:
        for row in await conn.fetch(_IDS, *_cells(old, 3)):
            positions.ids[(row["topic"], row["key"], row["version"])] = row["event_id"]


async def move_on(writes: Writes, positions: Positions, applied: Sequence[Arrival]) -> None:
    """Move the ``positions`` past what was applied; the arrivals are in the order of their streams."""
    every, latest = [], {}
    for arrival in applied:
        envelope, order = arrival.envelope, BY_NAME[arrival.record.topic].order
        assert envelope is not None
        if order != "once":
            row = (*arrival.stream, envelope.version, arrival.event_id)
            if order == "every-version":
                every.append(row)
            else:
                latest[arrival.stream] = row
    if every:
        await writes.execute(_ADVANCE, *_cells(every, 4))
    # Most are the first of their streams. To look for a row that is known not to be there costs half as much again.
    for statement, streams in (
        (_BEGIN, latest.keys() - positions.latest),
        (_REPLACE, latest.keys() & positions.latest),
    ):
        if streams:
            await writes.execute(statement, *_cells([latest[stream] for stream in sorted(streams)], 4))


def _cells(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    """The rows, ``width`` columns wide, as columns for ``unnest``."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


# The lock comes before the look: whoever waits for it sees where the other has come to. From here to the end of the
# transaction everything is looked up by indexes: what was planned while a table was small would walk through all of it
# when it is large.
_MOVE = """
WITH at AS (
    SELECT p.topic, p.partition, p.next_offset, read.until FROM partition_position p
    JOIN unnest($1::text[], $2::int[], $3::bigint[]) AS read(topic, partition, until)
      ON p.topic = read.topic AND p.partition = read.partition
    ORDER BY p.topic, p.partition FOR UPDATE OF p
), moved AS (
    UPDATE partition_position p SET next_offset = at.until FROM at
    WHERE p.topic = at.topic AND p.partition = at.partition AND p.next_offset < at.until
)
SELECT topic, partition, next_offset, set_config('enable_seqscan', 'off', true) FROM at
"""
_FIRST = """
INSERT INTO partition_position (topic, partition, next_offset)
SELECT topic, partition, 0 FROM unnest($1::text[], $2::int[]) AS read(topic, partition) ON CONFLICT DO NOTHING
"""
_GO_ON = """
INSERT INTO partition_position AS p (topic, partition, next_offset)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset
WHERE p.next_offset < EXCLUDED.next_offset
RETURNING topic, partition
"""
_REMEMBER_LOGS = """
INSERT INTO heard_log (topic, id) SELECT * FROM unnest($1::text[], $2::uuid[]) ON CONFLICT DO NOTHING
"""
# A stream that is parked has no version here.
_STANDING = """
SELECT s.topic, s.key, last.version, NULL::uuid AS event_id FROM unnest($1::text[], $2::text[]) AS s(topic, key)
CROSS JOIN LATERAL (
    SELECT i.version FROM inbox i WHERE i.topic = s.topic AND i.key = s.key ORDER BY i.version DESC LIMIT 1
) AS last
UNION ALL
SELECT s.topic, s.key, last.version, last.event_id FROM unnest($3::text[], $4::text[]) AS s(topic, key)
CROSS JOIN LATERAL (
    SELECT l.version, l.event_id FROM inbox_latest l WHERE l.topic = s.topic AND l.key = s.key LIMIT 1
) AS last
UNION ALL
SELECT d.topic, d.key, NULL, NULL FROM dead_letter d
JOIN unnest($1::text[], $2::text[]) AS s(topic, key) ON d.topic = s.topic AND d.key = s.key
WHERE d.status = 'parked'
"""
_IDS = """
SELECT i.topic, i.key, i.version, i.event_id FROM inbox i
JOIN unnest($1::text[], $2::text[], $3::int[]) AS s(topic, key, version)
  ON i.topic = s.topic AND i.key = s.key AND i.version = s.version
"""
_ADVANCE = """
INSERT INTO inbox (topic, key, version, event_id) SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::uuid[])
"""
_BEGIN = """
INSERT INTO inbox_latest (topic, key, version, event_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::uuid[])
"""
_REPLACE = (
    _BEGIN + "ON CONFLICT (topic, key) DO UPDATE SET version = EXCLUDED.version, event_id = EXCLUDED.event_id"
)
