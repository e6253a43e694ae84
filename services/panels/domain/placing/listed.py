"""Places as a list, such as a spreadsheet saves it: each line is read, or what is wrong with it is said."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from schemas.places_v1 import PlaceKind
from services.panels.domain.placing.centre import CENTRE
from services.panels.domain.placing.counting import MOST
from services.panels.domain.placing.places import places_id_of
from services.panels.domain.placing.story import KINDS

#: The columns that are read, by their heads: as in the list that this service gives out. Others are passed over.
SETTING, KIND, NUMBER = "URN or code", "Kind of place", "Places"
MOST_LINES = 2000
_KINDS: dict[str, PlaceKind] = {code: code for code in KINDS} | {
    words.casefold(): code for code, words in KINDS.items()
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: its number in the file, and what it says."""

    number: int
    setting: str
    kind: PlaceKind
    places: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken, and what to do about it; it never holds what stands there."""

    number: int
    message: str


def read(rows: Sequence[Sequence[str]], known: Collection[str]) -> tuple[list[Line], list[BadLine]]:
    """The lines of a list, its heads first, and what is wrong; ``known`` are the directory's settings."""
    heads = [head.strip() for head in rows[0]] if rows else []
    missing = [name for name in (SETTING, KIND, NUMBER) if name not in heads]
    if missing:
        return [], [BadLine(1, f"The first line has to have the columns {SETTING}, {KIND} and {NUMBER}.")]
    if len(rows) > MOST_LINES + 1:
        return [], [BadLine(1, f"A list has at most {MOST_LINES:,} lines: take it in parts.")]
    columns = [heads.index(name) for name in (SETTING, KIND, NUMBER)]
    lines: list[Line] = []
    wrong: list[BadLine] = []
    seen: set[str] = set()
    for number, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        found = _line(number, [row[at].strip() if at < len(row) else "" for at in columns], known, seen)
        if isinstance(found, Line):
            lines.append(found)
            seen.add(places_id_of(found.setting, found.kind))
        else:
            wrong.append(found)
    if not lines and not wrong:
        wrong.append(BadLine(1, "There is no line below the heads."))
    return lines, wrong


def _line(number: int, cells: Sequence[str], known: Collection[str], seen: Collection[str]) -> Line | BadLine:
    setting, words, places = cells
    kind = _KINDS.get(words.casefold())
    if setting not in known and not (setting == CENTRE and kind == CENTRE):
        return BadLine(number, "There is no setting with this URN in the directory.")
    if kind is None:
        return BadLine(number, f"The kind of place has to be one of: {', '.join(KINDS.values())}.")
    if not (places.isascii() and places.isdecimal() and len(places) <= 6 and int(places) <= MOST):
        return BadLine(number, f"The number of places has to be a whole number from 0 to {MOST:,}.")
    if places_id_of(setting, kind) in seen:
        return BadLine(number, "This setting and kind stand on an earlier line already.")
    return Line(number, setting, kind, int(places))
