"""Requests that are done once however often they come, and the answer they got then."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.decision import Ref
from chassis.handlers import Handler
from chassis.outbox import Meta
from chassis.storage import Connection
from chassis.together import Writes

#: In place of a digest, where only is known that it was done: a recovered database does not know of which body.
UNKNOWN_BODY = b""


class IdempotencyConflict(Exception):
    """The same idempotency key came before with another body: use a new key for a new request."""


@dataclass(frozen=True, slots=True)
class Once:
    """Do this once, however often it comes: the same key and body get the same answer."""

    scope: str
    key: str
    body: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.body).digest()


def scope_of_records(source: str) -> str:
    """The scope in which an outsider's records are known by their ids; ``source`` is their ``ce_source``."""
    return f"record:{source}"


@dataclass(slots=True)
class Item:
    """A message on its way through a batch, and what became of it."""

    message: object
    meta: Meta = field(default_factory=Meta)
    once: Once | None = None
    kind: str | None = None  # of the aggregate, where the message is due work
    stream: object = None  # messages of one stream stop at the first that fails
    handler: Handler | None = None
    refs: tuple[Ref, ...] = ()  # the aggregates that its rule may look at
    about: Sequence[str] = ()  # the ids that say whom it is about
    answer: Any = None
    error: Exception | None = None
    repeated: bool = False


async def recall(conn: Connection, items: Sequence[Item]) -> None:
    """Marks the items that were done before."""
    asked = [item for item in items if item.once]
    if not asked:
        return
    rows = await conn.fetch(
        "SELECT o.scope, o.key, o.body_hash, o.answer FROM once o "
        "JOIN unnest($1::text[], $2::text[]) AS asked(scope, key) ON o.scope = asked.scope AND o.key = asked.key",
        [item.once.scope for item in asked if item.once],
        [item.once.key for item in asked if item.once],
    )
    done = {(row["scope"], row["key"]): row for row in rows}
    for item in asked:
        assert item.once is not None
        row = done.get((item.once.scope, item.once.key))
        if row is not None:
            answer = None if row["answer"] is None else json.loads(row["answer"])
            _answer_again(item, bytes(row["body_hash"]) in (item.once.digest, UNKNOWN_BODY), answer)


def recall_twin(firsts: dict[tuple[str, str], Item], item: Item) -> None:
    """The same for a twin that was decided earlier in this very batch."""
    if item.once is None or item.repeated or item.error:
        return
    first = firsts.get((item.once.scope, item.once.key))
    if first is None or first.error:
        firsts[(item.once.scope, item.once.key)] = item
    else:
        assert first.once is not None
        _answer_again(item, first.once.digest == item.once.digest, first.answer)


def _answer_again(item: Item, same_body: bool, answer: Any) -> None:
    if same_body:
        item.repeated, item.answer = True, answer
    else:
        item.error = IdempotencyConflict()


async def remember(writes: Writes, items: Sequence[Item]) -> None:
    """Keep the answers just given, in the transaction of what they answer."""
    done = [(item.once, item.answer) for item in items if item.once and not item.error and not item.repeated]
    if done:
        await writes.execute(
            "INSERT INTO once (scope, key, body_hash, answer) "
            "SELECT scope, key, body_hash, answer::json "
            "FROM unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) AS new(scope, key, body_hash, answer)",
            [once.scope for once, _ in done],
            [once.key for once, _ in done],
            [once.digest for once, _ in done],
            [json.dumps(answer) for _, answer in done],
        )
