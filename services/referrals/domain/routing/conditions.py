"""Conditions on a referral as data: those of a rule, and those of a destination that is not for everybody."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.codes import Area, AsksFor, Need, Phase, SenProvision, Trigger
from services.referrals.domain.routing.entries import FileEntry


class Span(FileEntry):
    """From and to, both included; what is left out is open."""

    from_: Annotated[int, Field(alias="from", ge=-4, le=25)] = -4
    to: Annotated[int, Field(ge=-4, le=25)] = 25

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.from_ > self.to:
            raise ValueError("from is greater than to: swap the two")
        return self

    def holds(self, number: int) -> bool:
        """Whether a number lies within."""
        return self.from_ <= number <= self.to


Some = Annotated[frozenset[str], Field(min_length=1)]


class Who(FileEntry):
    """Conditions on the child; all that are given must hold."""

    needs: Annotated[frozenset[Need], Field(min_length=1)] | None = None
    any_need: Annotated[frozenset[Need], Field(min_length=1)] | None = None
    phases: Annotated[frozenset[Phase], Field(min_length=1)] | None = None
    years: Span | None = None
    ages: Span | None = None
    sen_provision: Annotated[frozenset[SenProvision], Field(min_length=1)] | None = None
    looked_after: bool | None = None

    @property
    def always(self) -> bool:
        """Whether there is no condition at all."""
        return not self.model_fields_set


class When(Who):
    """The conditions of a rule: on the child, on what is asked for, and on the school."""

    asks_for: Annotated[frozenset[AsksFor], Field(min_length=1)] | None = None
    areas: Annotated[frozenset[Area], Field(min_length=1)] | None = None
    towns: Some | None = None
    urns: Some | None = None
    triggers: Annotated[frozenset[Trigger], Field(min_length=1)] | None = None


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


Test = Callable[[Facts], bool]

#: Conditions that list what is allowed, and the one fact that each looks at.
ONE_OF: Mapping[str, Callable[[Facts], str | None]] = {
    "asks_for": lambda facts: facts.asks_for,
    "needs": lambda facts: facts.need,
    "phases": lambda facts: facts.phase,
    "areas": lambda facts: facts.area,
    "towns": lambda facts: facts.town,
    "urns": lambda facts: facts.urn,
    "sen_provision": lambda facts: facts.sen_provision,
    "triggers": lambda facts: facts.trigger,
}
#: Conditions that say from where to where.
WITHIN: Mapping[str, Callable[[Facts], int]] = {
    "years": lambda facts: facts.year,
    "ages": lambda facts: facts.age,
}


def compiled(who: Who, *, known: frozenset[str] = frozenset()) -> tuple[Test, ...]:
    """A test for each condition, but for those that are ``known`` to hold."""
    return tuple(_tests(who, known))


def passes(tests: Sequence[Test], facts: Facts) -> bool:
    """Whether all tests hold."""
    for test in tests:  # noqa: SIM110 (a generator costs more than the tests)
        if not test(facts):
            return False
    return True


def _tests(who: Who, known: frozenset[str]) -> Iterator[Test]:
    for name, of in ONE_OF.items():
        allowed = getattr(who, name, None)
        if allowed is not None and name not in known:
            yield lambda facts, of=of, allowed=allowed: of(facts) in allowed  # type: ignore[misc]
    for name, number_of in WITHIN.items():
        span = getattr(who, name)
        if span is not None:
            yield lambda facts, of=number_of, span=span: span.from_ <= of(facts) <= span.to  # type: ignore[misc]
    if who.any_need is not None:
        any_need = who.any_need
        yield lambda facts: not any_need.isdisjoint((facts.need, *facts.other_needs))
    if who.looked_after is not None:
        yield lambda facts: facts.looked_after == who.looked_after
