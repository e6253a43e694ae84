"""Where a referral goes: rules as data, tried in order; the first that fits decides and says why in words.

A rule sends nobody to a destination that is not for them, or that does not take anybody on that day: it is passed
over, and the next one is tried.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self, get_args

from pydantic import Field, model_validator

from schemas.codes import Area, AsksFor, Need
from schemas.words import NEEDS
from services.referrals.domain.routing.conditions import Facts, Span, When, compiled, passes
from services.referrals.domain.routing.entries import Code, Dated, Sentence
from services.referrals.domain.routing.teams import Destination, Destinations
from services.referrals.domain.words import PHASE_WORDS, year_words

__all__ = ["Facts", "Routing", "Rule", "Span", "When"]

#: What a reason says in the public directory, where no child is spoken of.
_ANY = {
    "area": "the area",
    "need": "the main need",
    "phase": "this age",
    "year": "this year group",
    "town": "the town",
}


class Rule(Dated):
    """One rule; its destination may hold {area}, its reason also {need}, {phase}, {year} and {town}."""

    code: Code
    destination: Annotated[str, Field(pattern=r"^[a-z0-9]+(-([a-z0-9]+|\{area\}))*$", max_length=60)]
    reason: Sentence
    when: When = When()

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            self.reason.format_map(_ANY)
        except (KeyError, ValueError, IndexError, AttributeError):
            raise ValueError("the reason may hold {area}, {need}, {phase}, {year} and {town} only") from None
        return self

    def goes_to(self, area: Area) -> str:
        """The code of the destination for an area."""
        return self.destination.replace("{area}", area.lower())

    @property
    def public_reason(self) -> str:
        """The reason as a sentence that speaks of no child."""
        return self.reason.format_map(_ANY)

    def reason_for(self, facts: Facts) -> str:
        """The reason as a sentence about this referral."""
        return self.reason.format_map(
            {
                "area": facts.area_name,
                "need": NEEDS[facts.need],
                "phase": PHASE_WORDS[facts.phase],
                "year": year_words(facts.year),
                "town": facts.town,
            }
        )


#: What is sorted out beforehand, so that it needs no test: see ``Routing.__init__``.
_SORTED = frozenset({"asks_for", "needs"})


class Routing:
    """All rules in their order, and the destinations they send to."""

    def __init__(self, rules: Sequence[Rule], destinations: Destinations) -> None:
        """Both are checked data, see ``rule_checks.mistakes``."""
        self.rules, self.destinations = tuple(rules), destinations
        tried = [(rule, compiled(rule.when, known=_SORTED)) for rule in rules]
        # Most rules are about one request and one need: what can fit at all is sorted out beforehand.
        self._candidates = {
            (asks_for, need): [each for each in tried if _may_fit(each[0].when, asks_for, need)]
            for asks_for in get_args(AsksFor)
            for need in get_args(Need)
        }
        self._takes = {
            code: [(each, compiled(each.for_)) for each in versions]
            for code, versions in destinations.versions.items()
        }

    def choose(self, facts: Facts) -> Rule:
        """The first rule that fits and whose destination takes this child; the fallback always does."""
        for rule, tests in self._candidates[facts.asks_for, facts.need]:
            if rule.holds_on(facts.day) and passes(tests, facts) and self._taken(rule, facts):
                return rule
        raise LookupError("no rule fits: the routing data has no fallback")

    def goes_to(self, rule: Rule, area: Area, day: date) -> Destination:
        """The destination of a rule for an area, as it is on a day."""
        return self.destinations.on(rule.goes_to(area), day)

    def _taken(self, rule: Rule, facts: Facts) -> bool:
        for version, tests in self._takes[rule.goes_to(facts.area)]:
            if version.holds_on(facts.day):
                return passes(tests, facts)
        return False


def _may_fit(when: When, asks_for: AsksFor, need: Need) -> bool:
    return (when.asks_for is None or asks_for in when.asks_for) and (when.needs is None or need in when.needs)
