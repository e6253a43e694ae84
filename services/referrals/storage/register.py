"""The register in the database: the extract as it was imported last, and the settings that are kept by hand."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Protocol

from chassis.storage import Connection, JsonTable
from services.referrals.domain.register.by_hand import HAND_SETTING, HandSetting, as_setting
from services.referrals.domain.register.places import Edition, Register, Setting

HAND_SETTINGS = JsonTable(HAND_SETTING, "hand_setting")
_COLUMNS = ("urn", "name", "kind", "town", "authority", "status", "closed_on", "successor")
_SAID = "name, kind, town, authority, status, closed_on, successor"
_ONE_IMPORT = 0x46505247
_TURN = 200  # rows


class Row(Protocol):
    """A row of the extract; its fields are those columns that it has."""

    @property
    def urn(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def town(self) -> str: ...
    @property
    def authority(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def closed_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Counted:
    """What an import did: to all establishments of the country, or to those of one authority.

    ``missing`` were imported before and stand in this file no more; they are left as they are.
    """

    rows: int
    added: int
    changed: int
    closed: int
    unchanged: int
    missing: int


async def take_extract(
    conn: Connection, rows: Iterable[Row], successors: dict[str, str], authority: str
) -> tuple[Counted, Counted]:
    """Makes the register say what the rows say, in the caller's transaction.

    Answers what it did in the whole country, and to the establishments of ``authority``.

    The rows are streamed. One import at a time: a second waits.
    """
    await conn.execute("SELECT pg_advisory_xact_lock($1)", _ONE_IMPORT)
    await conn.execute("CREATE TEMPORARY TABLE incoming (LIKE setting) ON COMMIT DROP")
    await conn.copy_records_to_table("incoming", columns=_COLUMNS, records=_records(rows, successors))
    await conn.execute("ANALYZE incoming")
    await conn.execute(_KEEP_SUCCESSORS)
    everywhere = await conn.fetchrow(_COUNT, None)
    ours = await conn.fetchrow(_COUNT, authority)
    assert everywhere is not None
    assert ours is not None
    await conn.execute(_REMEMBER, authority)
    await conn.execute(_TAKE)
    return Counted(**dict(everywhere)), Counted(**dict(ours))


async def _records(rows: Iterable[Row], successors: dict[str, str]) -> AsyncIterator[tuple[Any, ...]]:
    for number, row in enumerate(rows):
        if number % _TURN == 0:
            await asyncio.sleep(0)  # whatever else this process does goes on meanwhile
        yield (
            row.urn, row.name, row.kind, row.town, row.authority, row.status, row.closed_on,
            successors.get(row.urn),
        )  # fmt: skip


async def record_import(conn: Connection, done: Counted, unreadable: int, by: str) -> None:
    """Notes what an import did; running services see by it that the register is another."""
    told = {each.name: getattr(done, each.name) for each in fields(done)}
    await conn.execute(
        "INSERT INTO register_import (by, unreadable, rows, added, changed, closed, unchanged, missing) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        by, unreadable, *(told[name] for name in ("rows", "added", "changed", "closed", "unchanged", "missing")),
    )  # fmt: skip


_KEEP_SUCCESSORS = """
UPDATE incoming i SET successor = s.successor
FROM setting s WHERE s.urn = i.urn AND i.successor IS NULL AND s.successor IS NOT NULL
"""
_DIFFERENT = (
    f"({', '.join('s.' + n for n in _SAID.split(', '))}) IS DISTINCT FROM "
    f"({', '.join('i.' + n for n in _SAID.split(', '))})"
)
_COUNT = f"""
SELECT count(i.urn)::int AS rows,
       count(i.urn) FILTER (WHERE s.urn IS NULL)::int AS added,
       count(i.urn) FILTER (WHERE s.status <> 'closed' AND i.status = 'closed')::int AS closed,
       count(i.urn) FILTER (WHERE s.urn IS NOT NULL AND {_DIFFERENT}
                              AND NOT (s.status <> 'closed' AND i.status = 'closed'))::int AS changed,
       count(i.urn) FILTER (WHERE s.urn IS NOT NULL AND NOT {_DIFFERENT})::int AS unchanged,
       count(s.urn) FILTER (WHERE i.urn IS NULL)::int AS missing
FROM incoming i FULL JOIN setting s ON s.urn = i.urn
WHERE $1::text IS NULL OR coalesce(i.authority, s.authority) = $1
"""
_REMEMBER = f"""
INSERT INTO setting_history (urn, at, did, was, became)
SELECT i.urn, transaction_timestamp(),
       CASE WHEN s.urn IS NULL THEN 'added' WHEN s.status <> 'closed' AND i.status = 'closed' THEN 'closed'
            ELSE 'changed' END,
       to_jsonb(s), to_jsonb(i)
FROM incoming i LEFT JOIN setting s ON s.urn = i.urn
WHERE i.authority = $1 AND (s.urn IS NULL OR {_DIFFERENT})
ORDER BY i.urn
"""
_TAKE = f"""
INSERT INTO setting AS s (urn, {_SAID}) SELECT urn, {_SAID} FROM incoming i
ON CONFLICT (urn) DO UPDATE SET ({_SAID}) = ({", ".join("excluded." + n for n in _SAID.split(", "))})
WHERE ({", ".join("s." + n for n in _SAID.split(", "))})
      IS DISTINCT FROM ({", ".join("excluded." + n for n in _SAID.split(", "))})
"""


async def edition_of(conn: Connection) -> Edition:
    """Which register counts now; it changes with each import and each change by hand."""
    row = await conn.fetchrow(
        "SELECT (SELECT coalesce(max(id), 0) FROM register_import) AS imports, "
        "(SELECT coalesce(sum(version), 0) FROM hand_setting)::bigint AS by_hand"
    )
    assert row is not None
    return Edition(row["imports"], row["by_hand"])


@dataclass(frozen=True, slots=True)
class Homeless:
    """An open establishment of the authority whose town is in no area: it cannot refer until an override places it."""

    urn: str
    name: str
    town: str


async def refresh(conn: Connection, register: Register, authority: str) -> list[Homeless] | None:
    """Makes ``register`` say what the database says; None where it did already.

    The shipped files count as long as no extract was imported; settings kept by hand always do.
    """
    edition = await edition_of(conn)
    if edition == register.edition:
        return None
    rows = await conn.fetch(
        "SELECT * FROM setting WHERE authority = $1 AND status <> 'planned' ORDER BY urn", authority
    )
    homeless: list[Homeless] = []
    found = [each for row in rows if (each := _setting(register, row, homeless))]
    settings = found if edition.imports else list(register.shipped)
    by_hand = await kept_by_hand(conn)
    register.take([*settings, *(each for kept in by_hand if (each := as_setting(register, kept)))], edition)
    return homeless


async def kept_by_hand(conn: Connection) -> list[HandSetting]:
    """The settings outside of the national register, as far as they can be read."""
    rows = await conn.fetch("SELECT id, state FROM hand_setting ORDER BY id")
    return [kept for _, kept in HAND_SETTINGS.readable(rows)]


async def kept_setting(conn: Connection, urn: str) -> HandSetting | None:
    """One of them, or None."""
    return next((each for each in await kept_by_hand(conn) if each.urn == urn), None)


def _setting(register: Register, row: Any, homeless: list[Homeless]) -> Setting | None:
    town, area = register.place(row["urn"], row["town"])
    if area is None:
        if row["status"] == "open":
            homeless.append(Homeless(row["urn"], row["name"], row["town"]))
        return None
    closed_on = (row["closed_on"] or date.min) if row["status"] == "closed" else None
    return Setting(
        row["urn"],
        row["name"],
        row["kind"],
        town,
        area,
        closed_on,
        row["successor"],
        row["urn"] in register.overrides,
    )
