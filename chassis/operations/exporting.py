"""Everything that a service holds about one person, as an archive that people and programs can read."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from chassis.persons import READS, Holding, Personal, Row, Scope
from chassis.service import Running
from chassis.storage import Connection

WHAT = "person-export"
_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


class NobodyKnown(Exception):
    """Nothing is held here under this id."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table."""

    holding: Holding
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Export:
    """An archive, and how much is in it."""

    archive: bytes
    scope: Scope
    rows: int
    files: int


async def export(running: Running, id: str, referrals: Sequence[str], by: str) -> Export:
    """What is held about the person with this id, as a zip: a page to read, a file of JSON for each table, files.

    Each of the person's records is written down as read by ``by``. Raises NobodyKnown, FilesAway.
    """
    personal = held(running)
    async with running.pool.acquire() as conn, conn.transaction():
        scope = await personal.scope(conn, id, referrals)
        parts = [Part(each, await each.rows(conn, scope)) for each in (*personal.holdings, READS)]
        if not any(part.rows for part in parts):
            raise NobodyKnown
        await _recorded(conn, scope, by)
    kept = personal.files(running.pool, running.seals, scope) if personal.files else None
    files = [each async for each in kept] if kept else []
    page = _page(running, id, parts, [name for name, _ in files])
    rows = sum(len(part.rows) for part in parts)
    return Export(_zipped(page, parts, files), scope, rows, len(files))


def held(running: Running) -> Personal:
    """What the service holds about persons. Raises NobodyKnown where it says that it holds nothing."""
    if running.service.personal is None:
        raise NobodyKnown
    return running.service.personal


async def _recorded(conn: Connection, scope: Scope, by: str) -> None:
    await conn.execute(
        "INSERT INTO access_log (who, what, subject) SELECT $1, $2, unnest($3::text[])",
        f"operator:{by}",
        WHAT,
        [*scope.persons, *scope.referrals],
    )


def _page(running: Running, id: str, parts: Sequence[Part], files: Sequence[str]) -> str:
    made_at: datetime = running.clock.now()
    return _PAGES.get_template("person.html").render(
        service=running.name, id=id, parts=[part for part in parts if part.rows], files=files, made_at=made_at
    )


def _zipped(page: str, parts: Sequence[Part], files: Sequence[tuple[str, bytes]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", page)
        for part in parts:
            if part.rows:
                archive.writestr(f"data/{part.holding.table}.json", _json(part.rows))
        for name, content in files:
            archive.writestr(f"files/{name}", content)
    return made.getvalue()


def _json(rows: Any) -> str:
    return json.dumps(rows, indent=2, ensure_ascii=False)
