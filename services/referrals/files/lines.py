"""Data files in TOML, each entry with the line it stands on, so that every mistake is named by file and line."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

T = TypeVar("T", bound=BaseModel)


class BadData(Exception):
    """Data files cannot be used; the text has one line for each mistake and says where it is."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """What one entry of a file says; ``place`` is its file and line in words."""

    said: T
    place: str


class TomlFile:
    """One file, read; what is no TOML at all is a complaint, and the file counts as empty."""

    def __init__(self, path: Path, name: str, complaints: list[str]) -> None:
        """``name`` is how complaints name the file."""
        self.name, self._lines = name, list[str]()
        self.content: dict[str, Any] = {}
        self.sound = False
        try:
            text = path.read_text("utf-8")
            self._lines = text.splitlines()
            self.content = tomllib.loads(text)
            self.sound = True
        except OSError:
            complaints.append(f"{name}: this file cannot be read")
        except ValueError as error:
            complaints.append(f"{name}: this is not TOML: {error}")

    def place(self, line: int | None) -> str:
        """File and line in words; the file alone where the line is not known."""
        return self.name if line is None else f"{self.name}: line {line}"

    def holding(self, word: str, nth: int = 1) -> int | None:
        """The line on which ``word`` stands for the nth time outside of comments, counted from 1."""
        found = [n for n, line in enumerate(self._lines, 1) if word in line.split("#")[0]]
        return found[nth - 1] if len(found) >= nth else (found[-1] if found else None)

    def header(self, table: str, nth: int) -> int | None:
        """The line of the nth ``[[table]]``, counted from 0."""
        pattern = re.compile(rf"\s*\[\[\s*{re.escape(table)}\s*\]\]")
        found = [n for n, line in enumerate(self._lines, 1) if pattern.match(line)]
        return found[nth] if nth < len(found) else None

    def of_key(self, start: int | None, where: Sequence[Any]) -> int | None:
        """The line, from the entry that begins at ``start`` on, with the key at ``where``; else that of the entry."""
        if start is None or not where:
            return start
        within = start
        for part in map(str, where):
            key = re.compile(rf"(?:^|[\s.{{,])\"?{re.escape(part)}\"?\s*[=.\]]")
            within = next((n for n in self._entry(within, start) if key.search(self._code(n))), within)
        return within

    def _entry(self, begin: int, start: int) -> Iterator[int]:
        for number in range(begin, len(self._lines) + 1):
            header = self._lines[number - 1].lstrip()
            # A table of a table, [[destination.requires]], belongs to the entry.
            if number > start and re.match(r"\[\[?\s*\w+\s*\]", header):
                return
            yield number

    def _code(self, number: int) -> str:
        return self._lines[number - 1].split("#")[0]


def entries(folder: Path, table: str, model: type[T], complaints: list[str]) -> Iterator[Entry[T]]:
    """The ``[[table]]`` entries of every .toml file of a folder, in the order of file names and lines."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        complaints.append(f"{folder.name}: there is no .toml file in this folder")
    for path in paths:
        file = TomlFile(path, f"{folder.name}/{path.name}", complaints)
        for key in file.content:
            if key != table:
                place = file.place(file.holding(key))
                complaints.append(f"{place}: {key} is not known here: this file holds [[{table}]] only")
        found = file.content.get(table, [])
        yield from table_of(file, table, found if isinstance(found, list) else [found], model, complaints)


def table_of(
    file: TomlFile, table: str, found: Sequence[Any], model: type[T], complaints: list[str]
) -> Iterator[Entry[T]]:
    """These entries as models; what a model refuses becomes a complaint each."""
    for number, entry in enumerate(found):
        line = file.header(table, number)
        try:
            yield Entry(model.model_validate(entry), file.place(line))
        except ValidationError as error:
            code = entry.get("code", number + 1) if isinstance(entry, dict) else number + 1
            for detail in error.errors():
                place = file.place(file.of_key(line, _named(detail["loc"], detail["type"])))
                complaints.append(f"{place}: {table} {code}: {explained(detail, model)}")


def whole(file: TomlFile, model: type[T], complaints: list[str]) -> T | None:
    """The file as one model, or None with complaints."""
    if not file.sound:
        return None
    try:
        return model.model_validate(file.content)
    except ValidationError as error:
        for detail in error.errors():
            place = file.place(_line_in_whole(file, detail["loc"]))
            complaints.append(f"{place}: {explained(detail, model)}")
    return None


def _line_in_whole(file: TomlFile, loc: tuple[int | str, ...]) -> int | None:
    if len(loc) > 1 and isinstance(loc[1], int):
        table, number, *rest = loc
        header = file.header(str(table), int(number))
        if header is not None:
            return file.of_key(header, [part for part in rest if isinstance(part, str)])
        return file.holding("{", int(number) + 1)  # a list of inline tables
    return file.holding(str(loc[0])) if loc else None


def _named(loc: tuple[int | str, ...], kind: str) -> list[str]:
    """The keys on the way to a mistake; one that is missing stands on no line."""
    named = [part for part in loc if isinstance(part, str)]
    return named[:-1] if kind == "missing" else named


def explained(detail: Any, model: type[BaseModel]) -> str:
    """What is wrong, and for an unknown key the one that was meant."""
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] != "extra_forbidden":
        return f"{place}: {detail['msg'].removeprefix('Value error, ')}".removeprefix(": ")
    near = get_close_matches(str(detail["loc"][-1]), _keys(model), n=1)
    return f"{place} is not a key that is known here" + (f": did you mean {near[0]}?" if near else "")


def _keys(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    parts = [model]
    for part in parts:
        found |= {info.alias or name for name, info in part.model_fields.items()}
        parts += [each for each in _inner(part) if each not in parts]
    return found


def _inner(part: type[BaseModel]) -> Iterator[type[BaseModel]]:
    def search(annotation: Any) -> Iterator[type[BaseModel]]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield annotation
        for each in getattr(annotation, "__args__", ()):
            yield from search(each)

    for info in part.model_fields.values():
        yield from search(info.annotation)
