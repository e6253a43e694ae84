"""Erasing: rows, what waits or was kept of them, and the list of ids by which nothing of it comes back.

Every batch looks at that list before it decides, and holds it until it commits; whoever erases holds it alone. So what
is applied beside an erasure is either deleted by it, or sees that there is nothing to apply it to.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from chassis.decision import Ref, Refused
from chassis.erasure import ERASURE, Erasure
from chassis.once import Item
from chassis.outbox import Outbox
from chassis.persons import Holding, Personal, Scope
from chassis.storage import Connection, JsonTable
from schemas.envelope import Event
from schemas.topics import ALL

ERASURES: JsonTable[Erasure] = JsonTable(ERASURE, "erasure")
_SEALED = [topic.name for topic in ALL if topic.sealed]
_ALONE = "LOCK TABLE erased IN ACCESS EXCLUSIVE MODE"
#: Which of these ids are nobody's any more, in the columns of a table of states.
AMONG = "SELECT id, 0 AS version, 0 AS said, NULL::json AS state FROM erased WHERE id = ANY($1::text[])"
_ENLIST = "INSERT INTO erased (id, erasure_id) SELECT unnest($1::text[]), $2 ON CONFLICT DO NOTHING"

_WAITING = "DELETE FROM outbox WHERE topic = ANY($2::text[]) AND key = ANY($1::text[])"
_SENT = "DELETE FROM outbox_sent WHERE topic = ANY($2::text[]) AND key = ANY($1::text[])"
# Of other topics dead letters hold ids only, and what follows them in their stream waits behind them.
_LETTERS = """
UPDATE dead_letter SET payload = NULL, headers = '[]', status = 'discarded', note = 'erased',
    settled_by = 'erasure', settled_at = clock_timestamp()
WHERE topic = ANY($2::text[]) AND key = ANY($1::text[]) AND (payload IS NOT NULL OR status = 'parked')
"""
_DUE = "DELETE FROM due_work WHERE id = ANY($1::text[])"
_ANSWERS = """
DELETE FROM once o WHERE EXISTS (
    SELECT FROM unnest($1::text[]) AS gone(id) WHERE position(gone.id IN o.answer::text) > 0)
"""


def orders(refs: Collection[Ref]) -> bool:
    """Whether one of these is an erasure."""
    return any(ref.kind == ERASURE.name for ref in refs)


async def alone(conn: Connection) -> None:
    """From here to the end of the transaction nobody else looks at the list: for whoever erases."""
    await conn.execute(_ALONE)


async def erased_among(conn: Connection, ids: Collection[str]) -> set[str]:
    """Those of ``ids`` that are nobody's any more."""
    return {row["id"] for row in await conn.fetch(AMONG, sorted(ids))} if ids else set()


def about(item: Item) -> list[str]:
    """The ids that say whom a message is about: what it touches first, the referral that it names, and who wrote it."""
    message = item.message
    kind: Any = type(message)
    named = [getattr(message, name, None) for name in _names(kind)]
    return [ref.id for ref in item.refs[:1]] + [id for id in named if isinstance(id, str)]


@cache
def _names(message: type) -> tuple[str, ...]:
    """The fields in which messages of this class may name somebody: an event is slow to say what it does not have."""
    if not issubclass(message, Event):
        return ("referral_id",)
    own_words = ("person_id",) if message.topic.sealed else ()
    return tuple(name for name in ("referral_id", *own_words) if name in message.model_fields)


def gone() -> Refused:
    """What whoever asks for something of an erased person is told."""
    return Refused("erased", "What this is about was erased: nothing is held of it any more.")


class Eraser:
    """Deletes what a service holds about the persons and referrals of an erasure."""

    def __init__(self, personal: Personal | None, outbox: Outbox) -> None:
        self._personal, self._outbox = personal, outbox

    async def erase(self, conn: Connection, id: str, erasure: Erasure, *, tell: bool = True) -> None:
        """In the caller's transaction, which must hold the list alone.

        With ``tell`` it takes back what was published of them, by tombstones on the topics of this service. Without,
        as for a database that was set back, that was done long ago.
        """
        if self._personal is None:
            return
        scope = Scope(erasure.persons, erasure.referrals)
        ids = await self._ids(conn, scope)
        names = await self._names(conn, scope)
        published = await self._published(conn, scope)
        for holding in self._personal.holdings:
            if not holding.kept:
                await conn.execute(holding.erase, list(scope.persons), list(scope.referrals))
        for extra in self._personal.instead:
            await conn.execute(extra, list(scope.persons))
        sealed = [*ids, *(key for _, key, _ in published)]
        for statement in (_WAITING, _SENT, _LETTERS):
            await conn.execute(statement, sealed, _SEALED)
        await conn.execute(_DUE, ids)
        await conn.execute(_ANSWERS, [*ids, *names])
        await conn.execute(_ENLIST, ids, id)
        await self._outbox.forget(conn, published if tell else [])

    async def _ids(self, conn: Connection, scope: Scope) -> list[str]:
        assert self._personal is not None
        found = {*scope.persons, *scope.referrals}
        for referral in scope.referrals:
            found.update(self._personal.derived(referral))
        for holding in self._personal.holdings:
            if holding.enlisted:
                found.update(row["id"] for row in await _rows(conn, "t.id", holding, scope))
        return sorted(found)

    async def _names(self, conn: Connection, scope: Scope) -> list[str]:
        """Other names of the referrals by which kept answers know them."""
        assert self._personal is not None
        found = [
            await _rows(conn, f"t.{holding.name} AS name", holding, scope)
            for holding in self._personal.holdings
            if holding.name
        ]
        return [row["name"] for rows in found for row in rows]

    async def _published(self, conn: Connection, scope: Scope) -> list[tuple[str, str, int]]:
        """(topic, key, next version) of what stands on compacted topics."""
        assert self._personal is not None
        return [
            (holding.topic, row["id"], row["version"] + 1)
            for holding in self._personal.holdings
            if holding.topic
            for row in await _rows(conn, "t.id, t.version", holding, scope)
        ]


async def _rows(conn: Connection, columns: str, holding: Holding, scope: Scope) -> Sequence[Any]:
    found: Sequence[Any] = await conn.fetch(
        f"SELECT {columns} {holding.where}", list(scope.persons), list(scope.referrals)
    )
    return found
