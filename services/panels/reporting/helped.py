"""Did it help? What reviews of short placements brought, by area and by need."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from services.panels.reporting.course import Period

ANSWERS = ("yes", "partly", "no")


@dataclass(frozen=True, slots=True)
class Review:
    """One review: when it was, or was due, and what it brought. ``helped`` is None where nobody has said so."""

    area: str
    need: str
    on: date
    helped: str | None = None


@dataclass(frozen=True, slots=True)
class HelpedLine:
    """Of those who share an area, or a need: how many reviews there were, and what they brought."""

    name: str
    answers: dict[str, int]
    unsaid: int

    @property
    def reviews(self) -> int:
        """All of them."""
        return sum(self.answers.values()) + self.unsaid


def did_help(
    reviews: Sequence[Review], period: Period, name_of: Callable[[Review], str]
) -> tuple[HelpedLine, ...]:
    """What the reviews of a period brought, by a name that each has; in the order of the names."""
    mine = [each for each in reviews if period.has(each.on)]
    return tuple(
        _line(name, [each for each in mine if name_of(each) == name])
        for name in sorted({name_of(each) for each in mine})
    )


def _line(name: str, reviews: Sequence[Review]) -> HelpedLine:
    found = Counter(each.helped for each in reviews)
    return HelpedLine(name, {code: found[code] for code in ANSWERS}, found[None])
