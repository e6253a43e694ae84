"""Loading what a batch looks at: what it may change and who was erased together, what it only reads after that."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from chassis.decision import Ref
from chassis.erasing import AMONG, alone, orders
from chassis.handlers import UnknownMessage
from chassis.storage import Connection, JsonTable, Lookup, Stored
from chassis.together import read

States = dict[Ref, Stored]


class Loader:
    """Loads aggregates of all kinds that a service knows, and what its lookups find."""

    def __init__(self, lookups: Iterable[Lookup]) -> None:
        self._lookups = {each.kind.name: each for each in lookups}

    async def load(
        self, conn: Connection, locked: Collection[Ref], looked_at: Collection[Ref], asked: Collection[str]
    ) -> tuple[States, set[str]]:
        """The states of what is ``locked`` or ``looked_at``, and those ids of ``asked`` that were erased.

        What does not exist has version 0. Raises UnknownMessage for a kind that nobody loads.
        """
        if orders(locked):
            await alone(conn)
        besides = [(AMONG, sorted(asked))] if asked else []
        states, erased = await self._states(conn, locked, besides, lock=True)
        # Only now: what others did meanwhile to what is locked here has to be seen.
        seen, _ = await self._states(conn, looked_at, (), lock=False)
        return states | seen, {row["id"] for rows in erased for row in rows}

    async def _states(
        self,
        conn: Connection,
        refs: Collection[Ref],
        besides: Sequence[tuple[str, list[str]]],
        *,
        lock: bool,
    ) -> tuple[States, list[list[Any]]]:
        """States, those of all tables in one statement, and the rows of what is asked ``besides``, before them."""
        # Always kinds and ids in the same order: two batches can then not wait for each other.
        kinds = [(self._lookup(kind), sorted(ids)) for kind, ids in sorted(by_kind(refs).items())]
        tables = [(table, ids) for table, ids in kinds if isinstance(table, JsonTable)]
        rows = await read(conn, [*besides, *((table.query(lock=lock), ids) for table, ids in tables)])
        states: States = {}
        for (table, ids), found in zip(tables, rows[len(besides) :], strict=True):
            states |= _all(table.kind.name, ids, table.found(found))
        for lookup, ids in kinds:
            if not isinstance(lookup, JsonTable):
                states |= _all(lookup.kind.name, ids, await lookup.load(conn, ids, lock=lock))
        return states, rows[: len(besides)]

    def _lookup(self, kind: str) -> Lookup:
        try:
            return self._lookups[kind]
        except KeyError:
            raise UnknownMessage(
                f"no repository for {kind}: add it to the service's repositories or lookups"
            ) from None


def by_kind(refs: Collection[Ref]) -> dict[str, set[str]]:
    """The ids of these aggregates, by kind."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for ref in refs:
        kinds[ref.kind].add(ref.id)
    return kinds


def _all(kind: str, ids: Sequence[str], found: dict[str, Stored]) -> States:
    return {Ref(kind, id): found.get(id) or Stored(id, 0, 0, None) for id in ids}
