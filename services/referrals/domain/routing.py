"""Where a referral goes: rules as data, tried in order; the first that fits decides and says why in words."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self, get_args

from pydantic import Field, model_validator

from schemas.codes import Area, AsksFor, Need, Phase, SenProvision, Trigger
from services.referrals.domain.teams import Code, FileEntry, Sentence
from services.referrals.domain.words import NEED_WORDS, PHASE_WORDS, year_words

#: What a reason says in the public directory, where no child is spoken of.
_ANY = {
    "area": "the area",
    "need": "the main need",
    "phase": "this age",
    "year": "this year group",
    "town": "the town",
}


class Span(FileEntry):
    """From and to, both included; what is left out is open."""

    from_: Annotated[int, Field(alias="from", ge=-4, le=25)] = -4
    to: Annotated[int, Field(ge=-4, le=25)] = 25

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.from_ > self.to:
            raise ValueError("from is greater than to: swap the two")
        return self


Some = Annotated[frozenset[str], Field(min_length=1)]


class When(FileEntry):
    """The conditions of a rule; all that are given must hold."""

    asks_for: Annotated[frozenset[AsksFor], Field(min_length=1)] | None = None
    needs: Annotated[frozenset[Need], Field(min_length=1)] | None = None
    any_need: Annotated[frozenset[Need], Field(min_length=1)] | None = None
    phases: Annotated[frozenset[Phase], Field(min_length=1)] | None = None
    years: Span | None = None
    ages: Span | None = None
    areas: Annotated[frozenset[Area], Field(min_length=1)] | None = None
    towns: Some | None = None
    urns: Some | None = None
    sen_provision: Annotated[frozenset[SenProvision], Field(min_length=1)] | None = None
    triggers: Annotated[frozenset[Trigger], Field(min_length=1)] | None = None
    looked_after: bool | None = None

    @property
    def always(self) -> bool:
        """Whether there is no condition at all."""
        return not self.model_fields_set


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    asks_for: AsksFor
    need: Need
    other_needs: tuple[Need, ...]
    phase: Phase
    year: int
    age: int
    area: Area
    area_name: str
    town: str
    urn: str
    sen_provision: SenProvision
    trigger: Trigger | None
    looked_after: bool
    day: date


class Rule(FileEntry):
    """One rule; its destination may hold {area}, its reason also {need}, {phase}, {year} and {town}."""

    code: Code
    destination: Annotated[str, Field(pattern=r"^[a-z0-9]+(-([a-z0-9]+|\{area\}))*$", max_length=60)]
    reason: Sentence
    when: When = When()
    from_: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None

    @model_validator(mode="after")
    def _readable(self) -> Self:
        if self.from_ and self.until and self.from_ > self.until:
            raise ValueError("from is later than until: swap the two")
        try:
            self.reason.format_map(_ANY)
        except (KeyError, ValueError, IndexError, AttributeError):
            raise ValueError("the reason may hold {area}, {need}, {phase}, {year} and {town} only") from None
        return self

    def holds_on(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return (self.from_ is None or self.from_ <= day) and (self.until is None or day <= self.until)

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
                "need": NEED_WORDS[facts.need],
                "phase": PHASE_WORDS[facts.phase],
                "year": year_words(facts.year),
                "town": facts.town,
            }
        )


Test = Callable[[Facts], bool]


class Routing:
    """All rules in their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """``rules`` are checked data, see ``mistakes``."""
        self.rules = tuple(rules)
        compiled = [(rule, tuple(_tests(rule.when))) for rule in rules]
        # Most rules are about one request and one need: what can fit at all is sorted out beforehand.
        self._candidates = {
            (asks_for, need): [each for each in compiled if _may_fit(each[0].when, asks_for, need)]
            for asks_for in get_args(AsksFor)
            for need in get_args(Need)
        }

    def choose(self, facts: Facts) -> Rule:
        """The first rule that fits; the fallback always does."""
        for rule, tests in self._candidates[facts.asks_for, facts.need]:
            if rule.holds_on(facts.day) and _all(tests, facts):
                return rule
        raise LookupError("no rule fits: the routing data has no fallback")


def _may_fit(when: When, asks_for: AsksFor, need: Need) -> bool:
    return (when.asks_for is None or asks_for in when.asks_for) and (when.needs is None or need in when.needs)


def _all(tests: Sequence[Test], facts: Facts) -> bool:
    for test in tests:  # noqa: SIM110 (a generator costs more than the tests)
        if not test(facts):
            return False
    return True


def _tests(when: When) -> Iterator[Test]:
    for name, of in _ONE_OF.items():
        allowed = getattr(when, name)
        if allowed is not None:
            yield lambda facts, of=of, allowed=allowed: of(facts) in allowed  # type: ignore[misc]
    for name, of in _WITHIN.items():
        span = getattr(when, name)
        if span is not None:
            yield lambda facts, of=of, span=span: span.from_ <= of(facts) <= span.to  # type: ignore[misc]
    if when.any_need is not None:
        any_need = when.any_need
        yield lambda facts: not any_need.isdisjoint((facts.need, *facts.other_needs))
    if when.looked_after is not None:
        yield lambda facts: facts.looked_after == when.looked_after


_ONE_OF: dict[str, Callable[[Facts], object]] = {
    "phases": lambda facts: facts.phase,
    "areas": lambda facts: facts.area,
    "towns": lambda facts: facts.town,
    "urns": lambda facts: facts.urn,
    "sen_provision": lambda facts: facts.sen_provision,
    "triggers": lambda facts: facts.trigger,
}
_WITHIN: dict[str, Callable[[Facts], int]] = {
    "years": lambda facts: facts.year,
    "ages": lambda facts: facts.age,
}


def mistakes(
    rules: Sequence[Rule], destinations: set[str], areas: Sequence[Area]
) -> Iterator[tuple[int, str]]:
    """What is wrong with the rules as a whole: the place of the guilty one among them, and a sentence."""
    for at, rule in enumerate(rules):
        for code in sorted({rule.goes_to(area) for area in areas} - destinations):
            yield at, f"rule {rule.code} sends to {code}, which no file in teams describes"
    yield from _overlaps(rules)
    if not rules or not _is_fallback(rules[-1]):
        yield -1, "the last rule must be a fallback: no conditions and no dates"
    for at, rule in enumerate(rules[:-1]):
        if _is_fallback(rule):
            yield at, f"rule {rule.code} always fits, so that no rule after it is ever tried: put it last"


def _is_fallback(rule: Rule) -> bool:
    return rule.when.always and rule.from_ is None and rule.until is None


def _overlaps(rules: Sequence[Rule]) -> Iterator[tuple[int, str]]:
    for index, rule in enumerate(rules):
        for at, other in enumerate(rules[index + 1 :], index + 1):
            if other.code == rule.code and _meet(rule, other):
                yield at, f"rule {rule.code} has two versions that hold on the same day: set from and until"


def _meet(one: Rule, other: Rule) -> bool:
    starts = max(one.from_ or date.min, other.from_ or date.min)
    ends = min(one.until or date.max, other.until or date.max)
    return starts <= ends
