"""Columns of a list, in any order: from the cells of a row to a form, and from a fault back to its column."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.submissions_v1 import Fault
from services.referrals.domain.asking import Option
from services.referrals.domain.bulk import cells as cells_of
from services.referrals.domain.bulk.cells import CellKind


class BadSheet(Exception):
    """The file as a whole cannot be taken; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the header, where its cells go in the form, and what to write there.

    ``options`` are the codes to choose from, where there are such.
    """

    name: str
    path: str
    explained: str
    kind: CellKind = "text"
    needed: bool = False
    options: tuple[Option, ...] = ()


def coded(
    name: str,
    path: str,
    options: tuple[Option, ...],
    kind: CellKind = "code",
    needed: bool = False,
    hint: str = "",
) -> Column:
    """A column of codes, explained by all of them; ``hint`` is what there is to say besides."""
    explained = f"One of these codes: {cells_of.one_of(options)}"
    return Column(name, path, f"{explained}; {hint}" if hint else explained, kind, needed, options)


@dataclass(frozen=True, slots=True)
class RowFault:
    """One thing that is wrong with a row: the column (or the field, where no column is to blame), and what to do."""

    column: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Written:
    """A row as a form. ``places`` are the numbers of the columns' entries that each list of the form was made of."""

    form: dict[str, Any] = field(repr=False)
    places: Mapping[str, Sequence[int]] = field(default_factory=dict)


class Layout:
    """The columns of one kind of list. ``parts`` are those of the form that are there even with nothing in them."""

    def __init__(self, columns: Sequence[Column], parts: Sequence[str] = ()) -> None:
        self.columns, self._parts = tuple(columns), tuple(parts)
        self._by_name = {_plain(name): each for each in columns for name in (each.name, each.path)}

    def read_header(self, header: Sequence[str]) -> dict[int, Column]:
        """The column at each place. Raises BadSheet, naming every column that is unknown, twice there, or missing."""
        found: dict[int, Column] = {}
        wrong: list[str] = []
        for place, name in enumerate(header):
            column = self._by_name.get(_plain(name))
            if column is None and name.strip():
                wrong.append(
                    f"the column “{name.strip()[:60]}” is not in the template: rename it, or take it out"
                )
            elif column in found.values():
                wrong.append(f"the column “{name.strip()[:60]}” stands there twice: keep one")
            elif column is not None:
                found[place] = column
        missing = [each.name for each in self.columns if each.needed and each not in found.values()]
        wrong += [f"the column “{name}” is missing: add it" for name in missing]
        if wrong:
            raise BadSheet("; ".join(wrong[:10]))
        return found

    def written(self, columns: Mapping[int, Column], cells: Sequence[str]) -> Written:
        """A row as a form; what cannot be read stays as it was written, for the form's own check to name."""
        form: dict[str, Any] = {part: {} for part in self._parts}
        for place, column in columns.items():
            text = cells[place].strip() if place < len(cells) else ""
            if text:
                _put(form, column.path.split("."), cells_of.read(column.kind, text, column.options))
        places = {name: sorted(value) for name, value in form.items() if _is_list(value)}
        for name, numbers in places.items():
            form[name] = [form[name][number] for number in numbers]
        return Written(form, places)

    def faults(
        self, found: Iterable[Fault], places: Mapping[str, Sequence[int]] | None
    ) -> tuple[RowFault, ...]:
        """The same faults by column, in words for whoever fills one in; ``places`` is None for a line of JSON."""
        return tuple(self._fault(each, places) for each in found)

    def _fault(self, found: Fault, places: Mapping[str, Sequence[int]] | None) -> RowFault:
        column = self._column(found.field, places or {})
        if column is None:
            return RowFault(found.field or "the whole row", found.code, found.message)
        words = cells_of.instead(column.kind, column.options, found.code) if places is not None else None
        return RowFault(column.name, found.code, words or found.message)

    def _column(self, path: str, places: Mapping[str, Sequence[int]]) -> Column | None:
        first, *rest = path.split(".")
        if rest and rest[0].isdecimal() and int(rest[0]) < len(places.get(first, ())):
            path = ".".join([first, str(places[first][int(rest[0])]), *rest[1:]])
        for each in self.columns:
            if path == each.path or path.startswith(f"{each.path}.") or each.path.startswith(f"{path}."):
                return each
        return None


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _put(form: dict[Any, Any], way: Sequence[str], value: Any) -> None:
    *steps, last = (int(step) if step.isdecimal() else step for step in way)
    for step in steps:
        form = form.setdefault(step, {})
    form[last] = value


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(key, int) for key in value)
