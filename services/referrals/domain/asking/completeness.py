"""What the destination will ask for: said before the form is sent, so that nothing comes back for a missing paper."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from services.referrals.domain.asking.child_pages import CARE
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
from services.referrals.domain.book import Book
from services.referrals.domain.form.reading import Malformed, read
from services.referrals.domain.routing import sending
from services.referrals.domain.routing.eligibility import Given, Lacking, lacks
from services.referrals.domain.routing.rules import Facts
from services.referrals.domain.routing.sending import Way, facts_of_form


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
    return sending.way(book.routing, facts)


def _facts(answers: Answers, book: Book, today: date) -> Facts | None:
    form, _ = read(json.dumps(form_of(answers, today), ensure_ascii=True).encode())
    setting = book.register.find(form.urn)
    if setting is None or not form.child.born <= today:
        return None
    return facts_of_form(form, setting, book.register, today)


def wanted(answers: Answers, way: Way | None, today: date) -> list[Wanted]:
    """All that will be asked for, in the order of the pages; as far as it can be said without a destination, too."""
    applies = applying(answers, today)
    asked = lacks(way.destination, _given(answers), today) if way else ()
    found = [*_of_everybody(answers), *(Wanted(_PAGE_OF[each.what], each.words) for each in asked)]
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


def _given(answers: Answers) -> Given:
    rounds = [each for each in answers.get("tried") or () if isinstance(each, dict)]
    agreed = value_at(answers, "agreement.agreed")
    return Given(
        rounds=len(rounds),
        reviewed=tuple(filter(None, (_day(value_at(each, "reviewed")) for each in rounds))),
        evidence=frozenset(
            str(each.get("kind")) for each in answers.get("evidence") or () if isinstance(each, dict)
        ),
        parents_say=bool(value_at(answers, "views.parents_say")),
        child_says=bool(value_at(answers, "views.child_says")),
        agreed=agreed if isinstance(agreed, bool) else None,
    )


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


#: Where each is said.
_PAGE_OF: Mapping[Lacking, Page] = {
    "cycles": TRIED,
    "recent-cycle": TRIED,
    "agreement": AGREEMENT,
    "parents-views": PARENTS,
    "childs-views": CHILDS,
    "evidence": EVIDENCE,
}
