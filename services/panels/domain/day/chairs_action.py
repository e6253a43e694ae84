"""Chair's action: an urgent case that cannot wait for a sitting is settled by a chair, and the next sitting is told."""

from datetime import datetime

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from schemas.panel_days_v1 import CaseChairAction
from services.panels.domain.cases.case import Case, Recommendation, Status, as_seen
from services.panels.domain.day.commands import AgreeChairAction, AskChair, DeclineChairAction
from services.panels.domain.day.decisions import check_fit
from services.panels.domain.faults import Wrong
from services.panels.domain.judged import ChairAction
from services.panels.domain.panels.sittings_calendar import PanelBook

#: No sitting has the case: a chair may act for the panel.
WAITING: frozenset[Status] = frozenset({"incomplete", "queued", "deferred"})


def may_be_asked(case: Case) -> bool:
    """Whether chair's action can be asked for: it is urgent, before no sitting, and not asked for already."""
    return case.urgent and case.status in WAITING and not asked(case)


def asked(case: Case) -> bool:
    """Whether a chair has to answer: asked for, and no sitting has taken the case meanwhile."""
    return case.status in WAITING and case.chair_action is not None and case.chair_action.agreed is None


def chair_acted_at(case: Case) -> datetime | None:
    """When a chair recommended in the panel's place; None where none has."""
    action = case.chair_action
    return action.answered_at if action and action.agreed else None


def ask(case: Case | None, command: AskChair, now: datetime) -> Decision[Case]:
    """The co-ordinator asks a chair to act.

    Raises Refused for a case that is not urgent, that a sitting has, or that was asked for already; without why it
    cannot wait; or where the case is not as it was seen.
    """
    case = as_seen(case, command.seen)
    if not case.urgent:
        raise Refused("not-urgent", "Chair's action is for urgent cases: this one waits for a sitting.")
    if case.status not in WAITING:
        raise Refused(
            "not-waiting", f"The case is {case.status}: chair's action is for cases before no sitting."
        )
    if asked(case):
        raise Refused("asked-already", "A chair was asked already and has not answered yet.")
    _words(command.why, "why", "says why the case cannot wait for a sitting")
    made = ChairAction(asked_at=now, asked_by=command.by, why=command.why)
    return Decision(
        case.moved_to(case.status, now, chair_action=made), answer=_answer(case.case_id, case.status)
    )


def agree(book: PanelBook, case: Case | None, command: AgreeChairAction, now: datetime) -> Decision[Case]:
    """A chair recommends in the panel's place; the authority decides as it does after a sitting.

    Raises Refused unless somebody else has asked, no sitting took the case meanwhile and it is as it was seen.
    """
    case, action = _answerable(case, command.seen, command.chair)
    given = command.judgement
    check_fit(given, case.kind)
    _words(given.reasons, "reasons", "gives the reasons: the family is told them")
    today = london_date(now)
    panel = book.at(case.panel, today)
    if panel is None:
        raise Refused("unknown-panel", "No file in panels/ describes this panel today.")
    by = book.working.add(today, panel.decisions.within_working_days)
    agreed = {"agreed": True, "answered_at": now, "answered_by": command.chair, "decision_by": by}
    made = Recommendation(**dict(given), sitting_id="", heard_at=now)
    after = case.moved_to(
        "heard", now, recommendation=made, listing=None, chair_action=action.model_copy(update=agreed)
    )
    told = CaseChairAction(
        case_id=case.case_id,
        referral_id=case.referral_id,
        panel=case.panel,
        acted_by=command.chair,
        acted_at=now,
        decision_by=by,
    )
    return Decision(after, (told,), answer=_answer(case.case_id, "heard"))


def decline(case: Case | None, command: DeclineChairAction, now: datetime) -> Decision[Case]:
    """A chair lets the case wait for a sitting. Raises Refused as for `agree`, or without reasons."""
    case, action = _answerable(case, command.seen, command.chair)
    _words(command.reasons, "reasons", "says why it can wait for a sitting")
    declined = {
        "agreed": False,
        "answered_at": now,
        "answered_by": command.chair,
        "declined_because": command.reasons,
    }
    after = case.moved_to(case.status, now, chair_action=action.model_copy(update=declined))
    return Decision(after, answer=_answer(case.case_id, case.status))


def _answerable(case: Case | None, seen: int | None, chair: str) -> tuple[Case, ChairAction]:
    case = as_seen(case, seen)
    action = case.chair_action
    if action is None or not asked(case):
        raise Refused("not-asked", f"The case is {case.status}: nobody waits for a chair's answer about it.")
    if action.asked_by == chair:
        raise Refused("asked-by-oneself", "You asked for this yourself: another chair has to answer.")
    return case, action


def _words(words: str, field: str, what: str) -> None:
    if not words.strip():
        wrong = Wrong(field, f"{field}-missing", what)
        raise Refused("words-missing", "Something has to be said in words.", faults=(wrong,))


def _answer(case_id: str, state: Status) -> dict[str, object]:
    return {"case_id": case_id, "state": state}
