"""A case's time limits as a small picture, and where each stands in words. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from chassis.english import in_words
from services.panels.domain.cases.case import Case
from services.panels.domain.legal.limits import Clock

# GOV.UK's colours; what they say stands in words beside them.
_COLOURS = {"done": "#00703c", "running": "#1d70b8", "over": "#d4351c", "closed": "#505a5f"}
_WIDTH, _ROW, _TOP = 290, 46, 22  # as wide as the text of a phone's page
_NAMES = {
    "assessment-decision": "Whether to assess",
    "no-plan": "Told that there is no plan",
    "final-plan": "Final plan",
    "views-on-draft": "Views on the draft",
    "schools-answer": "Schools answer",
    "review-report": "Report of the review",
    "review-decision": "Decision on the review",
    "amended-plan": "Amended plan",
    "phase-transfer": "Change of phase",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A time limit in the picture, in its units: from ``x`` over ``width``, at the height ``y``."""

    text: str
    x: float
    y: float
    width: float
    colour: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A day in the picture."""

    text: str
    x: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The time limits as a small picture; ``described`` says the same in a sentence."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    today: Mark
    sitting: Mark | None
    described: str


def stands(clock: Clock, today: date) -> str:
    """Where a time limit stands on a day."""
    if clock.met_on is not None:
        late = ", late" if clock.met_on > clock.on else ", in time"
        return f"done on {in_words(clock.met_on)}{late}"
    days = (clock.on - today).days
    if clock.sense == "not-before":
        return f"{_days(days)} to go" if days > 0 else "this time is over"
    if days < 0:
        return f"passed {_days(-days)} ago"
    return "today is the last day" if days == 0 else f"{_days(days)} left"


def _days(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def picture_of(case: Case, today: date) -> Picture | None:
    """The time limits drawn over time, with today and the sitting; None where none runs."""
    clocks = case.clocks
    if not clocks:
        return None
    sits = case.listing.sits_on if case.status == "listed" and case.listing else None
    days = [today, *(d for c in clocks for d in (c.counted_from, c.on)), *([sits] if sits else [])]
    first, last = min(days), max(days) + timedelta(days=1)

    def x(day: date) -> float:
        return round((day - first).days / (last - first).days * _WIDTH, 1)

    def bar(row: int, clock: Clock) -> Bar:
        width = max(2.0, round(x(clock.on) - x(clock.counted_from), 1))
        return Bar(_label(clock), x(clock.counted_from), _TOP + row * _ROW, width, _colour(clock, today))

    told = "; ".join(f"{clock.words}, {in_words(clock.on)}: {stands(clock, today)}" for clock in clocks)
    return Picture(
        width=_WIDTH,
        height=_TOP + len(clocks) * _ROW + 22,
        bars=tuple(bar(row, clock) for row, clock in enumerate(clocks)),
        today=_mark("Today", x(today)),
        sitting=_mark("Sitting", x(sits)) if sits else None,
        described=f"Today is {in_words(today)}. {told}."
        + (f" The sitting is on {in_words(sits)}." if sits else ""),
    )


def _mark(text: str, x: float) -> Mark:
    return Mark(text, x, "start" if x < _WIDTH / 4 else "end" if x > _WIDTH * 3 / 4 else "middle")


def _label(clock: Clock) -> str:
    return f"{_NAMES.get(clock.rule, clock.rule)}: {clock.on.day} {clock.on:%b %Y}"


def _colour(clock: Clock, today: date) -> str:
    if clock.met_on is not None:
        return _COLOURS["done"]
    if clock.on < today:
        return _COLOURS["closed" if clock.sense == "not-before" else "over"]
    return _COLOURS["running"]
