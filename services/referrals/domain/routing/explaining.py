"""Why a referral goes where it goes, in words: every rule that was tried, and what kept it from fitting."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from schemas.codes import DestinationKind
from schemas.words import NEEDS
from services.referrals.domain.routing.conditions import Facts, Span, When, Who
from services.referrals.domain.routing.rules import Routing, Rule
from services.referrals.domain.words import NEED_IN_SHORT, PHASE_WORDS

_KINDS: dict[DestinationKind, str] = {
    "advisory-team": "Advisory team",
    "outreach": "Outreach",
    "statutory-assessment": "Statutory assessment",
    "placement-panel": "Placement panel",
    "triage": "Triage",
    "education-support-centre": "Education Support Centre",
    "high-needs-funding": "Local high needs funding",
}
_PROVISION = {"E": "EHCP", "K": "no EHCP", "N": "no EHCP, no SEN support"}


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule that was tried; ``against`` says in words why it did not fit, empty for the one that decides."""

    rule: Rule
    against: tuple[str, ...]


def grounds(kind: DestinationKind, rule: Rule, facts: Facts) -> str:
    """The grounds in one line, such as "Outreach, DSPL5: Hatfield school, learning, no EHCP; rule outreach-2025-09"."""
    return (
        f"{_KINDS[kind]}, {facts.area}: {facts.town} school, {NEED_IN_SHORT[facts.need]}, "
        f"{_PROVISION[facts.sen_provision]}; rule {rule.code}"
    )


def tried(routing: Routing, facts: Facts) -> list[Tried]:
    """The rules in their order up to the one that fits."""
    found: list[Tried] = []
    for rule in routing.rules:
        found.append(Tried(rule, tuple(_against(routing, rule, facts))))
        if not found[-1].against:
            break
    return found


def _against(routing: Routing, rule: Rule, facts: Facts) -> Iterator[str]:
    if not rule.holds_on(facts.day):
        yield f"it holds {rule.dates}, not on {facts.day}"
    yield from _of_request(rule.when, facts)
    wrong = list(_of_child(rule.when, facts))
    yield from wrong
    goes = routing.goes_to(rule, facts.area, facts.day)
    if not goes.holds_on(facts.day):
        yield f"{goes.code} takes referrals {goes.dates}, not on {facts.day}"
    elif not wrong:
        yield from (f"{goes.code} is not for this child: {each}" for each in _of_child(goes.for_, facts))


def _of_request(when: When, facts: Facts) -> Iterator[str]:
    lists = (
        ("what is asked for", when.asks_for, facts.asks_for),
        ("the area", when.areas, facts.area),
        ("the town", when.towns, facts.town),
        ("the school", when.urns, facts.urn),
        ("the reason for a placement", when.triggers, facts.trigger),
    )
    yield from _not_among(lists)


def _of_child(who: Who, facts: Facts) -> Iterator[str]:
    lists = (
        ("the main need", who.needs, facts.need),
        ("the phase", who.phases, facts.phase),
        ("the SEN provision", who.sen_provision, facts.sen_provision),
    )
    yield from _not_among(lists)
    yield from _outside("the year group", who.years, facts.year)
    yield from _outside("the age", who.ages, facts.age)
    if who.any_need is not None and who.any_need.isdisjoint((facts.need, *facts.other_needs)):
        yield f"no need is {_one_of(sorted(who.any_need))}"
    if who.looked_after is not None and who.looked_after != facts.looked_after:
        yield "the child is not looked after" if who.looked_after else "the child is looked after"


def _not_among(lists: Iterable[tuple[str, frozenset[Any] | None, str | None]]) -> Iterator[str]:
    for what, allowed, given in lists:
        if allowed is not None and given not in allowed:
            yield f"{what} is {given or 'none'}, not {_one_of(sorted(allowed))}"


def _outside(what: str, span: Span | None, given: int) -> Iterator[str]:
    if span is not None and not span.holds(given):
        yield f"{what} is {given}, not {span.from_} to {span.to}"


def _one_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def about(facts: Facts) -> str:
    """What the rules look at, in words that name nobody."""
    return (
        f"{facts.asks_for} for a child of {facts.age} ({PHASE_WORDS[facts.phase]}), {NEEDS[facts.need]}, "
        f"SEN provision {facts.sen_provision}, at a school in {facts.town} ({facts.area}), on {facts.day}"
    )
