"""What is wrong with rules and destinations as a whole, found before the service starts."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from schemas.codes import Area
from services.referrals.domain.routing.conditions import ONE_OF, WITHIN, Who
from services.referrals.domain.routing.rules import Rule
from services.referrals.domain.routing.teams import Destination, Destinations

Mistake = tuple[int, str]
_DAY = timedelta(days=1)


def of_destinations(described: Sequence[Destination]) -> Iterator[Mistake]:
    """Versions of one destination that do not go together: the place of the guilty one, and a sentence."""
    for at, each in enumerate(described):
        for other in described[:at]:
            if other.code != each.code:
                continue
            if other.meets(each):
                yield (
                    at,
                    f"destination {each.code} is described twice for the same day: set from and until, "
                    "or take one out",
                )
            elif other.kind != each.kind:
                yield at, f"destination {each.code} was of another kind before: give it a code of its own"


def mistakes(rules: Sequence[Rule], destinations: Destinations, areas: Sequence[Area]) -> Iterator[Mistake]:
    """What is wrong with the rules as a whole: the place of the guilty one among them, and a sentence."""
    for at, rule in enumerate(rules):
        codes = sorted({rule.goes_to(area) for area in rule.when.areas or areas})
        for code in codes:
            if code not in destinations:
                yield at, f"rule {rule.code} sends to {code}, which no file in teams describes"
            else:
                yield from ((at, what) for what in _misled(rule, code, destinations.versions[code]))
    yield from _overlaps(rules)
    yield from _fallback(rules, destinations, areas)


def _misled(rule: Rule, code: str, versions: Sequence[Destination]) -> Iterator[str]:
    """A rule that sends somebody where nobody is, or where nobody whom it sends would be taken."""
    day = _uncovered(rule, versions)
    if day is not None:
        yield (
            f"rule {rule.code} sends to {code} {_named(day, versions[0])}, when nobody is taken there: set the "
            "rule's from and until, or the destination's"
        )
    for each in versions:
        why = _excluded(rule.when, each.for_) if each.meets(rule) else None
        if why:
            yield f"rule {rule.code} sends to {code}, which takes nobody whom the rule sends: {why}"


def _uncovered(rule: Rule, versions: Sequence[Destination]) -> date | None:
    """The first day of the rule on which no version of its destination holds."""
    day = rule.starts
    for each in versions:
        if each.starts > day:
            break
        if each.ends >= rule.ends:
            return None
        day = max(day, each.ends + _DAY)
    return day


def _named(day: date, first: Destination) -> str:
    return f"before {first.starts}" if day < first.starts else f"on {day}"


def _excluded(rule: Who, destination: Who) -> str | None:
    """Which condition nobody can meet who meets the rule's."""
    for name in ONE_OF:
        one, other = getattr(rule, name, None), getattr(destination, name, None)
        if one and other and one.isdisjoint(other):
            return f"{name} have nothing in common"
    for name in WITHIN:
        span, within = getattr(rule, name), getattr(destination, name)
        if span and within and (span.to < within.from_ or within.to < span.from_):
            return f"{name} have nothing in common"
    if (
        None not in (rule.looked_after, destination.looked_after)
        and rule.looked_after != destination.looked_after
    ):
        return "looked_after says the contrary"
    return None


def _fallback(rules: Sequence[Rule], destinations: Destinations, areas: Sequence[Area]) -> Iterator[Mistake]:
    if not rules or not _is_fallback(rules[-1]):
        yield -1, "the last rule must be a fallback: no conditions and no dates"
        return
    for code in sorted({rules[-1].goes_to(area) for area in areas} & set(destinations)):
        if any(not each.for_.always for each in destinations.versions[code]):
            yield -1, f"the last rule sends to {code}, which is not for everybody: take its `for` out"
    for at, rule in enumerate(rules[:-1]):
        if _is_fallback(rule) and all(
            each.for_.always and not each.dates
            for area in areas
            for each in destinations.versions.get(rule.goes_to(area), ())
        ):
            yield at, f"rule {rule.code} always fits, so that no rule after it is ever tried: put it last"


def _is_fallback(rule: Rule) -> bool:
    return rule.when.always and not rule.dates


def _overlaps(rules: Sequence[Rule]) -> Iterator[Mistake]:
    for index, rule in enumerate(rules):
        for at, other in enumerate(rules[index + 1 :], index + 1):
            if other.code == rule.code and rule.meets(other):
                yield at, f"rule {rule.code} has two versions that hold on the same day: set from and until"
