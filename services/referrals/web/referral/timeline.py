"""The history of a referral in words: every step with who took it, when, and what they wrote."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.english import capital, in_words
from chassis.web.look.words import moment
from schemas.personal_v1 import ReferralPapers
from schemas.words import DECLINED, OWNERS, WITHDRAWALS
from services.referrals.domain.book import Book
from services.referrals.domain.referral import CLOCK, FAMILY, PANEL, RULES, Referral, Step, What
from services.referrals.domain.story_of_panels import PLACE_WORDS
from services.referrals.domain.words import (
    CLOSING_WORDS,
    CONCLUSION_WORDS,
    HELPED_WORDS,
    RETURN_WORDS,
    VISIT_WORDS,
)

_TITLES: Mapping[What, str] = {
    "received": "The school sent the referral",
    "routed": "It was sent on",
    "waiting": "It waits for a panel that does not sit yet",
    "accepted": "The team took it on",
    "assigned": "It was given to somebody",
    "asked": "The school was asked a question",
    "answered": "The school answered",
    "returned": "It was returned to the school with advice",
    "visit-arranged": "A visit or training was arranged",
    "visit-moved": "A visit or training was moved",
    "visit-done": "A visit or training took place",
    "concluded": "The outcome was recorded",
    "reviewed": "School and family said whether it helped",
    "stepped": "It goes on at another rung of support",
    "closed": "It was closed",
    "reopened": "It was reopened",
    "amended": "The school changed it",
    "evidence-added": "The school added evidence",
    "withdrawal-asked": "The school asked to withdraw it",
    "withdrawn": "It was withdrawn",
    "papers-requested": "The EHC co-ordinator asked for papers that are missing",
    "withdrawal-answered": "The panel answered the wish to withdraw it",
    "evidence-answered": "The panel answered about the evidence that came late",
    "answer-due": "The team was reminded of its promise",
    "overdue": "The team did not keep its promise",
    "school-overdue": "The school did not answer in time",
    "review-due": "The day of the review came",
    "family-answered": "The family had an answer to what it wrote",
    "page-code-handed": "Somebody of the family was given a code for its page",
    "page-code-revoked": "A code for the family’s page was taken back",
    "telling-decided": "The school saw to a message that did not reach the family",
    "contact-corrected": "Somebody of the family gave another contact on its page",
    "contact-checked": "The school looked at its record of a contact",
    "panel": "The panel went on with it",
    "moved": "The child went to another school",
    "child-died": "The child has died: nothing is sent to the family any more",
}
_BY_ITSELF = {CLOCK: "the calendar", PANEL: "the panel", RULES: "the routing rules", FAMILY: "the family"}
#: Of the first step only the way is known by which the form came.
_CAME_BY = {"http": "the school", "event": "the school's system", "statutory": "the statutory service"}
_DAYS: Mapping[What, str] = {
    "accepted": "next step by {}",
    "asked": "answer by {}",
    "returned": "answer by {}",
    "concluded": "review on {}",
    "visit-arranged": "on {}",
    "visit-moved": "to {}",
    "visit-done": "on {}",
    "moved": "on {}",
    "papers-requested": "by {}",
    "answer-due": "by {}",
    "overdue": "by {}",
    "school-overdue": "by {}",
}
_CODES: Mapping[What, Mapping[Any, str]] = {
    "returned": RETURN_WORDS,
    "concluded": CONCLUSION_WORDS,
    "reviewed": HELPED_WORDS,
    "closed": CLOSING_WORDS,
    "withdrawn": WITHDRAWALS,
    "withdrawal-asked": WITHDRAWALS,
    "papers-requested": OWNERS,
    "withdrawal-answered": {"accepted": "it takes the case out", **DECLINED},
    "evidence-answered": {"accepted": "its members see it", **DECLINED},
    "visit-arranged": VISIT_WORDS,
    "visit-moved": VISIT_WORDS,
    "visit-done": VISIT_WORDS,
    "stepped": {"up": "up", "down": "down"},
    "panel": PLACE_WORDS,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One step as it is shown."""

    title: str
    by: str
    at: datetime
    words: str


def timeline(
    referral: Referral, papers: ReferralPapers | None, names: Mapping[str, str], book: Book
) -> list[Line]:
    """Every step, the latest first."""
    said: dict[int, list[str]] = {}
    for each in papers.said if papers else ():
        said.setdefault(each.version, []).append(each.words)
    lines = []
    for step in referral.history:
        words = said.pop(step.version, []) if step.by not in _BY_ITSELF else []
        lines.append(Line(_title(step, names, book), who(step.by, names), step.at, "\n\n".join(words)))
    return lines[::-1]


def _title(step: Step, names: Mapping[str, str], book: Book) -> str:
    title, code = _TITLES[step.what], step.detail or ""
    if step.what == "amended" and step.by == CLOCK:
        return "Compulsory school age has ended: the young person is told, too"
    if step.what in ("routed", "waiting") and code in book.destinations:
        return f"{title}: {book.destinations[code].name}"
    if step.what == "assigned":
        return (
            f"It was given to {names.get(step.to, 'a colleague')}"
            if step.to
            else "Nobody in particular has it"
        )
    if words := _CODES.get(step.what, {}).get(code):
        title = f"{title}: {words}"
    if step.on and step.what in _DAYS:
        title = f"{title}, {_DAYS[step.what].format(in_words(step.on))}"
    return title


def who(by: str, names: Mapping[str, str]) -> str:
    """Whoever took a step: a colleague by name, a program by the name of its token."""
    return _BY_ITSELF.get(by) or _CAME_BY.get(by) or names.get(by) or f"the program “{by}”"


def meanwhile(steps: Iterable[Step], names: Mapping[str, str], book: Book) -> list[str]:
    """Sentences for what others did to a referral while somebody was writing."""
    return [
        f"{capital(who(step.by, names))}, {moment(step.at)}: {_title(step, names, book)}." for step in steps
    ]
