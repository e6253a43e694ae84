"""Drafts: a referral form on its way, shared by the users of one school, saved page by page.

``answers`` is the form as far as it has been filled in, in the very shape in which it will be sent, so that one check
judges the draft, the API and the event. A draft that nobody changes for `KEPT` is emptied.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Due, Kind, Ref, Refused, World
from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain.asking.questions import value_at
from services.referrals.domain.book import Book
from services.referrals.domain.commands import Origin, SubmitReferral
from services.referrals.domain.identity import referral_id_of
from services.referrals.domain.intake.receiving import receive, touched

KEPT = timedelta(days=90)
WARNED = timedelta(days=14)  # before the end
EXPIRES = "draft-expires"


class Saved(BaseModel):
    """Who saved a page last, and with which save of the draft."""

    model_config = ConfigDict(frozen=True)

    save: int
    by: str


class Draft(BaseModel):
    """A form on its way; a statutory one is the EHC co-ordinators'.

    ``reference`` is set once it was sent, ``gone`` once it was thrown away or expired.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    urn: str
    by: str
    name: str
    answers: dict[str, Any]
    saves: int = 0
    pages: dict[str, Saved] = {}
    started_at: AwareDatetime
    changed_at: AwareDatetime
    changed_by: str
    gone: bool = False
    origin: Origin = "http"
    referral_id: str | None = None
    reference: str | None = None

    @property
    def open(self) -> bool:
        """Whether it can still be filled in."""
        return not self.gone and self.reference is None

    @property
    def kept_until(self) -> datetime:
        """When it is deleted unless somebody changes it."""
        return self.changed_at + KEPT


DRAFT = Kind("draft", Draft)


@dataclass(frozen=True, slots=True)
class StartDraft:
    """Somebody of a school begins a form; ``answers`` are what is known from the sign-in."""

    id: str
    urn: str
    by: str
    name: str = field(repr=False)
    answers: Mapping[str, Any] = field(default_factory=dict, repr=False)
    origin: Origin = "http"


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """One page of the form; ``seen`` is the save of the draft over which its answers were typed.

    With ``still`` nothing is done unless that entry of a list is the one the person saw: a second click on
    "remove" must not remove the next one.
    """

    id: str
    page: str
    seen: int
    by: str
    name: str = field(repr=False)
    put: tuple["Put", ...] = field(repr=False)
    still: "Still | None" = None


@dataclass(frozen=True, slots=True)
class Still:
    """That the entry at ``path`` is still the one whose `mark` was shown."""

    path: str
    mark: str


@dataclass(frozen=True, slots=True)
class Put:
    """A value for a dotted path of the form, such as ``child.born``; None takes it out.

    A number as the last part is a place in a list: the next free place adds to it, None removes it.
    """

    path: str
    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class DiscardDraft:
    """Somebody throws the draft away."""

    id: str
    by: str


@dataclass(frozen=True, slots=True)
class SendDraft:
    """The finished form, which has passed every check."""

    id: str
    form: ReferralSubmission = field(repr=False)
    by: str = ""
    origin: Origin = "http"


def start(draft: Draft | None, command: StartDraft, now: datetime) -> Decision[Draft]:
    """A new draft. The same start twice is one draft."""
    if draft is not None:
        return Decision(answer=draft.saves)
    new = Draft(
        id=command.id,
        urn=command.urn,
        by=command.by,
        name=command.name,
        answers={**command.answers, "urn": command.urn},
        started_at=now,
        changed_at=now,
        changed_by=command.name,
        origin=command.origin,
    )
    return Decision(new, due=(_until(new),), answer=0)


def save(draft: Draft | None, command: SaveDraft, now: datetime) -> Decision[Draft]:
    """Keeps one page. Raises Refused "changed-meanwhile" where a colleague saved this page since it was shown."""
    found = _open(draft)
    last = found.pages.get(command.page)
    if last is not None and last.save > command.seen and last.by != command.by:
        raise Refused(
            "changed-meanwhile", "A colleague saved this page since you opened it: compare, and save again."
        )
    answers: dict[str, Any] = found.answers
    if command.still and mark(value_at(answers, command.still.path)) != command.still.mark:
        return Decision(answer=found.saves)
    for put in command.put:
        answers = placed(answers, put.path.split("."), put.value)
    number = found.saves + 1
    pages = {**found.pages, command.page: Saved(save=number, by=command.by)}
    facts = {
        "answers": answers,
        "saves": number,
        "pages": pages,
        "changed_at": now,
        "changed_by": command.name,
    }
    new = found.model_copy(update=facts)
    return Decision(new, due=(_until(new),), answer=number)


def mark(entry: Any) -> str:
    """Tells one entry of a list from another without saying what is in it."""
    return sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:24]


def placed(container: Any, way: list[str], value: Any) -> Any:
    """A copy of nested dictionaries and lists with ``value`` at the end of the ``way``; see `Put`."""
    step, *rest = way
    if step.isdecimal():
        items, index = list(container or ()), int(step)
        if index > len(items):
            raise Refused("no-such-entry", "This entry is not in the list any more: go back to the list.")
        before = items[index] if index < len(items) else None
        new = placed(before, rest, value) if rest else value
        items[index : index + 1] = [] if new is None else [new]
        return items
    inner = dict(container or {})
    new = placed(inner.get(step), rest, value) if rest else value
    if new is None or new == {}:
        inner.pop(step, None)
    else:
        inner[step] = new
    return inner


def discard(draft: Draft | None, command: DiscardDraft, now: datetime) -> Decision[Draft]:
    """Empties a draft. One that was sent or is empty already stays as it is."""
    if draft is None or not draft.open:
        return Decision()
    return _emptied(draft, gone=True)


def expire(draft: Draft | None, due: Due, now: datetime) -> Decision[Draft]:
    """Empties a draft that nobody changed for `KEPT`."""
    if draft is None or not draft.open or now < draft.kept_until:
        return Decision()
    return _emptied(draft, gone=True)


def sent_refs(book: Book, command: SendDraft) -> list[Ref]:
    """The draft, and everything that a submission touches."""
    return [DRAFT.at(command.id), *touched(book, _submission(command))]


def send(book: Book, world: World, command: SendDraft, now: datetime) -> Changes:
    """Makes the draft a referral, once: whoever sends it again is answered the same reference."""
    draft = world.get(DRAFT, command.id)
    if draft is not None and draft.reference is not None:
        return Changes(answer={"reference": draft.reference, "referral_id": draft.referral_id})
    found = _open(draft)
    if found.origin != command.origin:
        raise Refused(
            "draft-of-others", "This draft is sent by those who began it: open it from your own list."
        )
    if found.urn != command.form.urn:
        raise Refused(
            "draft-of-another-school", "This draft is another school's: open it from your own list."
        )
    changes = receive(book, world, _submission(command), now)
    answer: dict[str, str] = changes.answer
    emptied = _emptied(found, reference=answer["reference"], referral_id=answer["referral_id"])
    return Changes({**changes.decisions, DRAFT.at(found.id): emptied}, changes.loose, answer)


def _submission(command: SendDraft) -> SubmitReferral:
    return SubmitReferral(referral_id_of("draft", command.id), command.form, command.origin)


def _emptied(draft: Draft, **facts: object) -> Decision[Draft]:
    nothing = {"answers": {}, "pages": {}, "name": "", "changed_by": ""}
    return Decision(draft.model_copy(update=nothing | facts), due=(Due(EXPIRES, draft.id, None),))


def _open(draft: Draft | None) -> Draft:
    if draft is None or draft.gone:
        raise Refused("draft-gone", "This draft was deleted: start a new form.")
    if draft.reference is not None:
        raise Refused("draft-sent", "This form was sent already: look at the referral.")
    return draft


def _until(draft: Draft) -> Due:
    return Due(EXPIRES, draft.id, draft.kept_until)
