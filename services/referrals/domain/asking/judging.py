"""What is wrong with the answers so far, page by page, by the very rules that judge the API and the events."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain.asking.child_pages import CARE
from services.referrals.domain.asking.page import Page
from services.referrals.domain.asking.pages import CONTACTS, PAGES, PLACEMENT, YOUNG, applying
from services.referrals.domain.asking.questions import Answers, Question, value_at
from services.referrals.domain.form.about import About
from services.referrals.domain.form.checking import check
from services.referrals.domain.form.faults import fault

#: Where a sentence of the contract would speak of fields and codes, a page says it in its own words.
_ON_A_PAGE = {
    "upn-or-reason": "Enter the UPN, or choose why there is none",
    "upn-and-reason": "Either enter the UPN or choose why there is none, not both",
    "upn-invalid": "Check the UPN: 13 characters that begin with the right check letter",
    "nsa-only-with-k": "Choose the type of need: a need not assessed yet is for children at SEN support",
    "need-repeated": "Choose each need once: the main need does not stand among the other needs",
    "not-in-list": "Choose one of the answers",
    "adult-missing": "Add at least one parent, carer or other adult with responsibility for the child",
    "placement-missing": "Answer what is asked of the placement panel",
    "not-an-adult": "Choose another relation: the child stands on a page of its own",
    "need-by-missing": "Enter by when an answer is needed, since it is urgent",
}
#: What says too little without the question that it is about: the summary on top of a page stands apart from it.
_OF_A_QUESTION = {
    "wrong-type": "write this in another way: a number in digits, or one of the answers",
    "too-long": "this is too long; shorten it",
    "date-in-future": "this day is still to come; enter one that has passed",
    "date-order": "this day comes before the one that it should follow; check both",
    "not-a-date": "enter a real date as day, month and year, such as 27 3 2016",
    "unreadable-characters": "take out signs that cannot be read, such as line breaks within a name",
}
_CONTAINERS = ("referrer", "child", "agreement")
#: Where on a page a fault of a whole entry or part is shown.
_SHOWN_AT = {"contact-missing": "email", "own-contact-missing": "child.email"}


def form_of(answers: Answers, today: date) -> dict[str, Any]:
    """The form as it would be sent: without answers to pages that do not apply any more, and never half a part."""
    form = {name: value for name, value in answers.items() if value not in (None, [], {})}
    applies = set(applying(answers, today))
    for page in (CARE, PLACEMENT):
        if page not in applies:
            form.pop(page.parts[0], None)
    for part in (*_CONTAINERS, *(("placement",) if PLACEMENT in applies else ())):
        form[part] = dict(form.get(part) or {})
    return form


def judged(answers: Answers, about: About) -> ReferralSubmission | list[Fault]:
    """The checked form, or every fault that keeps it from being sent."""
    form = form_of(answers, about.today)
    found = check(json.dumps(form, ensure_ascii=True).encode(), about)
    unanswered = list(_unanswered(form))
    if isinstance(found, ReferralSubmission):
        return unanswered or found
    return [*unanswered, *found]


def _unanswered(form: Mapping[str, Any]) -> Iterator[Fault]:
    """What the contract may leave out for programs, or cannot tell yet, but a person is asked."""
    if value_at(form, "child.looked_after") is None:
        yield fault("child.looked_after", "missing")
    if not form.get("adults") and value_at(form, "child.born") is None:
        yield fault("adults", "adult-missing")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right on a page: ``question`` is None where it is the page as a whole, or its list."""

    page: Page
    question: Question | None
    message: str
    code: str
    field: str
    index: int | None = None  # of the entry in a list


def problems(answers: Answers, about: About) -> list[Problem]:
    """Every fault where a person can put it right, in the order of the pages."""
    found = judged(answers, about)
    return placed(found if isinstance(found, list) else (), answers, about.today)


def placed(faults: Iterable[Fault], answers: Answers, today: date) -> list[Problem]:
    """Faults of a form with the page where each is put right, in the order of the pages."""
    found = [_placed(each, answers, today) for each in faults]
    return sorted(found, key=lambda each: (PAGES.index(each.page), each.index or 0, each.field))


def on_page(page: Page, found: Iterable[Problem], index: int | None = None) -> list[Problem]:
    """The problems of one page, in the order of its questions; with ``index`` those of one entry of its list."""
    order = {question: place for place, question in enumerate(page.questions)}
    mine = [each for each in found if each.page is page and each.index == index]
    return sorted(mine, key=lambda each: order.get(each.question, 99) if each.question else 99)


def _placed(each: Fault, answers: Answers, today: date) -> Problem:
    page, index, rest = _page_of(each, answers, today)
    question = _question_of(page, _SHOWN_AT.get(each.code, rest))
    message = _ON_A_PAGE.get(each.code, each.message.rstrip("."))
    if question is not None:
        message = _about(question, each.code) or message
    return Problem(page, question, message, each.code, each.field, index)


def _about(question: Question, code: str) -> str | None:
    """A sentence that is of use only with the question's own words, or None where there is none for this fault."""
    if code in ("missing", "empty"):
        return question.ask or None
    if code == "wrong-type" and question.kind == "number":
        return f"{question.label}: enter a number in digits, such as 4"
    said = _OF_A_QUESTION.get(code)
    return said and f"{question.label.rstrip('?')}: {said}"


def _page_of(each: Fault, answers: Answers, today: date) -> tuple[Page, int | None, str]:
    first, _, rest = each.field.partition(".")
    for page in PAGES:
        if page.entry and page.parts[0] == first:
            number, _, inner = rest.partition(".")
            return page, int(number) if number.isdecimal() else None, inner
    if each.code == "own-contact-missing" and not YOUNG.when(answers, today):
        return CONTACTS, None, ""
    exact = [page for page in PAGES if _question_of(page, each.field) and not page.entry]
    whole = [page for page in PAGES if first in page.parts]
    return (exact or whole or [PAGES[0]])[0], None, each.field


def _question_of(page: Page, path: str) -> Question | None:
    def near(question: Question) -> bool:
        return question.path == path or path.startswith(f"{question.path}.")

    return next(filter(near, page.questions), None)


# How far each page is ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a page is: "done", "to do", "look again" (something does not fit), "optional" (nothing said yet)."""

    page: Page
    state: str


def progress(answers: Answers, about: About) -> Iterator[Progress]:
    """How far each page is that applies, in order."""
    found = problems(answers, about)
    for page in applying(answers, about.today):
        mine = [each for each in found if each.page is page]
        answered = _answered(page, answers)
        if mine:
            yield Progress(page, "look again" if answered and _wrong(mine) else "to do")
        else:
            yield Progress(page, "done" if answered else "optional")


def _wrong(found: list[Problem]) -> bool:
    return any(each.code not in ("missing", "upn-or-reason", "adult-missing") for each in found)


def _answered(page: Page, answers: Answers) -> bool:
    if page.entry:
        return bool(answers.get(page.parts[0]))
    return any(value_at(answers, question.path) not in (None, "", []) for question in page.questions)
