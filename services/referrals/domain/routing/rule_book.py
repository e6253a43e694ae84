"""The rules as people read them: what holds today and from when, and what comes or has gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chassis.english import listed
from services.referrals.domain.register.places import AREAS
from services.referrals.domain.routing.conditions import When
from services.referrals.domain.routing.eligibility import child_words
from services.referrals.domain.routing.rules import Routing, Rule
from services.referrals.domain.words import ASKS_WORDS


@dataclass(frozen=True, slots=True)
class Shown:
    """One rule in words. ``goes_to`` are the names of its destinations, one for each area where it has several."""

    code: str
    dates: str
    when: str
    goes_to: Sequence[str]
    reason: str


def in_force(routing: Routing, today: date) -> list[Shown]:
    """The rules that hold on a day, in the order in which they are tried."""
    return [_shown(routing, rule, today) for rule in routing.rules if rule.holds_on(today)]


def not_in_force(routing: Routing, today: date) -> list[Shown]:
    """Those that are still to come, and those that hold no more."""
    return [_shown(routing, rule, today) for rule in routing.rules if not rule.holds_on(today)]


def _shown(routing: Routing, rule: Rule, today: date) -> Shown:
    areas = sorted(rule.when.areas or AREAS)
    names = [routing.goes_to(rule, area, today).name for area in areas]
    return Shown(rule.code, rule.dates, _sentence(rule.when), list(dict.fromkeys(names)), rule.public_reason)


def _sentence(when: When) -> str:
    parts = list(_parts(when))
    return f"For {'; '.join(parts)}." if parts else "For whatever no rule above has placed."


def _parts(when: When) -> Iterator[str]:
    if when.asks_for is not None:
        yield listed([ASKS_WORDS[each] for each in sorted(when.asks_for)], "or")
    child = child_words(when)
    if child:
        yield f"a child {child}"
    if when.areas is not None:
        yield f"schools in {listed(sorted(when.areas))}"
    if when.towns is not None:
        yield f"schools in {listed(sorted(when.towns))}"
    if when.urns is not None:
        yield f"the schools {listed(sorted(when.urns))}"
    if when.triggers is not None:
        yield f"cases that come by {listed(sorted(when.triggers))}"
