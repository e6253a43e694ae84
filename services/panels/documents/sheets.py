"""Lists as files for a spreadsheet: CSV as it is read from the database, or a workbook. No cell is ever a formula."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from chassis.calendar import LONDON
from chassis.csv_table import csv_table

Kind = Literal["csv", "xlsx"]
Cell = str | int | date | datetime | bool | None
Row = Sequence[Cell]
#: What a workbook may have: more would not fit beside the service's other temporary files.
MOST_ROWS = 50_000
_CHUNK = 64_000


class TooLong(Exception):
    """The list has more rows than a workbook takes here."""


async def as_csv(heads: Sequence[str], batches: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    """The list as CSV in UTF-8, a batch at a time. Days and instants are as ISO 8601 writes them, those in London's."""
    yield ("\ufeff" + csv_table([heads])).encode()  # the mark by which spreadsheets know the encoding
    async for rows in batches:
        yield csv_table([[_text(cell) for cell in row] for row in rows]).encode()


async def as_workbook(
    title: str, heads: Sequence[str], batches: AsyncIterator[Sequence[Row]]
) -> AsyncIterator[bytes]:
    """The list as an Excel workbook, made whole in a file of its own and then sent. Raises TooLong."""
    from openpyxl import Workbook  # only where somebody asks for one

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    try:
        await _filled(sheet, heads, batches)
    except BaseException:  # also where whoever asked has gone: what was begun on disk ends with being saved
        book.save(BytesIO())
        raise
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        await asyncio.to_thread(book.save, path)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


async def _filled(sheet: Any, heads: Sequence[str], batches: AsyncIterator[Sequence[Row]]) -> None:
    await asyncio.to_thread(_append, sheet, [heads])
    count = 0
    async for rows in batches:
        count += len(rows)
        if count > MOST_ROWS:
            raise TooLong
        await asyncio.to_thread(_append, sheet, rows)


def _append(sheet: Any, rows: Sequence[Row]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=None)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
                cell.data_type = "s"  # as text, whatever it begins with
            elif isinstance(value, datetime):
                cell.value = value.astimezone(LONDON).replace(tzinfo=None)  # workbooks know no zones
            elif isinstance(value, bool):
                cell.value = "yes" if value else "no"
            else:
                cell.value = value
            cells.append(cell)
        sheet.append(cells)


def _text(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.astimezone(LONDON).isoformat(timespec="minutes")
    return cell if isinstance(cell, int | str) else cell.isoformat()
