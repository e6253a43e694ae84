"""The national register's establishment extract, read a row at a time: 130 columns in any order, 50,000 rows."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO, Literal, Protocol, TextIO

from services.referrals.domain.register.places import SettingKind, kind_of
from services.referrals.files.lines import BadData

Status = Literal["open", "closed", "planned"]

_NEEDED = (
    "URN",
    "LA (code)",
    "EstablishmentName",
    "TypeOfEstablishment (name)",
    "EstablishmentStatus (name)",
    "PhaseOfEducation (name)",
    "Town",
)
_CLOSE_DATE = "CloseDate"
_STATUS: dict[str, Status] = {
    "Open": "open",
    "Open, but proposed to close": "open",
    "Closed": "closed",
    "Proposed to open": "planned",
}
_URN = re.compile(r"[0-9]{6}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ufffd]")
_LONGEST = 200
_SHARE = 1 << 20
_SUCCESSOR = "successor"


@dataclass(frozen=True, slots=True)
class Row:
    """One establishment as the extract has it."""

    urn: str
    name: str
    kind: SettingKind
    town: str
    authority: str
    status: Status
    closed_on: date | None


@dataclass(slots=True)
class Reading:
    """How far the reading has come, and the rows that could not be read: their number in the file, and why.

    ``tell`` is told now and then how many rows were read.
    """

    rows: int = 0
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    tell: Callable[[int], None] = lambda _: None


class Source(Protocol):
    """Something with a name that can be read from its beginning as often as one likes: a path is one."""

    @property
    def name(self) -> str: ...

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """Its bytes."""
        ...


def rows(source: Source, reading: Reading) -> Iterator[Row]:
    """The rows of an extract in UTF-8 or Windows-1252; the header is row 1.

    A row that cannot be read is noted in ``reading`` and left out. Raises BadData where the file as a whole is no
    such extract.
    """
    seen: set[str] = set()
    with _text(source) as file:
        reader = csv.reader(file)
        columns, width = _columns(_header(reader))
        for number, cells in _records(reader, reading):
            reading.rows += 1
            if reading.rows % 5000 == 0:
                reading.tell(reading.rows)
            row = _row(cells, columns, width) if cells else "this row is empty"
            if isinstance(row, Row) and row.urn in seen:
                row = "this URN stands in the file twice"
            if isinstance(row, str):
                reading.unreadable.append((number, row))
                continue
            seen.add(row.urn)
            yield row


def successors(source: Source) -> dict[str, str]:
    """Who took over from a closed establishment, by URN, from the extract's file of links. Raises BadData."""
    with _text(source) as file:
        reader = csv.DictReader(file)
        if not {"URN", "LinkURN", "LinkType"} <= set(reader.fieldnames or ()):
            raise BadData(
                f"{source.name}: the columns URN, LinkURN and LinkType are needed: is it the file of links?"
            )
        return {
            row["URN"]: row["LinkURN"]
            for row in reader
            if (row["LinkType"] or "").lower().startswith(_SUCCESSOR) and _URN.fullmatch(row["LinkURN"] or "")
        }


def _records(reader: Iterator[list[str]], reading: Reading) -> Iterator[tuple[int, list[str]]]:
    number = 1
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error:
            reading.rows += 1
            why = "this row cannot be read as CSV: is a quotation mark not closed?"
            reading.unreadable.append((number, why))


def _text(source: Source) -> TextIO:
    encoding = _encoding(source)
    return io.TextIOWrapper(source.open("rb"), encoding, "replace", newline="")


def _encoding(source: Source) -> str:
    """UTF-8, with or without its mark, where all of the file is; else Windows-1252, as the extract is published."""
    try:
        with source.open("rb") as file:
            start = file.read(4)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start:
                raise BadData(f"{source.name}: this file is in UTF-16: save it as “CSV UTF-8”")
            if start.startswith(b"PK"):
                raise BadData(
                    f"{source.name}: this is a workbook or an archive: unpack it, or save it as CSV"
                )
            file.seek(0)
            decoder = codecs.getincrementaldecoder("utf-8")()
            while chunk := file.read(_SHARE):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except OSError as error:
        raise BadData(
            f"{source.name}: this file cannot be read: {error.strerror or 'it is damaged'}"
        ) from None
    return "utf-8-sig"


def _header(reader: Iterator[list[str]]) -> list[str]:
    with suppress(StopIteration, csv.Error):
        return [name.strip() for name in next(reader)]
    raise BadData("The file is empty: download the establishment extract again.")


def _columns(header: list[str]) -> tuple[dict[str, int], int]:
    if len(header) == 1:
        for mark, words in ((";", "semicolons"), ("\t", "tabs"), ("|", "upright strokes")):
            if mark in header[0]:
                raise BadData(f"The columns are divided by {words}: save the file as CSV, with commas.")
    for name in _NEEDED:
        if header.count(name) != 1:
            number = "is missing" if name not in header else "stands in it twice"
            raise BadData(f"The column {name} {number}: is this the establishment extract, with its header?")
    wanted = [*_NEEDED, *([_CLOSE_DATE] if _CLOSE_DATE in header else [])]
    return {name: header.index(name) for name in wanted}, len(header)


def _row(cells: list[str], columns: dict[str, int], width: int) -> Row | str:
    if len(cells) != width and (len(cells) < width or any(cells[width:])):
        open_quote = ", and one runs over several lines: is a quotation mark not closed?"
        return f"it has {len(cells)} cells, the header has {width}{open_quote if _runs_on(cells) else ''}"
    found = {name: " ".join(cells[index].split()) for name, index in columns.items()}
    status = _STATUS.get(found["EstablishmentStatus (name)"])
    wrong = _wrong(found, status)
    if wrong or status is None:
        return wrong or ""
    try:
        closed_on = _day(found.get(_CLOSE_DATE, ""))
    except ValueError:
        return "CloseDate is no date such as 31-08-2025"
    return Row(
        found["URN"],
        found["EstablishmentName"],
        kind_of(found["TypeOfEstablishment (name)"], found["PhaseOfEducation (name)"]),
        found["Town"],
        found["LA (code)"],
        status,
        closed_on if status == "closed" else None,
    )


def _runs_on(cells: list[str]) -> bool:
    return any("\n" in cell for cell in cells)


def _wrong(found: dict[str, str], status: Status | None) -> str | None:
    if not _URN.fullmatch(found["URN"]):
        return "the URN is not six digits"
    if not found["EstablishmentName"]:
        return "EstablishmentName is empty"
    if status is None:
        return "EstablishmentStatus (name) is none that is known"
    for name in ("EstablishmentName", "Town", "LA (code)"):
        if _CONTROL.search(found[name]) or len(found[name]) > _LONGEST:
            return f"{name} is too long or has characters that cannot be read"
    return None


def _day(text: str) -> date | None:
    if not text:
        return None
    with suppress(ValueError):
        return date.fromisoformat(text)
    return datetime.strptime(text.replace("/", "-"), "%d-%m-%Y").date()
