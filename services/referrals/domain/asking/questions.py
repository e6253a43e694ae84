"""One question of the form: what is shown, what is typed, and the value that it becomes in the form."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from chassis.english import in_words

Kind = Literal[
    "line", "text", "email", "phone", "date", "choice", "select", "choices", "yes-no", "number", "names"
]
Answers = Mapping[str, Any]

_PIECE = re.compile(r"[^0-9A-Za-z]+")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_LONGEST_PIECE = 20


class Typed(Protocol):
    """What somebody typed into a page."""

    def get(self, name: str, default: str = "") -> str: ...

    def all(self, name: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose from; ``value`` is the form's code."""

    value: str
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """``path`` is where the answer stands in the form; in an entry of a list, where it stands in the entry.

    ``ask`` is said where an answer is needed and missing. ``name`` in HTML is the path with hyphens. ``depends``: it
    may be left out or not as another answer of the page says, so that it is called neither.
    """

    path: str
    label: str
    kind: Kind = "line"
    hint: str = ""
    ask: str = ""
    options: tuple[Option, ...] = ()
    autocomplete: str = ""
    optional: bool = False
    depends: bool = False

    @property
    def name(self) -> str:
        """The name of the field on the page."""
        return self.path.replace(".", "-").replace("_", "-")


def parsed(question: Question, typed: Typed) -> Any:
    """The value for the form; None where nothing was typed. What cannot be read is kept as it was typed."""
    return _PARSERS.get(question.kind, _line)(question, typed)


def _line(question: Question, typed: Typed) -> Any:
    return typed.get(question.name).replace("\0", "").strip() or None


def _date(question: Question, typed: Typed) -> Any:
    pieces = [_PIECE.sub("", typed.get(f"{question.name}-{part}"))[:_LONGEST_PIECE] for part in PARTS]
    if not any(pieces):
        return None
    day, month, year = pieces
    return f"{year}-{_month(month).zfill(2)}-{day.zfill(2)}"


def _month(text: str) -> str:
    """A month's number, which people may also write as its name."""
    small = text.lower()
    found = [n for n, name in enumerate(_MONTHS, 1) if len(small) >= 3 and name.startswith(small)]
    return str(found[0]) if found else text


def _choices(question: Question, typed: Typed) -> Any:
    return [each.replace("\0", "") for each in typed.all(question.name) if each] or None


def _yes_no(question: Question, typed: Typed) -> Any:
    return {"yes": True, "no": False}.get(typed.get(question.name))


def _number(question: Question, typed: Typed) -> Any:
    text = _line(question, typed)
    return int(text) if text and re.fullmatch(r"-?[0-9]{1,4}", text, re.ASCII) else text


def _names(question: Question, typed: Typed) -> Any:
    lines = typed.get(question.name).replace("\0", "").split("\n")
    return [line.strip() for line in lines if line.strip()] or None


PARTS = ("day", "month", "year")
_PARSERS: dict[str, Callable[[Question, Typed], Any]] = {
    "date": _date,
    "choices": _choices,
    "yes-no": _yes_no,
    "number": _number,
    "names": _names,
}


def shown(question: Question, value: Any) -> Any:
    """A value as the page shows it again: text, a list of codes, or day, month and year."""
    if question.kind == "date":
        year, month, day = (*str(value or "").split("-", 2), "", "", "")[:3]
        return {"day": day.lstrip("0"), "month": month.lstrip("0"), "year": year}
    if question.kind == "choices":
        return value if isinstance(value, list) else []
    if question.kind == "names":
        return "\n".join(map(str, value)) if isinstance(value, list) else ""
    if question.kind == "yes-no":
        return {True: "yes", False: "no"}.get(value, "") if isinstance(value, bool) else ""
    return "" if value is None else str(value)


def said(question: Question, value: Any) -> list[str]:
    """A value in words, a line each, as somebody checks their answers; empty where nothing was said."""
    if value in (None, "", []):
        return []
    words = {option.value: option.text for option in question.options}
    if question.kind == "yes-no":
        return ["Yes" if value is True else "No"]
    if question.kind == "date":
        return [_day(str(value))]
    if isinstance(value, list):
        return [words.get(str(each), str(each)) for each in value]
    return words.get(str(value), str(value)).split("\n")


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return in_words(day)


def value_at(answers: Any, path: str) -> Any:
    """What stands at a dotted path, or None."""
    place = answers
    for step in path.split("."):
        if isinstance(place, Mapping):
            place = place.get(step)
        elif isinstance(place, list) and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        else:
            return None
    return place
