"""Parking: a record that cannot be applied is put aside with its reason, and what follows waits behind it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis import metrics
from chassis.records import Record
from chassis.storage import Connection
from schemas.envelope import REGISTRY, Envelope


@dataclass(frozen=True, slots=True)
class Parked:
    """A record on its way to the dead letters. ``reason`` is a sentence without any value of the record."""

    record: Record
    envelope: Envelope | None
    key: str
    reason: str
    fingerprint: str


def fingerprint(*marks: str | None) -> str:
    """What failures of one cause have in common."""
    return ":".join(mark or "?" for mark in marks)


def known_type(envelope: Envelope | None) -> str | None:
    """The type of an event if it is one of ours; another one may say anything."""
    return envelope.type if envelope and envelope.type in REGISTRY else None


#: Begins the fingerprint of what is about a row that nobody can read; its table and id follow, then what every one has.
UNREADABLE = "row-unreadable"


async def unreadable(conn: Connection, marks: Iterable[str]) -> dict[str, int]:
    """Of each table that ``marks`` name with a row that cannot be read: how many such rows have something parked."""
    tables = {tuple(mark.split(":")[:2]) for mark in marks if mark.startswith(f"{UNREADABLE}:")}
    return {
        ":".join(table): await conn.fetchval(
            "SELECT count(DISTINCT split_part(fingerprint, ':', 3)) FROM dead_letter "
            "WHERE status = 'parked' AND starts_with(fingerprint, $1)",
            f"{':'.join(table)}:",
        )
        for table in tables
    }


async def park(conn: Connection, letters: Sequence[Parked]) -> dict[str, int]:
    """Parks ``letters`` in the caller's transaction; answers how many are parked by fingerprint now."""
    await conn.executemany(
        "INSERT INTO dead_letter "
        "(topic, partition, record_at, key, version, event_type, headers, payload, reason, fingerprint) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        [_row(letter) for letter in letters],
    )
    for letter in letters:
        metrics.PARKED.labels(letter.record.topic).inc()
    marks = sorted({letter.fingerprint for letter in letters})
    rows = await conn.fetch(
        "SELECT fingerprint, count(*) AS n FROM dead_letter "
        "WHERE status = 'parked' AND fingerprint = ANY($1::text[]) GROUP BY fingerprint",
        marks,
    )
    return {row["fingerprint"]: row["n"] for row in rows}


def _row(letter: Parked) -> tuple[object, ...]:
    record, envelope = letter.record, letter.envelope
    headers = [[_kept(name), _kept((value or b"").decode("latin-1"))] for name, value in record.headers]
    return (
        record.topic,
        record.partition,
        record.offset,
        letter.key,
        envelope and envelope.version,
        known_type(envelope),
        json.dumps(headers),
        record.value,
        letter.reason,
        letter.fingerprint,
    )


def _kept(text: str) -> str:
    return text.replace("\x00", "?")
