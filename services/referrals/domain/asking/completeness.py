"""What the destination will ask for: said before the form is sent, so that nothing comes back for a missing paper."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from services.referrals.domain.asking.child_pages import CARE
from services.referrals.domain.asking.choices import EVIDENCE_KINDS
from services.referrals.domain.asking.judging import form_of
from services.referrals.domain.asking.page import Page
from services.referrals.domain.asking.pages import (
    AGREEMENT,
    CHILDS,
    CONTACTS,
    EVIDENCE,
    PARENTS,
    TRIED,
    YOUNG,
    applying,
)
from services.referrals.domain.asking.questions import Answers, value_at
from services.referrals.domain.intake import Book
from services.referrals.domain.reading import Malformed, read
from services.referrals.domain.routing import Facts
from services.referrals.domain.sending import facts_of_form
from services.referrals.domain.teams import Destination


@dataclass(frozen=True, slots=True)
class Way:
    """Where the answers so far lead: the destination, and why."""

    destination: Destination
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that the destination will ask for, and the page where it is said. It keeps nobody from sending."""

    page: Page
    words: str


def way_of(answers: Answers, book: Book, today: date) -> Way | None:
    """Where the form would go as it stands, or None while too little is known."""
    try:
        facts = _facts(answers, book, today)
    except Malformed:
        return None
    if facts is None:
        return None
    rule = book.routing.choose(facts)
    return Way(book.destinations[rule.goes_to(facts.area)], rule.reason_for(facts))


def _facts(answers: Answers, book: Book, today: date) -> Facts | None:
    form, _ = read(json.dumps(form_of(answers, today), ensure_ascii=True).encode())
    setting = book.register.find(form.urn)
    if setting is None or not form.child.born <= today:
        return None
    return facts_of_form(form, setting, book.register, today)


def wanted(answers: Answers, way: Way | None, today: date) -> list[Wanted]:
    """All that will be asked for, in the order of the pages; as far as it can be said without a destination, too."""
    applies = applying(answers, today)
    found = [*_of_everybody(answers), *(_of(way.destination, answers, today) if way else ())]
    return sorted((each for each in found if each.page in applies), key=lambda each: applies.index(each.page))


def _of_everybody(answers: Answers) -> Iterator[Wanted]:
    if value_at(answers, "views.young_person_asked") is not True:
        yield Wanted(
            YOUNG, "Young people of 16 and over are asked directly: say what they think of this referral."
        )
    if not (value_at(answers, "care.social_worker") or value_at(answers, "care.virtual_school")):
        yield Wanted(CARE, "Name the social worker or the Virtual School, who are involved from the start.")
    adults = [each for each in answers.get("adults") or () if isinstance(each, dict)]
    if adults and not any(each.get("may_be_told") is True for each in adults):
        yield Wanted(
            CONTACTS, "Nobody of the family may be told: they will hear of this referral from you alone."
        )


def _of(destination: Destination, answers: Answers, today: date) -> Iterator[Wanted]:
    name, asks = f"The {destination.name}", destination.asks
    yield from _of_rounds(name, destination, answers, today)
    if asks.agreement and value_at(answers, "agreement.agreed") is False:
        yield Wanted(
            AGREEMENT, f"{name} works with the family's agreement: they will ask what was done about it."
        )
    if asks.views and not value_at(answers, "views.parents_say"):
        yield Wanted(PARENTS, f"{name} will ask what the parents say.")
    if asks.views and not value_at(answers, "views.child_says"):
        yield Wanted(CHILDS, f"{name} will ask what the child says.")
    given = {each.get("kind") for each in answers.get("evidence") or () if isinstance(each, dict)}
    for kind in asks.evidence:
        if kind not in given:
            yield Wanted(EVIDENCE, f"{name} will ask for this: {_KINDS[kind]}.")


def _of_rounds(name: str, destination: Destination, answers: Answers, today: date) -> Iterator[Wanted]:
    asks, rounds = destination.asks, answers.get("tried") or []
    if len(rounds) < asks.cycles:
        number = "one round" if asks.cycles == 1 else f"{asks.cycles} rounds"
        yield Wanted(
            TRIED, f"{name} asks for {number} of assess, plan, do, review; you have given {len(rounds)}."
        )
    elif asks.within_months is not None and rounds:
        since = today - relativedelta(months=asks.within_months)
        if not any(since.isoformat() <= str(value_at(each, "reviewed") or "") for each in rounds):
            words = f"{name} asks for a round that was reviewed within the last {asks.within_months} months."
            yield Wanted(TRIED, words)


_KINDS = {option.value: option.text[:1].lower() + option.text[1:] for option in EVIDENCE_KINDS}
