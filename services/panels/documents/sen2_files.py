"""The return's files, from the database: what a service manager takes, and what the command writes."""

import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date

from chassis.csv_table import csv_table
from chassis.storage import Connection
from services.panels import storage
from services.panels.documents.sen2 import COLUMNS, Known, belongs, modules
from services.panels.documents.sen2_notes import notes
from services.panels.domain.cases.case import Case
from services.panels.domain.placing.placement import Placement
from services.panels.placed import PLACEMENTS

_AT_ONCE = 500
See = Callable[[Sequence[Case]], Awaitable[Sequence[Case]]]


async def files(conn: Connection, year: int, today: date, see: See) -> tuple[dict[str, str], list[str]]:
    """The files of a calendar year by name, and the ids of the cases in them; read in a transaction.

    ``see`` answers those of some cases that whoever asks may see.
    """
    known: list[Known] = []
    shut = 0
    async for cases, placements in _batches(conn):
        mine = [case for case in cases if belongs(case, placements.get(case.referral_id), year)]
        seen = await see(mine)
        shut += len(mine) - len(seen)
        known += await _known(conn, seen, placements)
    made = {f"{name}.csv": csv_table([COLUMNS[name], *rows]) for name, rows in modules(known, year).items()}
    beside = notes(year, today, len(known), shut)
    return {**made, "NOTES.txt": beside}, [each.case.case_id for each in known]


def packed(found: dict[str, str]) -> bytes:
    """The files as one archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for name, text in found.items():
            into.writestr(name, text)
    return archive.getvalue()


async def _batches(conn: Connection) -> AsyncIterator[tuple[Sequence[Case], dict[str, Placement]]]:
    after: tuple[date, str] | None = None
    while True:
        cases = await storage.page(conn, None, None, None, after, _AT_ONCE)
        rows = await conn.fetch(
            "SELECT state FROM placement WHERE referral_id = ANY ($1::text[]) AND NOT short",
            [case.referral_id for case in cases],
        )
        placed = [PLACEMENTS.read(row["state"]) for row in rows]
        yield cases, {each.referral_id: each for each in placed}
        if len(cases) < _AT_ONCE:
            return
        after = (cases[-1].due_on or storage.NEVER, cases[-1].case_id)


async def _known(conn: Connection, cases: Sequence[Case], placements: dict[str, Placement]) -> list[Known]:
    """The cases with the child that each is about: of merged records the one that is kept."""
    ids = sorted({case.child_id for case in cases})
    merged = await storage.ALIASES.load(conn, ids, lock=False)
    kept = {id: merged[id].state.into or id if id in merged else id for id in ids}
    children = await storage.CHILDREN.load(conn, sorted(set(kept.values())), lock=False)
    return [
        Known(
            case,
            kept[case.child_id],
            children[kept[case.child_id]].state if kept[case.child_id] in children else None,
            placements.get(case.referral_id),
        )
        for case in cases
    ]
