"""Lists that people upload, as rows of cells: CSV in UTF-8 or Windows-1252, JSON lines, Excel workbooks.

What a file is, its content tells, not its name. Nothing of it is ever written to disk.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.referrals.domain.bulk import BadSheet, Column

MOST_BYTES = 10_000_000
MOST_ROWS = 5_000
TOO_LARGE = f"The file must not be larger than {MOST_BYTES // 1_000_000} MB: split it"
_MOST_CELLS = 300  # in a row
_ZIP = b"PK\x03\x04"
_TOO_MANY = f"The file has more than {MOST_ROWS:,} rows: split it, and send one part after the other"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file with their numbers as a spreadsheet shows them, empty ones left out.

    ``header`` is None for JSON lines: there each row is one line, as it came.
    """

    header: Sequence[str] | None
    rows: Sequence[tuple[int, Sequence[str] | bytes]]


def read(content: bytes) -> Sheet:
    """The rows of a file. Raises BadSheet."""
    if len(content) > MOST_BYTES:
        raise BadSheet(TOO_LARGE)
    if content.startswith(_ZIP):
        # Only when one comes: what reads it takes 30 MB of memory, in a process that few workbooks reach.
        from services.referrals.files import workbooks

        return _table(workbooks.rows(content))
    text = _text(content)
    if text.lstrip().startswith("{"):
        return Sheet(None, _lines(text))
    return _table(_cells_of_csv(text))


def workbook(title: str, columns: Sequence[Column]) -> bytes:
    """An empty list with these columns, and a second sheet that explains them."""
    from services.referrals.files import workbooks  # see read()

    return workbooks.template(title, columns)


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:1000]:
        raise BadSheet("The file is in UTF-16, or is no list: save it as CSV (UTF-8) or as an Excel workbook")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _lines(text: str) -> list[tuple[int, bytes]]:
    found = [(number, line.encode()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(found) > MOST_ROWS:
        raise BadSheet(_TOO_MANY)
    return found


def _table(rows: Iterator[tuple[int, list[str]]]) -> Sheet:
    _, header = next(rows, (0, None))
    if header is None:
        raise BadSheet("The file is empty: fill in the template, and upload it again")
    found: list[tuple[int, Sequence[str]]] = []
    for number, cells in rows:
        if len(found) == MOST_ROWS:
            raise BadSheet(_TOO_MANY)
        if len(cells) > _MOST_CELLS:
            raise BadSheet(f"Row {number} has more than {_MOST_CELLS} cells: use the columns of the template")
        found.append((number, cells))
    if not found:
        raise BadSheet("The file has a header and no row: fill it in, and upload it again")
    return Sheet(header, found)


def _cells_of_csv(text: str) -> Iterator[tuple[int, list[str]]]:
    begin = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=begin.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise BadSheet(
                f"Row {number} cannot be read as CSV: look for a quotation mark too many"
            ) from None
        if any(cell.strip() for cell in cells):
            yield number, cells
