"""How a case becomes complete: its dates are supplied, its papers arrive, or somebody is asked for them."""

from datetime import date, datetime, timedelta

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from chassis.english import in_words
from schemas.case_work_v1 import DatesCorrected, PapersRequested
from schemas.panels_v1 import CaseCompleted, MissingItem
from services.panels.domain.cases.case import Case, Status, as_seen, due_on
from services.panels.domain.cases.papers import arrived, asked
from services.panels.domain.cases.queue import weighed
from services.panels.domain.commands import CompleteCase, RequestPapers
from services.panels.domain.faults import Wrong
from services.panels.domain.legal.clocks import EARLIEST, Dates
from services.panels.domain.panels.sittings_calendar import PanelBook

#: The states in which a case can still be completed or put right.
COMPLETABLE: tuple[Status, ...] = ("incomplete", "deferred", "queued", "listed")
_LONGEST_WAIT = timedelta(days=366)


def complete_case(book: PanelBook, case: Case | None, command: CompleteCase, now: datetime) -> Decision[Case]:
    """Dates or papers arrived; the case is queued once nothing is missing any more.

    Dates may also be put right while the case is queued or listed: its due date follows. Raises
    Refused for a case that was heard already, for dates that cannot be, or where the case is not as it was seen.
    """
    case = completable(case, command.seen)
    today = london_date(now)
    dates = case.dates.merged(command.dates)
    plausible(dates, today)
    came = _came(case, command)
    on = command.arrived_on or today
    if not EARLIEST <= on <= today:
        raise _not_plausible(Wrong("arrived_on", "date-not-plausible", "must be a day up to today"))
    papers = arrived(case.papers, came, on, command.brought_by)
    after = case.model_copy(update={"dates": dates, "papers": papers})
    if dates != case.dates:
        after = after.noted("dates-given", now)
    if came:
        after = after.noted("papers-arrived", now)
    if case.status in ("queued", "listed"):
        after = after.model_copy(update={"due_on": due_on(after, book.working)})
        return Decision(after, due_told(case, after, now), answer=_completed(after))
    after = weighed(after, tuple(i for i in case.missing if i not in came), book, now)
    if after.status != "queued" or after.due_on is None:
        return Decision(after, due_told(case, after, now), answer=_completed(after))
    completed = CaseCompleted(
        case_id=case.case_id, referral_id=case.referral_id, completed_at=now, due_on=after.due_on
    )
    return Decision(after, (completed,), answer=_completed(after))


def request_papers(case: Case | None, command: RequestPapers, now: datetime) -> Decision[Case]:
    """Somebody is asked for papers that are missing: school and family see it, whoever owes them is told.

    Raises Refused for papers that the case does not lack, a day that has passed, or a case not as it was seen.
    """
    case, today = completable(case, command.seen), london_date(now)
    items = tuple(item for item in case.missing if item in command.items)
    if not items or len(items) < len(set(command.items)):
        raise Refused("not-missing", "The case does not lack all of these papers. Look at it again.")
    if not today < command.bring_by <= today + _LONGEST_WAIT:
        wrong = Wrong("bring_by", "date-not-plausible", "must be a day to come, within a year")
        raise _not_plausible(wrong)
    papers = asked(case.papers, items, command.owner, today, command.bring_by)
    fact = PapersRequested(
        case_id=case.case_id,
        referral_id=case.referral_id,
        items=items,
        owner=command.owner,
        requested_at=now,
        bring_by=command.bring_by,
    )
    after = case.noted("papers-requested", now, papers=papers)
    return Decision(after, (fact,), answer={**_completed(after), "bring_by": command.bring_by.isoformat()})


def completable(case: Case | None, seen: int | None) -> Case:
    """The case as it was seen. Raises Refused where it was heard already, or is another one by now."""
    case = as_seen(case, seen)
    if case.status not in COMPLETABLE:
        raise Refused("case-not-open", f"The case is {case.status}: there is nothing to complete any more.")
    return case


def plausible(dates: Dates, today: date) -> None:
    """Raises Refused, naming each, for dates that cannot be."""
    wrong = [
        Wrong(name, "date-not-plausible", f"must lie between {in_words(EARLIEST)} and today")
        for name, day in dates
        if day is not None and not EARLIEST <= day <= today
    ]
    wrong += [
        Wrong(later, f"before-{code}", f"must not be before {earlier}")
        for earlier, later, code in _IN_ORDER
        if (first := getattr(dates, earlier)) and (second := getattr(dates, later)) and second < first
    ]
    if wrong:
        raise _not_plausible(*wrong)


_IN_ORDER = (
    ("request_received", "assessment_decided", "request"),
    ("request_received", "draft_served", "request"),
    ("review_meeting", "review_reported", "meeting"),
)


def due_told(before: Case, after: Case, now: datetime) -> tuple[DatesCorrected, ...]:
    """The fact that a case is due on another day than others know; nothing where it is the same."""
    if after.due_on is None or after.due_on == before.due_on:
        return ()
    return (
        DatesCorrected(
            case_id=after.case_id, referral_id=after.referral_id, due_on=after.due_on, corrected_at=now
        ),
    )


def _not_plausible(*wrong: Wrong) -> Refused:
    return Refused("dates-not-plausible", "Some dates cannot be; each is named.", faults=wrong)


def _came(case: Case, command: CompleteCase) -> tuple[MissingItem, ...]:
    """The missing papers that are there now."""
    papers = (item for item in case.missing if item != "statutory-dates")
    return tuple(item for item in papers if command.papers_complete or item in command.papers)


def _completed(case: Case) -> dict[str, object]:
    due = case.due_on.isoformat() if case.due_on else None
    return {"case_id": case.case_id, "state": case.status, "due_on": due, "missing": list(case.missing)}
