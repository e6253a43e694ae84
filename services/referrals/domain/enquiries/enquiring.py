"""The rules of enquiries: asked, taken, answered, closed, made a referral."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from chassis.english import in_words
from schemas.codes import Need, Phase
from services.referrals.domain.book import Book
from services.referrals.domain.enquiries.enquiry import (
    ASK_SALI,
    ENQUIRY,
    LONGEST,
    MOST_MINUTES,
    AnswerEnquiry,
    AskEnquiry,
    CloseEnquiry,
    ConvertEnquiry,
    Enquiry,
    EnquiryStep,
    OnEnquiry,
    TakeEnquiry,
    step,
)
from services.referrals.domain.identity import reference_of
from services.referrals.domain.intake.drafts import DRAFT, StartDraft, start
from services.referrals.domain.register.places import Setting, SettingKind
from services.referrals.domain.routing.rules import Facts
from services.referrals.domain.routing.sending import way
from services.referrals.domain.routing.teams import Destination

#: Whom rules about children take a setting for: an age in the middle of those who go there.
_AS_A_CHILD: Mapping[SettingKind, tuple[Phase, int, int]] = {
    "early-years": ("early-years", -1, 3),
    "nursery": ("early-years", -1, 3),
    "primary": ("primary", 3, 7),
    "all-through": ("primary", 3, 7),
    "special": ("primary", 3, 7),
    "secondary": ("secondary", 9, 13),
    "post-16": ("post-16", 12, 17),
}
_NO_TOPIC: Need = "NSA"


def ask(book: Book, enquiry: Enquiry | None, command: AskEnquiry, now: datetime) -> Decision[Enquiry]:
    """A new enquiry, at Ask SALI or with the team whose patch the setting is in.

    Raises Refused for a school that is not registered, without a question, and for an id that is somebody else's.
    """
    if enquiry is not None:
        if (enquiry.asked_by, enquiry.urn) != (command.by, command.urn):
            raise Refused("enquiry-known", "This form was sent already by somebody else: open a new one.")
        return Decision(answer=_answer(enquiry))
    setting = book.register.find(command.urn)
    if setting is None:
        raise Refused("urn-unknown", "This school or setting is not in the register: ask us to add it.")
    question = _said(command.question, "question-missing", "Write your question.")
    if command.kind == "setting-help" and command.wants is None:
        raise Refused("help-missing", "Choose what would help: advice, a visit, or training.")
    new = _new(book, command, setting, question, now)
    return Decision(new, answer=_answer(new))


def _new(book: Book, command: AskEnquiry, setting: Setting, question: str, now: datetime) -> Enquiry:
    today = london_date(now)
    where, reason = _goes_to(book, command, setting, now)
    by = where.answer_by(today, book.days) if where else book.days.add(today, book.sali_answers_within)
    return Enquiry(
        id=command.id,
        reference=reference_of(command.id),
        kind=command.kind,
        urn=setting.urn,
        area=setting.area,
        destination=where.code if where else ASK_SALI,
        destination_kind=where.kind if where else None,
        status="new",
        asked_by=command.by,
        asked_at=now,
        question=question,
        topic=command.topic,
        wants=command.wants if command.kind == "setting-help" else None,
        reason=reason,
        answer_by=by,
        changed_at=now,
        history=(EnquiryStep(version=1, at=now, by=command.by, did="asked"),),
    )


def _goes_to(
    book: Book, command: AskEnquiry, setting: Setting, now: datetime
) -> tuple[Destination | None, str]:
    """Who answers: None is Ask SALI. A setting is placed by the same rules as a child of it would be."""
    if command.kind == "sali-question":
        return None, "Questions of schools and settings are answered by Ask SALI."
    phase, year, age = _AS_A_CHILD[setting.kind]
    about = Facts(
        asks_for="outreach" if command.wants == "visit" else "advice",
        need=command.topic or _NO_TOPIC,
        other_needs=(),
        phase=phase,
        year=year,
        age=age,
        area=setting.area,
        area_name=book.register.areas[setting.area].name,
        town=setting.town,
        urn=setting.urn,
        sen_provision="K",
        trigger=None,
        looked_after=False,
        day=london_date(now),
    )
    chosen = way(book.routing, about)
    return chosen.destination, f"{chosen.rule.public_reason} The setting is in {setting.town}."


def take(enquiry: Enquiry | None, command: TakeEnquiry, now: datetime) -> Decision[Enquiry]:
    """Somebody sees to it, or hands it back. Raises Refused unless it waits for an answer."""
    before = _open(seen(enquiry, command))
    if before.taken_by == command.to:
        return Decision(answer=_answer(before))
    did, status = ("taken", "taken") if command.to else ("handed-back", "new")
    return _done(step(before, did, command.by, now, command.to, status=status, taken_by=command.to))  # type: ignore[arg-type]


def answer(enquiry: Enquiry | None, command: AnswerEnquiry, now: datetime) -> Decision[Enquiry]:
    """The answer. Raises Refused unless it waits for one, without words, and for a time that cannot be."""
    before = _open(seen(enquiry, command))
    words = _said(command.answer, "answer-missing", "Write the answer: the school reads it.")
    if not 1 <= command.minutes <= MOST_MINUTES:
        raise Refused("minutes-wrong", f"Say how long it took, in minutes from 1 to {MOST_MINUTES}.")
    return _done(
        step(
            before,
            "answered",
            command.by,
            now,
            status="answered",
            answer=words,
            minutes=command.minutes,
            answered_by=command.by,
            answered_at=now,
        )
    )


def close(enquiry: Enquiry | None, command: CloseEnquiry, now: datetime) -> Decision[Enquiry]:
    """Nobody needs it any more. Raises Refused unless it waits for an answer."""
    before = _open(seen(enquiry, command))
    return _done(step(before, "closed", command.by, now, status="closed", closed_because=command.reason))


def convert_touches(command: ConvertEnquiry) -> tuple[Ref, Ref]:
    """The enquiry and the draft that it becomes."""
    return ENQUIRY.at(command.id), DRAFT.at(command.draft_id)


def convert(world: World, command: ConvertEnquiry, now: datetime) -> Changes:
    """A draft of a referral that holds what is known already; the same twice is the same draft.

    Raises Refused for help for a whole setting, and for what was closed.
    """
    before = world.get(ENQUIRY, command.id)
    if before is not None and before.draft_id is not None:
        return Changes(answer={**_answer(before), "draft_id": before.draft_id})
    found = seen(before, command)
    if found.kind != "sali-question" or found.status == "closed":
        raise Refused("not-to-convert", "Only a question about one child can become a referral.")
    begin = StartDraft(command.draft_id, found.urn, command.by, command.name, known(found))
    new = step(found, "converted", command.by, now, status="converted", draft_id=command.draft_id)
    decisions: dict[Ref, Decision[Any]] = {
        ENQUIRY.at(found.id): Decision(new),
        DRAFT.at(command.draft_id): start(world.get(DRAFT, command.draft_id), begin, now),
    }
    return Changes(decisions, answer={**_answer(new), "draft_id": command.draft_id})


def known(enquiry: Enquiry) -> dict[str, Any]:
    """What the form can be filled in with."""
    asked = in_words(london_date(enquiry.asked_at))
    words = f"We asked Ask SALI on {asked}:\n{enquiry.question}"
    if enquiry.answer and enquiry.answered_at:
        words += f"\n\nThe answer on {in_words(london_date(enquiry.answered_at))}:\n{enquiry.answer}"
    child = {"primary_need": enquiry.topic} if enquiry.topic else {}
    return {"narrative": words[:LONGEST], **({"child": child} if child else {})}


def seen(enquiry: Enquiry | None, command: OnEnquiry) -> Enquiry:
    """The enquiry. Raises Refused where it is not known, and where somebody has changed it since it was shown."""
    if enquiry is None:
        raise Refused("enquiry-unknown", "There is no enquiry with this reference: go back to the list.")
    if command.seen is not None and command.seen != enquiry.version:
        raise Refused(
            "changed-meanwhile", "Somebody has changed this while you had it open: look again, then decide."
        )
    return enquiry


def _open(enquiry: Enquiry) -> Enquiry:
    if not enquiry.open:
        raise Refused(
            "enquiry-over", "This was answered or closed already: ask again if something is left open."
        )
    return enquiry


def _said(words: str, code: str, missing: str) -> str:
    if not words.strip():
        raise Refused(code, missing)
    if len(words) > LONGEST:
        raise Refused("too-long", f"Write at most {LONGEST} characters.")
    return words.strip()


def _done(enquiry: Enquiry) -> Decision[Enquiry]:
    return Decision(enquiry, answer=_answer(enquiry))


def _answer(enquiry: Enquiry) -> dict[str, Any]:
    return {
        "reference": enquiry.reference,
        "status": enquiry.status,
        "version": enquiry.version,
        "answer_by": enquiry.answer_by.isoformat(),
    }
