"""Why a referral goes where it goes, in words: every rule that was tried, and what kept it from fitting."""

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.codes import DestinationKind
from services.referrals.domain.routing import Facts, Routing, Rule, Span
from services.referrals.domain.words import NEED_WORDS, PHASE_WORDS

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
    """The ground of a choice in one line, such as "Outreach, DSPL5: Hatfield school, SLD, no EHCP; rule outreach"."""
    return (
        f"{_KINDS[kind]}, {facts.area}: {facts.town} school, {NEED_WORDS[facts.need]}, "
        f"{_PROVISION[facts.sen_provision]}; rule {rule.code}"
    )


def tried(routing: Routing, facts: Facts) -> list[Tried]:
    """The rules in their order up to the one that fits."""
    found: list[Tried] = []
    for rule in routing.rules:
        found.append(Tried(rule, tuple(_against(rule, facts))))
        if not found[-1].against:
            break
    return found


def _against(rule: Rule, facts: Facts) -> Iterator[str]:
    when = rule.when
    if not rule.holds_on(facts.day):
        yield f"it holds {_dates(rule)}, not on {facts.day}"
    lists = (
        ("what is asked for", when.asks_for, facts.asks_for),
        ("the main need", when.needs, facts.need),
        ("the phase", when.phases, facts.phase),
        ("the area", when.areas, facts.area),
        ("the town", when.towns, facts.town),
        ("the school", when.urns, facts.urn),
        ("the SEN provision", when.sen_provision, facts.sen_provision),
        ("the reason for a placement", when.triggers, facts.trigger),
    )
    for what, allowed, given in lists:
        if allowed is not None and given not in allowed:
            yield f"{what} is {given}, not {_one_of(sorted(allowed))}"
    yield from _outside("the year group", when.years, facts.year)
    yield from _outside("the age", when.ages, facts.age)
    if when.any_need is not None and when.any_need.isdisjoint((facts.need, *facts.other_needs)):
        yield f"no need is {_one_of(sorted(when.any_need))}"
    if when.looked_after is not None and when.looked_after != facts.looked_after:
        yield "the child is not looked after" if when.looked_after else "the child is looked after"


def _outside(what: str, span: Span | None, given: int) -> Iterator[str]:
    if span is not None and not span.from_ <= given <= span.to:
        yield f"{what} is {given}, not {span.from_} to {span.to}"


def _one_of(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def _dates(rule: Rule) -> str:
    starts = f"from {rule.from_}" if rule.from_ else ""
    ends = f"until {rule.until}" if rule.until else ""
    return " ".join(part for part in (starts, ends) if part)


def about(facts: Facts) -> str:
    """What the rules look at, in words that name nobody."""
    return (
        f"{facts.asks_for} for a child of {facts.age} ({PHASE_WORDS[facts.phase]}), {NEED_WORDS[facts.need]}, "
        f"SEN provision {facts.sen_provision}, at a school in {facts.town} ({facts.area}), on {facts.day}"
    )
