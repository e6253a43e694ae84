"""Who could help: which rules may fit a child of whom only a need, an age or a town is known, or none of them.

It follows the same rules as a referral does, so that the directory cannot promise what routing would not do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from schemas.codes import Area, AsksFor, DestinationKind, Need
from services.referrals.domain.ages import phase_of
from services.referrals.domain.intake import Book
from services.referrals.domain.places import AREAS
from services.referrals.domain.routing import Rule, When
from services.referrals.domain.teams import Destination
from services.referrals.domain.words import NEED_WORDS

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


def how_to_refer(destination: Destination) -> str:
    """How one comes to a destination."""
    return destination.how_to_refer or HOW_TO_REFER[destination.kind]


def helpers(book: Book, wanted: Wanted, today: date) -> list[Helper]:
    """Those who may fit, each once, in the order of the data files; everybody where nothing is known."""
    if wanted.nothing:
        return [Helper(each, ()) for each in book.destinations.values()]
    area = area_of(book, wanted.town)
    found: dict[str, list[str]] = {}
    for asks_for in get_args(AsksFor):
        for rule in _possible(book.routing.rules, asks_for, wanted, area, today):
            for code in sorted({rule.goes_to(each) for each in _areas(rule, area)}):
                found.setdefault(code, []).append(
                    _reason(rule, wanted, area and book.register.areas[area].name)
                )
    return [
        Helper(each, tuple(dict.fromkeys(found[code])))
        for code, each in book.destinations.items()
        if code in found
    ]


def area_of(book: Book, town: str | None) -> Area | None:
    """The area that a town belongs to."""
    if town is None:
        return None
    return next((area.code for area in book.register.areas.values() if town in area.towns), None)


def _reason(rule: Rule, wanted: Wanted, area_name: str | None) -> str:
    """The rule's reason in the words of what was asked; what was not asked stays general."""
    known = {
        "need": NEED_WORDS[wanted.need] if wanted.need else None,
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
    rules: Iterable[Rule], asks_for: AsksFor, wanted: Wanted, area: Area | None, today: date
) -> Iterator[Rule]:
    """The rules that may be the first to fit: up to one that certainly does."""
    for rule in rules:
        if not rule.holds_on(today):
            continue
        verdicts = {_judged(rule.when, name, asks_for, wanted, area) for name in rule.when.model_fields_set}
        if "no" in verdicts:
            continue
        yield rule
        if "perhaps" not in verdicts:
            return


def _judged(when: When, condition: str, asks_for: AsksFor, wanted: Wanted, area: Area | None) -> Verdict:
    allowed = getattr(when, condition)
    if condition == "asks_for":
        return _one(asks_for, allowed)
    if condition in ("needs", "any_need"):
        return _one(wanted.need, allowed)
    if condition == "areas":
        return _one(area, allowed)
    if condition == "towns":
        return _one(wanted.town, allowed)
    if condition == "ages":
        return "perhaps" if wanted.age is None else _one(allowed.from_ <= wanted.age <= allowed.to, {True})
    if condition in ("years", "phases") and wanted.age is not None:
        # At an age one is in either of two year groups, by the month of birth.
        years = (wanted.age - 5, wanted.age - 4)
        fits = [
            phase_of(year) in allowed if condition == "phases" else allowed.from_ <= year <= allowed.to
            for year in years
        ]
        return "yes" if all(fits) else "perhaps" if any(fits) else "no"
    return "perhaps"


def _one(known: object, allowed: Iterable[object]) -> Verdict:
    if known is None:
        return "perhaps"
    return "yes" if known in allowed else "no"
