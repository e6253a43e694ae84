"""Who could help: which rules may fit a child of whom only a need, an age or a town is known, or none of them.

It follows the same rules as a referral does, so that the directory cannot promise what routing would not do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from schemas.codes import Area, AsksFor, DestinationKind, Need
from schemas.words import NEEDS
from services.referrals.domain.book import Book
from services.referrals.domain.children.ages import phase_of
from services.referrals.domain.register.places import AREAS
from services.referrals.domain.routing.conditions import Who
from services.referrals.domain.routing.eligibility import asked, for_whom
from services.referrals.domain.routing.rules import Routing, Rule
from services.referrals.domain.routing.teams import Destination

Verdict = Literal["yes", "no", "perhaps"]

#: How one comes to each kind of destination, where its data file does not say.
HOW_TO_REFER: dict[DestinationKind, str] = {
    "advisory-team": "The SENCo of the school or setting signs in and fills in the referral form, once it is agreed "
    "with the family. Families: ask the school or setting; for an under-five also the health visitor.",
    "outreach": "The SENCo signs in and asks for outreach. It goes to the co-ordinator of the school’s area.",
    "triage": "The SENCo signs in and fills in the referral form. What is read here first is passed on from here.",
    "statutory-assessment": "A school or setting signs in and asks for an assessment. A parent, or a young person of "
    "16 or over, can also ask for one themselves, by a letter to the team.",
    "placement-panel": "The EHC Co-ordinator brings a case to the panel. Families and schools: ask that co-ordinator.",
    "education-support-centre": "Only schools may refer. The SENCo signs in and asks for a short placement.",
    "high-needs-funding": "The SENCo signs in and applies for top-up funding before the closing date.",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a child; None is not known."""

    need: Need | None = None
    age: int | None = None
    town: str | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing is known."""
        return self == Wanted()


@dataclass(frozen=True, slots=True)
class Helper:
    """A destination that may fit, and the rules that lead to it in the words of the public directory."""

    destination: Destination
    why: tuple[str, ...]

    @property
    def how_to_refer(self) -> str:
        """How one comes to it."""
        return how_to_refer(self.destination)

    @property
    def for_whom(self) -> str | None:
        """For whom it is, where it is not for everybody."""
        return for_whom(self.destination)

    @property
    def asks(self) -> list[str]:
        """What it asks to see, each as a phrase."""
        return asked(self.destination)


def how_to_refer(destination: Destination) -> str:
    """How one comes to a destination."""
    return destination.how_to_refer or HOW_TO_REFER[destination.kind]


def helpers(book: Book, wanted: Wanted, today: date) -> list[Helper]:
    """Those who take referrals today and may fit, each once, in the order of the data files."""
    if wanted.nothing:
        return [Helper(each, ()) for each in book.destinations.open(today)]
    area = area_of(book, wanted.town)
    name = area and book.register.areas[area].name
    found: dict[str, list[str]] = {}
    for asks_for in get_args(AsksFor):
        for rule, codes in _possible(book.routing, asks_for, wanted, area, today):
            for code in codes:
                found.setdefault(code, []).append(_reason(rule, wanted, name))
    return [
        Helper(each, tuple(dict.fromkeys(found[each.code])))
        for each in book.destinations.open(today)
        if each.code in found
    ]


def area_of(book: Book, town: str | None) -> Area | None:
    """The area that a town belongs to."""
    if town is None:
        return None
    return next((area.code for area in book.register.areas.values() if town in area.towns), None)


def _reason(rule: Rule, wanted: Wanted, area_name: str | None) -> str:
    """The rule's reason in the words of what was asked; what was not asked stays general."""
    known = {
        "need": NEEDS[wanted.need] if wanted.need else None,
        "area": area_name,
        "town": wanted.town,
        "year": "this year group",
        "phase": "this age",
    }
    general = {"need": "the main need", "area": "the area", "town": "the town"}
    return rule.reason.format_map({name: words or general[name] for name, words in known.items()})


def _areas(rule: Rule, area: Area | None) -> Iterable[Area]:
    return [area] if area else rule.when.areas or AREAS


def _possible(
    routing: Routing, asks_for: AsksFor, wanted: Wanted, area: Area | None, today: date
) -> Iterator[tuple[Rule, list[str]]]:
    """The rules that may be the first to fit, with where they may lead: up to one that certainly does."""
    for rule in routing.rules:
        if not rule.holds_on(today):
            continue
        verdicts = set(_verdicts(rule.when, asks_for, wanted, area))
        if "no" in verdicts:
            continue
        taken = _taken(routing, rule, asks_for, wanted, area, today)
        codes = sorted({code for code, found in taken if "no" not in found})
        if codes:
            yield rule, codes
        if not verdicts.union(*(found for _, found in taken)) - {"yes"}:
            return


def _taken(
    routing: Routing, rule: Rule, asks_for: AsksFor, wanted: Wanted, area: Area | None, today: date
) -> list[tuple[str, set[Verdict]]]:
    """Each destination to which a rule may lead, and what its own conditions say of the child."""
    found: list[tuple[str, set[Verdict]]] = []
    for each in _areas(rule, area):
        goes = routing.goes_to(rule, each, today)
        verdicts = set(_verdicts(goes.for_, asks_for, wanted, area)) if goes.holds_on(today) else {_NO}
        found.append((goes.code, verdicts))
    return found


_NO: Verdict = "no"


def _verdicts(who: Who, asks_for: AsksFor, wanted: Wanted, area: Area | None) -> Iterator[Verdict]:
    return (_judged(who, name, asks_for, wanted, area) for name in who.model_fields_set)


def _judged(who: Who, condition: str, asks_for: AsksFor, wanted: Wanted, area: Area | None) -> Verdict:
    allowed = getattr(who, condition)
    if condition == "asks_for":
        return _one(asks_for, allowed)
    if condition == "needs":
        return _one(wanted.need, allowed)
    if condition == "any_need":
        # It may be among the other needs, of which nothing is known here.
        return "yes" if wanted.need in allowed else "perhaps"
    if condition == "areas":
        return _one(area, allowed)
    if condition == "towns":
        return _one(wanted.town, allowed)
    if condition == "ages":
        return "perhaps" if wanted.age is None else _one(allowed.holds(wanted.age), {True})
    if condition in ("years", "phases") and wanted.age is not None:
        # At an age one is in either of two year groups, by the month of birth.
        years = (wanted.age - 5, wanted.age - 4)
        fits = [phase_of(year) in allowed if condition == "phases" else allowed.holds(year) for year in years]
        return "yes" if all(fits) else "perhaps" if any(fits) else "no"
    return "perhaps"


def _one(known: object, allowed: Iterable[object]) -> Verdict:
    if known is None:
        return "perhaps"
    return "yes" if known in allowed else "no"
