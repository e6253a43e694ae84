"""The outbox: facts are written down in the transaction that makes them true, and published by the relay.

One relay a shard, in the order of ``seq``, is what keeps each aggregate's facts in order; a relay that
reads by cursor, and two that skip locked rows, were measured to lose or reorder thousands.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol
from zlib import crc32

from pydantic_core import to_json

from chassis.ids import new_id
from chassis.storage import Writer
from schemas.envelope import Envelope, Event

#: The type of a record without a value, which takes back what a compacted topic held under its key.
TOMBSTONE = "record.erased.v1"


class Seals(Protocol):
    """Encrypts the values of sealed topics."""

    def seal(self, topic: str, payload: bytes) -> bytes: ...

    def open(self, topic: str, payload: bytes) -> bytes: ...


class Meta(NamedTuple):
    """What is handed on from cause to effect."""

    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None


class Draft(NamedTuple):
    """An event on its way into the outbox, with its place in its stream."""

    event: Event
    version: int
    meta: Meta


# PostgreSQL numbers the rows in this order anyway; it is told to, since nothing promises that it always will.
_APPEND = """
INSERT INTO outbox (shard, event_id, topic, key, version, headers, payload)
SELECT new.shard, new.event_id, new.topic, new.key, new.version, new.headers::json, new.payload
FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::text[], $5::int[], $6::text[], $7::bytea[])
     WITH ORDINALITY AS new(shard, event_id, topic, key, version, headers, payload, place)
ORDER BY new.place
"""


class Outbox:
    """Writes drafts as rows; sealed topics are encrypted here, so that no row holds a person in clear."""

    def __init__(self, source: str, seals: Seals, shards: int = 1) -> None:
        self._source, self._seals, self.shards = source, seals, shards

    async def append(self, conn: Writer, drafts: Sequence[Draft]) -> None:
        """Appends ``drafts`` in order, inside the caller's transaction."""
        if not drafts:
            return
        now = datetime.now(UTC)
        rows = [self._row(draft, now) for draft in drafts]
        await conn.execute(_APPEND, *map(list, zip(*rows, strict=True)))

    async def forget(self, conn: Writer, keys: Sequence[tuple[str, str, int]]) -> None:
        """Appends a tombstone for each (compacted topic, key, version), inside the caller's transaction."""
        if not keys:
            return
        now = datetime.now(UTC)
        rows = [self._tombstone(*each, now) for each in keys]
        await conn.execute(_APPEND, *map(list, zip(*rows, strict=True)))

    def _tombstone(
        self, topic: str, key: str, version: int, now: datetime
    ) -> tuple[int, str, str, str, int, str, None]:
        event_id = new_id()
        envelope = Envelope(event_id, TOMBSTONE, self._source, now, key, version)
        headers = to_json(envelope.attributes()).decode()
        return crc32(key.encode()) % self.shards, event_id, topic, key, version, headers, None

    def _row(self, draft: Draft, now: datetime) -> tuple[int, str, str, str, int, str, bytes]:
        event, version, meta = draft
        event_id, key, topic = new_id(), event.key, event.topic
        payload, written = to_json(event), "application/json"
        if topic.sealed:
            payload, written = self._seals.seal(topic.name, payload), "application/jose"
        envelope = Envelope(event_id, event.type, self._source, now, key, version, *meta, written)
        headers = to_json(envelope.attributes()).decode()
        return crc32(key.encode()) % self.shards, event_id, topic.name, key, version, headers, payload
