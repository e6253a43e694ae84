"""How a sitting sends a case away again: it is deferred, once without escalation, or passed on to another panel."""

from datetime import date, datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from chassis.english import with_weekday
from schemas.panel_days_v1 import CasePassedOn
from schemas.panels_v1 import CaseDeferred, MissingItem
from services.panels.domain.cases.case import Case, Deferral, as_seen, on_agenda, still_missing
from services.panels.domain.commands import DeferCase
from services.panels.domain.day.commands import AnswerEscalation, PassOn
from services.panels.domain.faults import Wrong
from services.panels.domain.judged import Answered
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook


def defer(book: PanelBook, case: Case | None, command: DeferCase, now: datetime) -> Decision[Case]:
    """Back to the queue, with why, what is missing, who brings it and by when. No legal clock stops.

    Raises Refused unless the case is before that sitting and as it was seen, for a second deferral without
    escalation, or for a next day on which the offices are closed.
    """
    case = as_seen(case, command.seen)
    listing = on_agenda(case, command.sitting_id, now)
    _deferral_makes_sense(book, command, now)
    if case.deferrals and not command.escalated:
        raise Refused(
            "deferred-before",
            "The case was deferred once already: have a second deferral escalated, then say so.",
        )
    dated = "statutory-dates" not in command.missing
    missing = still_missing(command.missing, dated)
    deferral = Deferral(
        sitting_id=listing.sitting_id,
        reason=command.reason,
        missing=missing,
        owner=command.owner,
        deferred_at=now,
        next_on=command.next_on,
        escalated=command.escalated,
    )
    told = CaseDeferred(
        case_id=case.case_id,
        referral_id=case.referral_id,
        sitting_id=listing.sitting_id,
        missing=missing,
        owner=command.owner,
        deferred_at=now,
        next_on=command.next_on,
    )
    after = case.moved_to(
        "deferred",
        now,
        listing=None,
        missing=missing,
        complete_at=None,
        deferrals=(*case.deferrals, deferral),
    )
    answer = {"case_id": case.case_id, "state": "deferred", "next_on": command.next_on.isoformat()}
    return Decision(after, (told,), answer=answer)


def answer(case: Case | None, command: AnswerEscalation, now: datetime) -> Decision[Case]:
    """Somebody answers for what was escalated: it stands in their list no more.

    Raises Refused where nothing waits for an answer, without words, or where the case is not as it was seen.
    """
    case = as_seen(case, command.seen)
    if not escalated(case):
        raise Refused("nothing-to-answer", "No escalated deferral of this case waits for an answer.")
    if not command.words.strip():
        wrong = Wrong("words", "words-missing", "says what is done about it")
        raise Refused("answer-incomplete", "Write what is done about it.", faults=(wrong,))
    said = Answered(at=now, by=command.by, words=command.words.strip())
    deferrals = tuple(
        each.model_copy(update={"answered": said}) if each.escalated and not each.answered else each
        for each in case.deferrals
    )
    after = case.moved_to(case.status, now, deferrals=deferrals)
    return Decision(after, answer={"case_id": case.case_id, "state": case.status})


def escalated(case: Case) -> bool:
    """Whether an escalated deferral of the case waits for an answer."""
    return any(each.escalated and each.answered is None for each in case.deferrals)


def pass_on(book: PanelBook, case: Case | None, command: PassOn, now: datetime) -> Decision[Case]:
    """To another panel, with its papers: to its queue, or incomplete if it wants to see more. No legal clock stops.

    Raises Refused unless the case is before that sitting and as it was seen, and the other panel may hear it.
    """
    case = as_seen(case, command.seen)
    listing = on_agenda(case, command.sitting_id, now)
    if not command.reason.strip():
        wrong = Wrong("reason", "reason-missing", "says in words why another panel has to hear it")
        raise Refused("passing-on-incomplete", "Write why another panel has to hear it.", faults=(wrong,))
    panel = book.at(command.panel, london_date(now))
    if panel is None or panel.code == case.panel:
        wrong = Wrong("panel", "unknown-panel", "names another panel that sits today")
        raise Refused("unknown-panel", "Name another panel that there is today.", faults=(wrong,))
    objection = panel.remit.objection(case.area, case.phase, case.need, case.provision)
    if objection:
        raise Refused("outside-remit", f"It cannot be passed on there: {objection}.")
    missing = lacking_there(book, case, panel, london_date(now))
    told = CasePassedOn(
        case_id=case.case_id,
        referral_id=case.referral_id,
        sitting_id=listing.sitting_id,
        from_panel=case.panel,
        panel=panel.code,
        passed_at=now,
        missing=missing,
    )
    after = passed(case, panel.code, missing, command.reason, now)
    answer = {"case_id": case.case_id, "state": after.status, "panel": panel.code, "missing": missing}
    return Decision(after, (told,), answer=answer)


def passed(case: Case, panel: str, missing: tuple[MissingItem, ...], reason: str, now: datetime) -> Case:
    """The case once another panel has it: complete, unless that one wants to see more."""
    there: dict[str, Any] = {"panel": panel, "listing": None, "passed_on": (*case.passed_on, reason)}
    if missing:
        return case.moved_to("incomplete", now, **there, missing=missing, complete_at=None)
    return case.moved_to("queued", now, **there)


def lacking_there(book: PanelBook, case: Case, panel: Panel, today: date) -> tuple[MissingItem, ...]:
    """The papers of another panel's checklist that it would miss: not on this one's, and not arrived."""
    here = book.at(case.panel, today)
    has = {*(here.papers.required if here else ()), *(each.item for each in case.papers if each.arrived_on)}
    lacking = {*case.missing, *(set(panel.papers.required) - has)}
    return still_missing(lacking, dated="statutory-dates" not in case.missing)


def _deferral_makes_sense(book: PanelBook, command: DeferCase, now: datetime) -> None:
    wrong = []
    if not command.reason.strip():
        wrong.append(Wrong("reason", "reason-missing", "says in words why the panel cannot recommend yet"))
    if not command.missing:
        wrong.append(Wrong("missing", "missing-items-missing", "names at least one item that is missing"))
    if command.next_on <= london_date(now):
        wrong.append(Wrong("next_on", "not-in-the-future", "must be a day after today"))
    elif not book.working.is_working_day(command.next_on):
        open_day = with_weekday(book.working.next_working_day(command.next_on))
        said = f"The offices are closed on this day: the next open one is {open_day}."
        wrong.append(Wrong("next_on", "closed-day", said))
    if wrong:
        raise Refused("deferral-incomplete", "The deferral lacks something.", faults=tuple(wrong))
