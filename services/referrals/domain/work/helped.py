"""Did it help? What school and family said at the reviews of a month, by area, by need and by who helped."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from schemas.codes import Helped

ANSWERS: tuple[Helped, ...] = get_args(Helped)


@dataclass(frozen=True, slots=True)
class Review:
    """One review of help that had come to its end. ``helped`` is None where its day has come and nobody has said so."""

    area: str
    need: str
    destination: str
    helped: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Of those who have a name in common: how many said what, and of how many nobody has said anything."""

    name: str
    answers: dict[str, int]
    unsaid: int


def lines(reviews: Sequence[Review], name_of: Callable[[Review], str]) -> list[Line]:
    """What they brought, by a name that each has; in the order of the names."""
    by_name: dict[str, Counter[str | None]] = {}
    for each in reviews:
        by_name.setdefault(name_of(each), Counter())[each.helped] += 1
    return [
        Line(name, {code: found[code] for code in ANSWERS}, found[None])
        for name, found in sorted(by_name.items())
    ]


def month_of(first: date) -> tuple[date, date]:
    """The first and the last day of the month that begins on this day."""
    following = (first + timedelta(days=31)).replace(day=1)
    return first, following - timedelta(days=1)


def months_to(today: date, count: int) -> list[date]:
    """The first days of so many months, this one first."""
    found = [today.replace(day=1)]
    while len(found) < count:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found
