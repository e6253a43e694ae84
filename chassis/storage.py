"""Where aggregates live: one row each, spoken to once a batch."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import asyncpg
from pydantic import BaseModel, TypeAdapter, ValidationError

from chassis.decision import Kind
from chassis.telemetry import get_logger

log = get_logger(__name__)

#: A row that cannot be read may be looked at several times a second.
SAY_AGAIN_SECONDS = 60.0

S = TypeVar("S", bound=BaseModel)
if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection


@dataclass(slots=True)
class Stored:
    """An aggregate as the database has it.

    ``version`` counts its changes; ``said`` counts the events in its every-version stream; version 0
    means that there is no row yet.
    """

    id: str
    version: int
    said: int
    state: Any


class StateUnreadable(Exception):
    """What the database holds of an aggregate is no state of its kind: somebody, or a newer release, has changed it."""

    def __init__(self, table: str, id: str) -> None:
        super().__init__(f"a row of {table} holds no state that can be read")
        self.table, self.id = table, id


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands in a row for a state that cannot be read: what is about it fails, and everything else goes on."""

    table: str


class Writer(Protocol):
    """Takes statements that write: a connection, or what collects them for it."""

    async def execute(self, query: str, *args: Any) -> Any: ...


class Lookup(Protocol):
    """Loads what rules look at, many at a time: aggregates, or what a question about them finds."""

    @property
    def kind(self) -> Kind[Any]: ...

    async def load(self, conn: Connection, ids: Sequence[str], *, lock: bool) -> dict[str, Stored]:
        """Those of ``ids`` (sorted) that exist; with ``lock`` nobody else changes them until commit."""


class Repository(Lookup, Protocol):
    """Loads and saves aggregates of one kind, many at a time."""

    async def said(self, conn: Connection, ids: Sequence[str]) -> dict[str, int]:
        """How many events each of ``ids`` has said, of those that exist; also where its state cannot be read."""

    async def insert(self, conn: Writer, rows: Sequence[Stored]) -> None:
        """Writes new rows. Raises asyncpg.UniqueViolationError where somebody was quicker."""

    async def update(self, conn: Writer, rows: Sequence[Stored]) -> None:
        """Writes changed rows; the caller holds their locks."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column beside the state, to search and sort by: its SQL type and how to read it from the state."""

    sql_type: str
    read: Callable[[Any], Any]


class JsonTable(Generic[S]):
    """A table ``(id, version, said, state json, …columns)``; see Repository for what its calls promise.

    ``lean``: fields that have their default stand in no row. A long state that is mostly empty is then a third of
    the work to write and to read, but what a default means may never change: rows rely on it.
    """

    def __init__(
        self, kind: Kind[S], table: str, columns: Mapping[str, Column] | None = None, *, lean: bool = False
    ) -> None:
        self.kind, self.table, self.lean = kind, table, lean
        self._columns = dict(columns or {})
        #: Until when nothing more is said of rows that cannot be read, by id.
        self._said: dict[str, float] = {}
        # By its two parts: the adapter's own calls pass a dozen settings on, for each row.
        adapter = TypeAdapter(kind.model)
        self._reader, self._writer = adapter.validator, adapter.serializer
        names = ["id", "version", "said", "state", *self._columns]
        types = ["text", "int", "int", "text", *(c.sql_type for c in self._columns.values())]
        given = ", ".join(f"${n}::{t}[]" for n, t in enumerate(types, 1))
        cells = ", ".join("state::json" if name == "state" else name for name in names)
        assigned = ", ".join(f"{n} = new.{n}{'::json' if n == 'state' else ''}" for n in names[1:])
        new = f"unnest({given}) AS new({', '.join(names)})"
        self._load = f"SELECT id, version, said, state FROM {table} WHERE id = ANY($1::text[]) ORDER BY id"
        self._spoke = f"SELECT id, said FROM {table} WHERE id = ANY($1::text[])"
        self._insert = f"INSERT INTO {table} ({', '.join(names)}) SELECT {cells} FROM {new}"
        self._update = f"UPDATE {table} AS old SET {assigned} FROM {new} WHERE old.id = new.id"

    async def load(self, conn: Connection, ids: Sequence[str], *, lock: bool) -> dict[str, Stored]:
        rows = await conn.fetch(self.query(lock=lock), ids)
        return {
            row["id"]: Stored(row["id"], row["version"], row["said"], self.read(row["state"])) for row in rows
        }

    async def said(self, conn: Connection, ids: Sequence[str]) -> dict[str, int]:
        return {row["id"]: row["said"] for row in await conn.fetch(self._spoke, ids)}

    def query(self, *, lock: bool) -> str:
        """The SELECT of ``load``, which is given the ids; for who asks several tables at once."""
        return self._load + " FOR UPDATE" if lock else self._load

    def found(self, rows: Iterable[Any]) -> dict[str, Stored]:
        """What the rows of that SELECT hold, by id; a state that cannot be read is an `Unreadable`."""
        return {row["id"]: self._stored(row) for row in rows}

    async def insert(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await conn.execute(self._insert, *self._cells(rows))

    async def update(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await conn.execute(self._update, *self._cells(rows))

    def read(self, state: str) -> S:
        """The state in a ``state`` column that another query has read."""
        state_read: S = self._reader.validate_json(state)
        return state_read

    def read_or_say(self, id: str, state: str) -> S | None:
        """The state of this row; where it cannot be read that is said, once a minute, and the answer None."""
        try:
            return self.read(state)
        except ValidationError as error:
            self._say(id, error)
            return None

    def readable(self, rows: Iterable[Any]) -> Iterator[tuple[Any, S]]:
        """The rows (``id``, ``state``, …) whose state can be read, each with it; of the others that is said."""
        for row in rows:
            state = self.read_or_say(row["id"], row["state"])
            if state is not None:
                yield row, state

    def blind(self) -> list[str]:
        """The ids of rows that were found unreadable within a minute: who looks for the first few looks past these."""
        now = monotonic()
        return [id for id, until in self._said.items() if now < until]

    def _say(self, id: str, error: ValidationError) -> None:
        now = monotonic()
        if now < self._said.get(id, 0.0):
            return
        self._said = {one: at for one, at in self._said.items() if now < at} | {id: now + SAY_AGAIN_SECONDS}
        where = sorted({".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False)})
        log.error("state_unreadable", table=self.table, id=id, fields=where)

    def _stored(self, row: Any) -> Stored:
        state = self.read_or_say(row["id"], row["state"])
        return Stored(
            row["id"], row["version"], row["said"], Unreadable(self.table) if state is None else state
        )

    def _cells(self, rows: Sequence[Stored]) -> list[list[Any]]:
        dumped = [self._writer.to_json(row.state, exclude_defaults=self.lean).decode() for row in rows]
        head: list[list[Any]] = [
            [r.id for r in rows],
            [r.version for r in rows],
            [r.said for r in rows],
            dumped,
        ]
        return head + [[column.read(r.state) for r in rows] for column in self._columns.values()]
