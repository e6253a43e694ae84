"""Excel workbooks: the rows of the first sheet, and the template that people fill in.

What reads them takes much memory: import this module only when there is a workbook.
"""

import io
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from openpyxl import Workbook, load_workbook
from openpyxl.packaging.manifest import Manifest
from openpyxl.xml.constants import SHARED_STRINGS, WORKSHEET_TYPE
from openpyxl.xml.functions import fromstring

from services.referrals.domain.bulk import BadSheet, Column

# openpyxl repeats the cells of which it warns, and what is warned of ends up in logs.
warnings.filterwarnings("ignore", module="openpyxl")

# A workbook is an archive of XML, of which a few kilobytes can be gigabytes inside. Its rows and words are read as
# they come; everything else is held as a whole. Both are limited, in bytes and in the marks with which a tag begins.
_MOST_OF_ROWS, _MOST_AROUND = (30_000_000, 2_500_000), (5_000_000, 50_000)
# Of rows and words one is held at a time, and a trace of each: so many may there be, and of so many marks each.
_ONE = re.compile(rb"<(?:[A-Za-z0-9_.-]{1,20}:)?(?:row|si)[\s/>]")
_MOST_ONES, _MOST_IN_ONE = 200_000, 30_000
_LONGEST_TAG = 1_000_000  # bytes from the beginning of a tag to that of the next one
_MOST_TEXT = 10_000_000  # characters of all cells, however often the same words are repeated: as many as a CSV may have
_CONTENTS = "[Content_Types].xml"
_LAST_ROW = 1_048_576  # of a sheet, as Excel limits it
_MOST_SPREAD = 20_000_000  # cells, with the empty ones between
_LONGEST_CELL = 40_000
_SHARE = 1 << 16  # bytes that are looked at in one go


def template(title: str, columns: Sequence[Column]) -> bytes:
    """An empty list with these columns, and a second sheet that explains them."""
    book = Workbook(write_only=True)
    book.create_sheet(title).append([each.name for each in columns])
    explained = book.create_sheet("Columns explained")
    explained.append(["Column", "What to write", "Needed"])
    for each in columns:
        explained.append([each.name, each.explained, "yes" if each.needed else ""])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of its first sheet with their numbers, empty ones left out. Raises BadSheet."""
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            _check_size(archive)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a workbook says of its own size may be wrong
        spread = text = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            spread += len(row)
            if number > _LAST_ROW or spread > _MOST_SPREAD:
                raise _too_large_inside()
            cells = []
            for value in row:
                cells.append(_cell(value))
                text += len(cells[-1])
                if text > _MOST_TEXT:
                    raise _too_large_inside()
            if any(cells):
                yield number, cells
    except (BadSheet, GeneratorExit):
        raise
    except (
        BadZipFile,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        OSError,
        SyntaxError,
        zlib.error,
    ):
        # A workbook is many files of XML, each of which may be damaged in a way of its own.
        raise BadSheet("The file is no Excel workbook that can be read: save it again, or as CSV") from None


def _too_large_inside() -> BadSheet:
    return BadSheet("The workbook is too large inside: copy the list alone into a new one")


def _check_size(archive: ZipFile) -> None:
    """Raises BadSheet for a workbook that is far larger inside than any list."""
    if archive.getinfo(_CONTENTS).file_size > _MOST_AROUND[1]:
        raise _too_large_inside()
    contents: Any = fromstring(archive.read(_CONTENTS))
    said: Any = Manifest.from_tree(contents)
    others = {
        each.PartName for each in said.Override if each.ContentType not in (WORKSHEET_TYPE, SHARED_STRINGS)
    }
    sheets = {each.PartName.removeprefix("/") for each in said.Override if each.PartName not in others}
    for of_rows, (most_bytes, most_marks) in ((True, _MOST_OF_ROWS), (False, _MOST_AROUND)):
        parts = [each for each in archive.infolist() if (each.filename in sheets) is of_rows]
        if sum(each.file_size for each in parts) > most_bytes or _marks(archive, parts) > most_marks:
            raise _too_large_inside()


def _marks(archive: ZipFile, parts: Sequence[ZipInfo]) -> int:
    """How many marks with which a tag begins stand in these parts. Raises BadSheet where one tells far too much."""
    found = ones = 0
    for each in parts:
        left, in_one = b"", 0
        with archive.open(each) as part:
            while share := part.read(_SHARE):
                whole, mark, tag = (left + share).rpartition(b"<")
                left = mark + tag  # a tag may go on in the next share
                first, *others = _ONE.split(whole)
                counts = [in_one + first.count(b"<"), *(other.count(b"<") for other in others)]
                in_one, ones, found = counts[-1], ones + len(others), found + whole.count(b"<")
                if len(left) > _LONGEST_TAG or max(counts) > _MOST_IN_ONE or ones > _MOST_ONES:
                    raise _too_large_inside()
    return found


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:_LONGEST_CELL]
