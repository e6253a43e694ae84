"""Dead letters: records that could not be applied, parked with their reason until a person settles them.

They stay in the service's own database and are redriven inside it, in the order of their stream:
put back onto a topic they would reach every other consumer a second time, and out of order.
"""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from chassis.database import BAD_DATA
from chassis.inbox import Inbox
from chassis.operations import audit
from chassis.records import Record
from chassis.storage import Connection
from schemas.topics import BY_NAME

_NOBODY = "00000000-0000-0000-0000-000000000000"
_STREAMS = (
    "SELECT DISTINCT topic, key FROM dead_letter "
    "WHERE status = 'parked' AND ($1::text IS NULL OR fingerprint = $1) ORDER BY topic, key"
)
_APPLIED = "SELECT coalesce(max(version), 0) FROM inbox WHERE topic = $1 AND key = $2"
_EARLIER = (
    "SELECT id FROM dead_letter WHERE status = 'parked' AND topic = $1 AND key = $2 AND version < $3 "
    "ORDER BY version, record_at LIMIT 1"
)


class NotParked(LookupError):
    """No such dead letter is parked: `dead-letters list` shows those that are."""


async def listing(conn: Connection) -> list[asyncpg.Record]:
    """What is parked, grouped by fingerprint: how many, since when, an example."""
    rows: list[asyncpg.Record] = await conn.fetch(
        "SELECT fingerprint, reason, count(*) AS n, min(parked_at) AS since, min(id) AS first_id "
        "FROM dead_letter WHERE status = 'parked' GROUP BY fingerprint, reason ORDER BY n DESC, first_id"
    )
    return rows


async def show(conn: Connection, letter_id: int) -> asyncpg.Record:
    """One dead letter without its payload; ``source`` is its ``ce_source``, where that is a path. Raises NotParked."""
    row = await conn.fetchrow(
        "SELECT id, topic, partition, record_at, key, version, event_type, reason, fingerprint, status, note, "
        "settled_by, parked_at, settled_at, octet_length(payload) AS bytes, "
        "(SELECT h->>1 FROM json_array_elements(headers) AS h "
        "WHERE h->>0 = 'ce_source' AND h->>1 ~ '^[/a-z0-9._-]{1,100}$' LIMIT 1) AS source "
        "FROM dead_letter WHERE id = $1",
        letter_id,
    )
    if row is None:
        raise NotParked(f"dead letter {letter_id}")
    return row


@dataclass
class Redriven:
    """What a redrive did, or what it would do: how many were applied, and why the others were not."""

    applied: int = 0
    again: Counter[str] = field(default_factory=Counter)
    parked: int = 0

    def __str__(self) -> str:
        return f"applied {self.applied}, still parked {self.parked}"


class _Rehearsed(Exception):
    """Undoes the transaction of a rehearsal."""


async def redrive(
    pool: asyncpg.Pool,
    inbox: Inbox,
    by: str,
    why: str,
    mark: str | None = None,
    *,
    over_gap: bool = False,
    dry_run: bool = False,
) -> Redriven:
    """Applies what is parked (of one fingerprint and all that follow it, or everything) again.

    Each stream is a transaction, in the order of its versions; the first record that fails again stops
    its stream. ``over_gap`` accepts that versions before the first parked one are lost for good.
    With ``dry_run`` the same is done and undone stream by stream: the answer is true, and nothing has changed.
    Who did it and why is recorded. Raises ReasonMissing, and NotParked where none has this fingerprint.
    """
    done = Redriven()
    async with pool.acquire() as conn:
        streams = await conn.fetch(_STREAMS, mark)
        if mark and not streams:
            raise NotParked(f"nothing with the fingerprint {mark} is parked: see `dead-letters list`")
        if not dry_run:
            did = "dead-letters redrive" + (" --over-gap" if over_gap else "")
            action = await audit.record(conn, by, did, mark or "all", why)
        for stream in streams:
            with suppress(_Rehearsed):
                async with conn.transaction():
                    await _redrive_stream(conn, inbox, stream["topic"], stream["key"], by, over_gap, done)
                    if dry_run:
                        raise _Rehearsed
        done.parked = await conn.fetchval("SELECT count(*) FROM dead_letter WHERE status = 'parked'")
        if dry_run:
            done.parked -= done.applied
        else:
            await audit.ended(conn, action, str(done))
    return done


async def _redrive_stream(
    conn: Connection, inbox: Inbox, topic: str, key: str, by: str, over_gap: bool, done: Redriven
) -> None:
    # The consumer holds the same row while it applies records of this partition: no follower can slip in.
    await conn.execute(
        "SELECT 1 FROM partition_position WHERE topic = $1 AND partition IN "
        "(SELECT d.partition FROM dead_letter d WHERE d.status = 'parked' AND d.topic = $1 AND d.key = $2) "
        "ORDER BY partition FOR UPDATE",
        topic,
        key,
    )
    letters = await conn.fetch(
        "SELECT * FROM dead_letter WHERE status = 'parked' AND topic = $1 AND key = $2 ORDER BY version, record_at",
        topic,
        key,
    )
    if over_gap and letters and letters[0]["version"]:
        await _take_as_applied(conn, topic, key, letters[0]["version"] - 1, _NOBODY)
    for letter in letters:
        reason = await _again(conn, inbox, letter)
        if reason is not None:
            await conn.execute("UPDATE dead_letter SET reason = $2 WHERE id = $1", letter["id"], reason)
            done.again[reason] += 1
            break
        await _settle(conn, letter["id"], "redriven", by, None)
        done.applied += 1


async def _again(conn: Connection, inbox: Inbox, letter: asyncpg.Record) -> str | None:
    headers = [(name, value.encode("latin-1")) for name, value in json.loads(letter["headers"])]
    record = Record(
        letter["topic"],
        letter["partition"],
        letter["record_at"],
        letter["key"].encode(),
        letter["payload"],
        headers,
    )
    try:
        async with conn.transaction():
            return await inbox.redrive(conn, record)
    except BAD_DATA as error:
        return f"the database refuses its data ({type(error).__name__})"


async def discard(conn: Connection, letter_id: int, by: str, reason: str) -> None:
    """Gives a parked record up for good, with the reason; what waits behind it can then be redriven.

    Its version counts as applied only where it was the next. Over a gap it does not: the versions that are
    missing may come yet, and whoever gives them up says so with a redrive over the gap. Raises
    NotParked, and ValueError without a reason or while an earlier record of its stream is parked: that one
    would then pass for applied.
    """
    if not reason.strip():
        raise ValueError("say why this record is given up: --reason")
    async with conn.transaction():
        row = await conn.fetchrow(
            "SELECT topic, key, version, headers FROM dead_letter WHERE id = $1 AND status = 'parked' FOR UPDATE",
            letter_id,
        )
        if row is None:
            raise NotParked(f"dead letter {letter_id} is not parked: see `dead-letters list`")
        await _settle(conn, letter_id, "discarded", by, reason)
        await audit.record(conn, by, "dead-letters discard", str(letter_id), reason, "discarded")
        if row["version"] is None or BY_NAME[row["topic"]].order != "every-version":
            return
        if earlier := await conn.fetchval(_EARLIER, row["topic"], row["key"], row["version"]):
            raise ValueError(
                f"earlier records of its stream are parked (first {earlier}): settle those first"
            )
        if row["version"] != await conn.fetchval(_APPLIED, row["topic"], row["key"]) + 1:
            return
        event_id = _uuid(dict(json.loads(row["headers"])).get("ce_id"))
        await _take_as_applied(conn, row["topic"], row["key"], row["version"], event_id)


def _uuid(text: str | None) -> str:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return _NOBODY


async def _take_as_applied(conn: Connection, topic: str, key: str, version: int, event_id: str) -> None:
    if version > 0:
        await conn.execute(
            "INSERT INTO inbox (topic, key, version, event_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            topic,
            key,
            version,
            event_id,
        )


async def _settle(conn: Connection, letter_id: int, status: str, by: str, note: str | None) -> None:
    await conn.execute(
        "UPDATE dead_letter SET status = $2, settled_by = $3, note = $4, settled_at = clock_timestamp() WHERE id = $1",
        letter_id,
        status,
        by,
        note,
    )
