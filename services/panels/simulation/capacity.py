"""How many places a month are enough: where the backlog stops growing, found by bisection."""

from collections.abc import Sequence

from services.panels.simulation.arrival import Arrival
from services.panels.simulation.measures import WEEK, mean, weekly
from services.panels.simulation.play import Course, Rule, play
from services.panels.simulation.rooms import Configuration, months_between

#: A backlog that grows by less than this share of what comes counts as one that does not grow.
STILL = 0.01
YEAR = 365
#: Years that are played to tell: the first fills the queue, growth is read from the others.
YEARS = 3


def growth(course: Course) -> float:
    """By how many cases a month the backlog grows, from the first year to the last; needs two years at least.

    The whole of one year is held against the whole of the other, so that what belongs to a season cancels out.
    """
    weeks, a_year = weekly(course), YEAR // WEEK
    first, last = weeks[:a_year], weeks[-a_year:]
    apart = months_between(first[0][0], last[0][0])
    return (mean(count for _, count in last) - mean(count for _, count in first)) / apart


def enough(
    cases: Sequence[Arrival], halls: Configuration, first: int, last: int, rule: Rule, most: int | None = None
) -> int | None:
    """The fewest places a month with which the backlog does not grow, the sittings staying when they are.

    ``most`` bounds the search (by default three times what comes). None where not even that is enough, as where
    some case is in no panel's remit.
    """
    coming = len(cases) / months_between(first, last)
    few, many = 0, most if most is not None else max(2, round(3 * coming))

    def grows(a_month: int) -> bool:
        course = play(cases, halls.with_places(a_month, first, last), first, last, rule)
        return growth(course) > STILL * coming

    if grows(many):
        return None
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (middle, many) if grows(middle) else (few, middle)
    return many
