"""What people entered, as facts: said whenever it changes, whichever rule changed it, so that nothing of it is lost.

Codes and dates are told in clear, words and what is not decided yet in sealed papers. `restoring_record` leads back.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from schemas import case_records_v1 as told
from schemas.envelope import Event
from schemas.panel_papers_v1 import Mended, Recommended, Remark, SittingPapers
from schemas.personal_v1 import CasePapers
from services.panels.domain.cases.case import Case, Moved
from services.panels.domain.sittings.sitting import Sitting

#: What stands in the place of words that were never published.
LOST = "lost with the database"
#: Fields that the fact has under the names of the state.
SAME = (
    *("urn", "area", "trigger", "provision", "asked_setting", "personal_budget", "missing", "minutes"),
    "amount_asked",
)
#: All parts of a case in which something is that people entered.
_ENTERED = (
    *SAME,
    *(
        "dates",
        "transfer",
        "exceptions",
        "papers",
        "raised",
        "siblings",
        "moves",
        "deferrals",
        "chair_action",
    ),
    *("decision", "withdrawal", "recommendation", "corrections", "passed_on"),
)
#: What alone is no reason to say it again: the missing papers are told by facts of their own.
_NOT_NEW = {"recorded_at", "missing"}


def of_case(before: Case | None, after: Case, now: datetime) -> Iterable[Event]:
    """What is said besides what a rule says of a case: all that people entered, and its papers, where they changed."""
    if before is not None and all(getattr(before, name) == getattr(after, name) for name in _ENTERED):
        return
    if before is not None and _differ(recorded(before, now), fact := recorded(after, now)):
        yield fact
    papers = papers_of(after)
    if papers != (papers_of(before) if before else _no_papers(after)):
        yield papers


def of_sitting(before: Sitting | None, after: Sitting, now: datetime) -> Iterable[Event]:
    """The same of a sitting: its members and who of them stands aside, and words about it."""
    seats = (after.members, after.aside)
    if seats != ((before.members, before.aside) if before else ((), ())):
        yield told.SittingRecorded(
            sitting_id=after.sitting_id,
            panel=after.panel,
            members=tuple(told.SeatTaken(**dict(each)) for each in after.members),
            aside=tuple(told.StoodAside.model_validate(dict(each)) for each in after.aside),
            recorded_at=now,
        )
    remarks = _remarks_on_sitting(after)
    if remarks != (_remarks_on_sitting(before) if before else ()):
        yield SittingPapers(sitting_id=after.sitting_id, remarks=remarks)


def recorded(case: Case, now: datetime) -> told.CaseRecorded:
    """All that people entered about a case, but for their words."""
    return told.CaseRecorded(
        case_id=case.case_id,
        **{name: getattr(case, name) for name in SAME},
        dates=told.StatutoryDates(**dict(case.dates)),
        transfer=told.TransferAhead(**dict(case.transfer)) if case.transfer else None,
        exceptions=tuple(told.ExceptionClaimed.model_validate(dict(each)) for each in case.exceptions),
        papers=tuple(told.PaperOnTheList(**dict(each)) for each in case.papers),
        raised=tuple(told.RaisedLate.model_validate(each.model_dump()) for each in case.raised),
        heard_with=case.siblings,
        moves=tuple(told.MovedByHand.model_validate(dict(each)) for each in by_hand(case)),
        escalated=tuple(_escalated(case)),
        chair_action=told.ChairAsked.model_validate(dict(case.chair_action)) if case.chair_action else None,
        decided_by=case.decision.officer if case.decision else None,
        withdrawal=told.Withdrawn(**dict(case.withdrawal)) if case.withdrawal else None,
        recorded_at=now,
    )


def papers_of(case: Case) -> CasePapers:
    """The words on a case and what is not decided yet; the family is told only ``reasons``, those of a decision."""
    given, stands = case.in_force, case.recommendation
    return CasePapers(
        case_id=case.case_id,
        referral_id=case.referral_id,
        reasons=given.reasons if given and given.reasons != LOST else None,
        told=given is not None,
        recommendation=Recommended.model_validate(stands.model_dump()) if stands else None,
        corrections=tuple(Mended.model_validate(each.model_dump()) for each in case.corrections),
        remarks=tuple(Remark(about=about, words=words) for about, words in _remarks(case) if words),
    )


def by_hand(case: Case) -> tuple[Moved, ...]:
    """The places that people chose for a case; those that the plan gave it are not entered by anybody."""
    return tuple(each for each in case.moves if each.by_hand)


def _escalated(case: Case) -> Iterator[told.Escalated]:
    for each in case.deferrals:
        if each.escalated:
            by, at = (each.answered.by, each.answered.at) if each.answered else (None, None)
            yield told.Escalated(deferred_at=each.deferred_at, answered_by=by, answered_at=at)


def _remarks(case: Case) -> Iterator[tuple[str, str]]:
    for n, deferral in enumerate(case.deferrals):
        yield f"deferral-{n}", deferral.reason
        yield f"escalation-{n}", deferral.answered.words if deferral.answered else ""
    for n, why in enumerate(case.passed_on):
        yield f"passed-on-{n}", why
    for n, claimed in enumerate(case.exceptions):
        yield f"exception-{n}", claimed.words
    for n, moved in enumerate(by_hand(case)):
        yield f"move-{n}", moved.why
    for raised in case.raised:
        yield raised.id, raised.answered.words if raised.answered else ""
    if case.chair_action:
        yield "chair-asked", case.chair_action.why
        yield "chair-declined", case.chair_action.declined_because or ""


def _remarks_on_sitting(sitting: Sitting) -> tuple[Remark, ...]:
    found = [("why", sitting.why), ("cancelled", sitting.cancelled.words if sitting.cancelled else "")]
    found += [(interest(each.staff_id, each.case_id), each.words) for each in sitting.aside]
    return tuple(Remark(about=about, words=words) for about, words in found if words)


def interest(staff_id: str, case_id: str) -> str:
    """What words about a member's interest in a case are kept under."""
    return f"interest {staff_id} {case_id}"


def _differ(before: told.CaseRecorded, after: told.CaseRecorded) -> bool:
    return before.model_dump(exclude=_NOT_NEW) != after.model_dump(exclude=_NOT_NEW)


def _no_papers(case: Case) -> CasePapers:
    return CasePapers(case_id=case.case_id, referral_id=case.referral_id)
