"""Reads and checks the panels' files. Everything wrong is told in a sentence with the file's name."""

import re
import tomllib
from collections.abc import Iterable
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chassis.calendar import WorkingCalendar
from services.panels.domain.cases.homes import check_homes
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import BadCalendar, PanelBook, check

T = TypeVar("T", bound=BaseModel)
HERE = Path(__file__).parent
PANELS = HERE / "panels"
CLOSURES = HERE / "closures.toml"
#: The part of a place that names one of the ways in which its value is read.
_WAY = re.compile(r"(literal|frozenset)\[")


class BadPanelFile(Exception):
    """A file cannot be used; the text says which, where and what to write instead."""


class _Closure(BaseModel):
    model_config = ConfigDict(extra="forbid")

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    why: str


class _Closures(BaseModel):
    model_config = ConfigDict(extra="forbid")

    closed: tuple[_Closure, ...]
    schools_closed: tuple[_Closure, ...] = ()


def read_book(folder: Path = PANELS, closures: Path = CLOSURES) -> PanelBook:
    """All panels of a folder with the closures. Raises BadPanelFile naming the file and its first fault."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise BadPanelFile(f"{folder} holds no panel: add a file such as placement.toml")
    try:
        working, schools_closed = _closed(closures)
        book = PanelBook(tuple(_read(path, Panel) for path in files), working, schools_closed)
        check_homes(book.panels)
        check(book)
    except BadCalendar as error:
        raise BadPanelFile(str(error)) from None
    return book


def _closed(path: Path) -> tuple[WorkingCalendar, frozenset[date]]:
    """The working days, and the days on which schools are closed."""
    table = _read(path, _Closures)
    try:
        working = WorkingCalendar((each.first, each.last) for each in table.closed)
        schools = WorkingCalendar((each.first, each.last) for each in table.schools_closed)
    except ValueError as error:
        raise BadPanelFile(f"{path.name}: {error}") from None
    return working, schools.closed


def _read(path: Path, model: type[T]) -> T:
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise BadPanelFile(f"{path.name} is not TOML: {error}") from None
    except ValidationError as error:
        raise BadPanelFile(f"{path.name}: {_sentences(error.errors())}") from None


def _sentences(errors: Iterable[Any]) -> str:
    """What is wrong, each place once: pydantic tells of every way in which a value could have been right."""
    told: dict[str, str] = {}
    for error in errors:
        parts = takewhile(lambda part: not _WAY.match(part), map(str, error["loc"]))
        place = ".".join(parts)
        told[place] = _sentence(place, error)
    return "; ".join(told.values())


def _sentence(place: str, error: Any) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return f"there is no key {place}: mend its spelling or take it out"
        case "missing":
            return f"{place} is missing: write it, as the panels that ship have it"
        case "greater_than_equal":
            return f"{place} is too small: write {limits['ge']} or more"
        case "less_than_equal":
            return f"{place} is too large: write {limits['le']} or less"
        case "too_short":
            return f'{place} is an empty list: write "all", or name at least one'
    return f"{place}: {error['msg'].removeprefix('Value error, ')}".removeprefix(": ")
