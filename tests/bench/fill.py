"""A database as it would be after so many referrals more: copies of the rows of one that really passed.

Every row that one referral left in a service's database is a pattern. Each copy has ids of its own, scattered or in
the order of time like the real ones, the same in every table and database; all else has the same bytes. Moments are
spread, one second apart, into the past.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
_VERSION, _WITH_TIME = 14, ("7", "8")  # where a UUID's version stands, and those that begin with a time
_REFERENCE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")
#: Of no single referral, or with one row a transaction.
_NOT_OF_A_REFERRAL = {
    "schema_migrations",
    "stepped_clock",
    "identity",
    "partition_position",
    "directory_entry",
    "school",
    "sitting",
    "plan",
}
_A_TRANSACTION = "attempt"

_TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""
_COLUMNS = """
SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attidentity <> '' OR attgenerated <> '' AS given,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY(i.indkey))
           AS unique
FROM pg_attribute a WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text AS "table", conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE conparentid = 0 AND (contype IN ('p', 'u', 'f') AND conrelid = ANY($1::regclass[])
                           OR contype = 'f' AND confrelid = ANY($1::regclass[]))
ORDER BY contype <> 'f'
"""
_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index i WHERE indrelid = ANY($1::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""
_ROOMY = """
SELECT c.oid::regclass::text AS "table", option_value AS percent
FROM pg_class c, pg_options_to_table(c.reloptions)
WHERE c.relkind = 'r' AND c.oid = ANY($1::regclass[]) AND option_name = 'fillfactor'
"""
#: From so many copies on, indexes are made anew instead of row by row.
_MANY = 50_000


@dataclass(frozen=True)
class Column:
    """One column: its type in SQL, whether the database gives it a value itself, whether it is in a unique index."""

    name: str
    type: str
    given: bool
    unique: bool


@dataclass(frozen=True)
class Pattern:
    """One row, as the text of each of its columns (None: NULL)."""

    table: str
    columns: Sequence[Column]
    values: Mapping[str, str | None]
    keeps_time: bool = False


def fresh(token: str) -> str:
    """SQL for the ``n``-th id in place of a pattern's own one: of the same form, never twice.

    One that carries a time is n seconds older; all else in it is scattered.
    """
    if _UUID.fullmatch(token):
        scattered = f"md5('{token}' || n)::uuid::text"
        if token[_VERSION] not in _WITH_TIME:
            return scattered
        moment = int(token[:8] + token[9:13], 16)
        earlier = f"lpad(to_hex({moment} - n * 1000::bigint), 12, '0')"
        return f"regexp_replace({earlier}, '(.{{8}})', '\\1-') || '-{token[_VERSION]}' || substr({scattered}, 16)"
    # Multiplied by an odd number modulo a power of two: a permutation, so that no reference comes twice.
    scattered = "upper(lpad(to_hex((n::bigint * 5435817984119) & 281474976710655), 12, '0'))"
    return f"regexp_replace({scattered}, '(.{{4}})(.{{4}})(.{{4}})', '\\1-\\2-\\3')"


def tokens(texts: Sequence[str]) -> list[str]:
    """Every id that stands in these texts, each once."""
    found = {token for text in texts for kind in (_UUID, _REFERENCE) for token in kind.findall(text)}
    return sorted(found)


def insert(pattern: Pattern) -> str:
    """SQL that adds the copies number $1 to $2 of a row, the oldest first."""
    names = [column for column in pattern.columns if not column.given]
    known = tokens([value for value in pattern.values.values() if value])
    ids = {token: f"id{number}" for number, token in enumerate(known)}
    made = ", ".join(f"{fresh(token)} AS {name}" for token, name in ids.items()) or "1 AS nothing"
    shown = ", ".join(_expression(column, pattern, ids) for column in names)
    return (
        f"INSERT INTO {pattern.table} ({', '.join(column.name for column in names)}) SELECT {shown} "
        f"FROM generate_series($2::int, $1::int, -1) AS n CROSS JOIN LATERAL (SELECT {made} OFFSET 0) AS ids"
    )


def _expression(column: Column, pattern: Pattern, ids: Mapping[str, str]) -> str:
    value = pattern.values[column.name]
    if value is None:
        return "NULL"
    if column.type == "bytea" and column.unique:
        return f"sha256(convert_to('{column.name}' || n, 'UTF8'))"
    if column.type == "timestamp with time zone" and not pattern.keeps_time:
        return f"{_quoted(value)}::timestamptz - n * interval '1 second'"
    if not ids:
        return f"{_quoted(value)}::{column.type}"
    either = re.compile("(" + "|".join(map(re.escape, ids)) + ")")
    pieces = [ids.get(piece) or _quoted(piece) for piece in either.split(value) if piece]
    return f"({' || '.join(pieces) or _quoted('')})::{column.type}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


async def ids_of(referrals: str, panels: str, notifications: str, reference: str) -> list[str]:
    """By what the rows of one referral are known, in all three databases (their DSNs)."""
    state = json.loads(
        (await _rows(referrals, "SELECT state::text FROM referral WHERE reference = $1", reference))[0][0]
    )
    known = [reference, state["id"], state["child_id"], *state["adults"]]
    case = "SELECT id FROM placement_case WHERE referral_id = $1"
    message = "SELECT id FROM message WHERE referral_id = $1"
    for dsn, query in ((panels, case), (notifications, message)):
        known += [row[0] for row in await _rows(dsn, query, state["id"])]
    return sorted(set(known))


async def _rows(dsn: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    conn = await asyncpg.connect(dsn)
    try:
        found: list[asyncpg.Record] = await conn.fetch(query, *arguments)
        return found
    finally:
        await conn.close()


async def patterns(dsn: str, known: Sequence[str]) -> list[Pattern]:
    """Every row in the database in which one of the ids stands, and one of the transactions' own."""
    conn = await asyncpg.connect(dsn)
    try:
        found: list[Pattern] = []
        for (table,) in await conn.fetch(_TABLES):
            if table in _NOT_OF_A_REFERRAL:
                continue
            columns = [Column(**row) for row in await conn.fetch(_COLUMNS, table)]
            shown = ", ".join(f"t.{column.name}::text AS {column.name}" for column in columns)
            which = "true LIMIT 1" if table == _A_TRANSACTION else "t::text LIKE ANY($1)"
            likes = [] if table == _A_TRANSACTION else [[f"%{one}%" for one in known]]
            kept = table == "outbox_sent"  # its moment decides the partition
            for row in await conn.fetch(f"SELECT {shown} FROM {table} t WHERE {which}", *likes):
                found.append(Pattern(table, columns, dict(row), kept))
        return found
    finally:
        await conn.close()


async def fill(dsn: str, rows: Sequence[Pattern], first: int, last: int) -> None:
    """Adds the copies from ``first`` to ``last``, both included; then what autovacuum would have done by then."""
    conn = await asyncpg.connect(dsn, server_settings={"maintenance_work_mem": "512MB"})
    try:
        tables = sorted({row.table for row in rows})
        again = await _without_indexes(conn, tables) if last - first >= _MANY else []
        again += await _in_full_pages(conn, tables)
        for row in rows:
            await conn.execute(insert(row), first, last)
        for statement in again:
            await conn.execute(statement)
        for table in tables:
            await conn.execute(f"VACUUM (ANALYZE) {table}")
    finally:
        await conn.close()


async def fill_all(what: Mapping[str, Sequence[Pattern]], first: int, last: int) -> None:
    """All databases at once; ``what`` is by DSN."""
    await asyncio.gather(*(fill(dsn, rows, first, last) for dsn, rows in what.items()))


async def _in_full_pages(conn: asyncpg.Connection, tables: Sequence[str]) -> list[str]:
    """Lets pages be filled to the end; answers the statements that leave room in new ones again.

    The copies are of rows that have grown, and real ones would have grown into that room. Left empty, each page of
    a copy would take in one new row, and be written to the log as a whole for it.
    """
    roomy = await conn.fetch(_ROOMY, tables)
    for row in roomy:
        await conn.execute(f"ALTER TABLE {row['table']} SET (fillfactor = 100)")
    return [f"ALTER TABLE {row['table']} SET (fillfactor = {row['percent']})" for row in roomy]


async def _without_indexes(conn: asyncpg.Connection, tables: Sequence[str]) -> list[str]:
    """Drops the tables' indexes; answers the statements that make them again.

    What refers to a table goes first and comes back last: it needs the index of what it refers to.
    """
    again = list[str]()
    for row in await conn.fetch(_CONSTRAINTS, tables):
        await conn.execute(f"ALTER TABLE {row['table']} DROP CONSTRAINT {row['name']}")
        again.insert(0, f"ALTER TABLE {row['table']} ADD CONSTRAINT {row['name']} {row['definition']}")
    for row in await conn.fetch(_INDEXES, tables):
        await conn.execute(f"DROP INDEX {row['name']}")
        again.append(row["definition"])
    return again
