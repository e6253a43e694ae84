"""The cells of a list, as people write them in a spreadsheet, and what to say of one that nobody could read."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from services.referrals.domain.asking import Option
from services.referrals.domain.form.faults import Code

CellKind = Literal["text", "day", "yes-no", "code", "capitals", "list", "year"]
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]00:00(:00)?")
_YEAR = re.compile(r"(?:(?:year|yr|y)\.?\s*)?([0-9]{1,2})", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,9}")
#: The years that are known by name, as schools and the national census write them.
_YEARS_BY_NAME = {
    **dict.fromkeys(("r", "rec", "reception", "year r", "yr r", "yr", "fs2"), 0),
    **dict.fromkeys(("n", "n2", "nursery", "fs1"), -1),
    "n1": -2,
}
_YES_NO = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
}
#: What to write instead, by the kind of cell and what is wrong with it: the form's own words are for programs.
_INSTEAD: dict[tuple[CellKind, Code], str] = {
    ("day", "not-a-date"): "Write a real date, such as 31/01/2026 or 2026-01-31.",
    ("yes-no", "wrong-type"): "Write yes or no.",
    ("year", "wrong-type"): "Write one year, such as Year 5 or 5, Reception, or Nursery; or leave it empty.",
}


def read(kind: CellKind, text: str, options: Sequence[Option] = ()) -> Any:
    """A cell as the form has it; what cannot be read stays as it was written. ``options`` are the codes that may be."""
    readers: dict[CellKind, Callable[[str], Any]] = {
        "day": day,
        "yes-no": lambda given: _YES_NO.get(given.casefold(), given),
        "code": lambda given: "-".join(given.casefold().replace("_", " ").split()),
        "capitals": str.upper,
        "year": year,
    }
    by_words = {each.text.casefold(): each.value for each in options}
    if kind == "list":
        return _several(text, by_words)
    return by_words.get(text.casefold()) or readers.get(kind, str)(text)


def _several(text: str, by_words: Mapping[str, str]) -> list[str]:
    """Codes or their words, some of which hold a comma themselves; between codes alone a space is enough."""
    if text.casefold() in by_words:
        return [by_words[text.casefold()]]
    parts = [part.strip() for part in re.split(r"[;,|/\n]+", text)]
    known = [[by_words[part.casefold()]] if part.casefold() in by_words else part.split() for part in parts]
    return [each.upper() for part in known for each in part]


def year(text: str) -> int | str:
    """A year group as a number, Reception is 0; the text where it is none, or more than one: Year 5/6."""
    plain = " ".join(text.casefold().split())
    if plain in _YEARS_BY_NAME:
        return _YEARS_BY_NAME[plain]
    named = _YEAR.fullmatch(plain)
    if named:
        return int(named[1])
    return int(plain) if _NUMBER.fullmatch(plain) else text


def day(text: str) -> str:
    """A day as year-month-day, where it is one in the British writing or with a time of midnight; else as it was."""
    midnight = _ISO.fullmatch(text)
    if midnight:
        return midnight[1]
    british = _DAY.fullmatch(text)
    if not british:
        return text
    try:
        return date(int(british[3]), int(british[2]), int(british[1])).isoformat()
    except ValueError:
        return text


def one_of(options: Sequence[Option]) -> str:
    """The codes to choose from, each with what it means: ``E (Education, health and care plan), K (SEN support)``."""
    return ", ".join(f"{each.value} ({each.text})" for each in options)


def instead(kind: CellKind, options: Sequence[Option], code: str) -> str | None:
    """What to write in a cell with this fault; None where the form's own sentence says it well."""
    if code == "not-in-list" and options:
        return f"Write one of these codes: {one_of(options)}."
    return next((words for (of, wrong), words in _INSTEAD.items() if (of, wrong) == (kind, code)), None)
