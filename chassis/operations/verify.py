"""Comparing a rebuilt database with the live one, row by row; answers hold ids and names of fields, never a value."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from chassis.learning import Learnt
from chassis.operations.rebuild import heard
from chassis.service import Service
from chassis.storage import Connection

_PREFETCH = 1000
Identity = tuple[Any, ...]
Row = tuple[Identity, dict[str, Any]]

# The order by bytes is the one by which Python compares.
_STATES = 'SELECT id, state FROM {} ORDER BY id COLLATE "C"'
_EVERY = (
    "SELECT topic, key, version, event_id FROM inbox WHERE topic = ANY($1::text[]) "
    'ORDER BY topic COLLATE "C", key COLLATE "C", version'
)
_LATEST = (
    "SELECT topic, key, version, event_id FROM inbox_latest WHERE topic = ANY($1::text[]) "
    'ORDER BY topic COLLATE "C", key COLLATE "C"'
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that is not the same in both databases, in plain words."""

    where: str
    id: str
    what: str

    def __str__(self) -> str:
        return f"{self.where} {self.id}: {self.what}"


async def differences(live: Connection, rebuilt: Connection, service: Service) -> AsyncIterator[Difference]:
    """Everything in which the databases differ. Both connections must be in a transaction."""
    topics = [topic.name for topic in heard(service)]
    for where, query in (("facts heard of", _EVERY), ("latest heard of", _LATEST)):
        rows = (_cursor(conn, query, _position, topics) for conn in (live, rebuilt))
        async for difference in _merge(where, *rows):
            yield difference
    for each in (*service.learning.learnt, *service.learning.own):
        query = _STATES.format(each.table.table)
        rows = (_cursor(conn, query, _state(each)) for conn in (live, rebuilt))
        async for difference in _merge(each.table.table, *rows):
            yield difference


def _position(row: Any) -> Row:
    return (row["topic"], row["key"], row["version"]), {"event_id": row["event_id"]}


def _state(learnt: Learnt) -> Callable[[Any], Row | None]:
    def read(row: Any) -> Row | None:
        state = learnt.table.read(row["state"])
        return ((row["id"],), learnt.compared(state)) if learnt.told(state) else None

    return read


async def _cursor(
    conn: Connection, query: str, read: Callable[[Any], Row | None], *values: Any
) -> AsyncIterator[Row]:
    async for row in conn.cursor(query, *values, prefetch=_PREFETCH):
        if (one := read(row)) is not None:
            yield one


async def _merge(
    where: str, live: AsyncIterator[Row], rebuilt: AsyncIterator[Row]
) -> AsyncIterator[Difference]:
    left, right = await anext(live, None), await anext(rebuilt, None)
    while left or right:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield Difference(where, _words(left[0]), "only in the live database")
            left = await anext(live, None)
        elif left is None or right[0] < left[0]:
            yield Difference(where, _words(right[0]), "only in the rebuilt database")
            right = await anext(rebuilt, None)
        else:
            fields = sorted(f for f in {*left[1], *right[1]} if left[1].get(f) != right[1].get(f))
            if fields:
                yield Difference(where, _words(left[0]), f"differs in {', '.join(fields)}")
            left, right = await anext(live, None), await anext(rebuilt, None)


def _words(identity: Identity) -> str:
    return " ".join(map(str, identity))
