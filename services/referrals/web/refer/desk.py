"""What the pages of the form share: finding a draft for those of its school, saving a page, showing a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends

from chassis import telemetry
from chassis.calendar import london_date
from chassis.runner import Once
from chassis.service import Running
from chassis.web.access import record_read
from chassis.web.fields import is_id
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain import asking
from services.referrals.domain.book import Book
from services.referrals.domain.form.about import About
from services.referrals.domain.intake.drafts import Draft
from services.referrals.domain.permissions import Subject, may, reach
from services.referrals.vault import Vault

Sending = Annotated[Person, Depends(signed_in("referral:send"))]
#: Whoever fills in forms, a school's or statutory ones; which, the draft itself says.
Filling = Annotated[Person, Depends(signed_in("form:fill"))]
STATUTORY = "/statutory"
UNKNOWN = Problem(
    404, "draft-unknown", "There is no such form among your school's. Look at your list of drafts."
)


@dataclass(frozen=True, slots=True)
class Said:
    """A fault beside a field of a page: the id of the field, and a sentence."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What each page is made from. ``most`` is the largest file in bytes."""

    running: Running
    book: Book
    look: Look
    vault: Vault | None
    most: int
    scans: bool

    @property
    def today(self) -> date:
        """The present day of business time."""
        return london_date(self.running.clock.now())

    def about(self, draft: Draft) -> About:
        """What the answers of a draft are judged against."""
        statutory = draft.origin == "statutory"
        return About(self.book.register, self.today, statutory, urns=frozenset({draft.urn}))

    def schools(self, person: Person) -> frozenset[str] | None:
        """The schools for which this person refers; None is any."""
        found = reach(person, "referral:send")
        return None if found.everything else found.urns

    async def draft(self, person: Person, id: str) -> Draft:
        """A draft of this person's school, sent and deleted ones too. The read is recorded. Raises Problem 404."""
        async with self.running.pool.acquire() as conn, conn.transaction():
            found = await storage.draft(conn, id) if is_id(id) else None
            if found is None or not self.opens(person, found):
                raise UNKNOWN
            await record_read(conn, person, "draft", found.id)
        return found

    def opens(self, person: Person, draft: Draft) -> bool:
        """Whether this person may see the draft."""
        if draft.origin == "statutory":
            return may(person, "statutory:enter")
        # Who may refer for any school shares no drafts with all of them: theirs are their own.
        if self.schools(person) is None:
            return draft.by == person.id
        return may(person, "referral:send", Subject(urn=draft.urn))

    async def open_draft(self, person: Person, id: str) -> Draft:
        """The same, if it can still be filled in. Raises Problem 303 to the referral it became, 410, 404."""
        draft = await self.draft(person, id)
        if draft.reference is not None:
            sent = {"Location": f"/refer/{draft.id}/sent"}
            raise Problem(303, "draft-sent", "This form was sent.", headers=sent)
        if draft.gone:
            raise Problem(410, "draft-gone", "This form was deleted with all its answers. Start a new one.")
        return draft

    async def run(self, command: object, once: Once | None = None) -> Any:
        """Runs a command. Raises Refused."""
        return await self.running.runner.command(
            command,
            once=once,
            correlation=telemetry.correlation(),
            traceparent=telemetry.current_traceparent(),
        )


def home_of(draft: Draft) -> str:
    """The list where somebody finds the draft again."""
    return STATUTORY if draft.origin == "statutory" else "/refer"


def fields(
    page: asking.Page, answers: Mapping[str, Any], found: Sequence[asking.Problem], where: str = ""
) -> tuple[list[dict[str, Any]], list[Said]]:
    """The questions of a page as its template shows them, and the faults for the summary on top."""
    shown, summary = [], []
    for question in page.questions:
        sentences = [each.message for each in found if each.question is question]
        value = asking.value_at(answers, f"{where}{question.path}")
        target = f"{question.name}-day" if question.kind == "date" else question.name
        summary += [Said(target, sentence) for sentence in sentences]
        shown.append(
            {
                "question": question,
                "value": asking.shown(question, value),
                "choices": _choices(question, asking.shown(question, value), bool(sentences)),
                "error": {"text": " ".join(sentences)} if sentences else None,
            }
        )
    summary += [Said("", each.message) for each in found if each.question is None]
    return shown, summary


def _choices(question: asking.Question, value: Any, wrong: bool) -> list[dict[str, Any]]:
    """The items of radios, checkboxes and selects, or the three inputs of a date."""
    if question.kind == "date":
        return [_part(question, part, value[part], wrong) for part in asking.PARTS]
    return [
        {"value": each.value, "text": each.text, "hint": {"text": each.hint} if each.hint else None}
        for each in question.options
    ]


def _part(question: asking.Question, part: str, value: str, wrong: bool) -> dict[str, Any]:
    return {
        "id": f"{question.name}-{part}",
        "name": f"{question.name}-{part}",
        "label": part.capitalize(),
        "value": value,
        "classes": f"govuk-input--width-{4 if part == 'year' else 2}{' govuk-input--error' if wrong else ''}",
    }
