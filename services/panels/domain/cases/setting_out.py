"""What an EHC co-ordinator says of a case: what triggered it, what the family asks for, and claimed exceptions."""

from datetime import date, datetime
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from services.panels.domain.cases.case import Case, due_on
from services.panels.domain.cases.completing import completable, due_told
from services.panels.domain.commands import ClaimException, SetOutCase
from services.panels.domain.faults import Wrong
from services.panels.domain.legal.dates import Claimed, Transfer, long_enough
from services.panels.domain.legal.limits import EARLIEST
from services.panels.domain.panels.sittings_calendar import PanelBook

_CHANGES = ("trigger", "provision", "asked_setting", "personal_budget", "transfer")


def set_out(book: PanelBook, case: Case | None, command: SetOutCase, now: datetime) -> Decision[Case]:
    """What triggered the case and what its family asks for, as it is known now; its due date follows.

    Raises Refused once it was heard, where the case would lose its legal date, where its sitting's panel hears no
    such case, for a change of phase that cannot be, or where the case is not as it was seen.
    """
    case = completable(case, command.seen)
    _transfer_plausible(command.transfer, london_date(now))
    changes: dict[str, Any] = {name: getattr(command, name) for name in _CHANGES}
    after = case.model_copy(update=changes)
    if after == case:
        return Decision(answer=_answer(case))
    after = after.model_copy(update={"due_on": due_on(after, book.working)})
    if after.due_on is None and case.due_on is not None:
        raise Refused(
            "date-missing",
            "First give the date from which its law counts then: without it the case has no date.",
        )
    _within_remit(book, after)
    after = after.noted("set-out", now)
    return Decision(after, due_told(case, after, now), answer=_answer(after))


def claim(case: Case | None, command: ClaimException, now: datetime) -> Decision[Case]:
    """An exception that the law names is claimed: it is kept as evidence, and no clock stops or moves.

    Raises Refused for days that cannot be or are too few, once the case was heard, or where it is not as it was seen.
    """
    case, today = completable(case, command.seen), london_date(now)
    first, last = command.first, command.last
    if not EARLIEST <= first <= today:
        raise _wrong("first", "date-not-plausible", "must be a day up to today")
    if last is not None and last < first:
        raise _wrong("last", "before-first", "must not be before the first day")
    if not long_enough(command.kind, first, last):
        raise _wrong(
            "last", "too-short", "must be four weeks or more after the first day: the law asks for that"
        )
    claimed = Claimed(
        kind=command.kind, first=first, last=last, by=command.by, recorded_at=now, words=command.words
    )
    after = case.noted("exception-claimed", now, exceptions=(*case.exceptions, claimed))
    return Decision(after, answer=_answer(after))


def _transfer_plausible(transfer: Transfer | None, today: date) -> None:
    if transfer is None:
        return
    if not today.year - 1 <= transfer.year <= today.year + 2:
        raise _wrong("transfer_year", "year-not-plausible", "must be the calendar year of the change")
    if transfer.to == "another-post-16" and transfer.starts_on is None:
        raise _wrong("transfer_starts_on", "missing", "give the day on which the young person changes")


def _within_remit(book: PanelBook, case: Case) -> None:
    """Raises Refused where the sitting that is to hear the case does not hear such cases."""
    if case.status != "listed" or case.listing is None:
        return
    panel = book.at(case.panel, case.listing.sits_on)
    objection = panel and panel.remit.objection(case.area, case.phase, case.need, case.provision)
    if objection:
        raise Refused("outside-remit", f"The case is listed, but {objection}. Take it off its sitting first.")


def _wrong(field: str, code: str, message: str) -> Refused:
    return Refused(
        "dates-not-plausible", "Something cannot be; it is named.", faults=(Wrong(field, code, message),)
    )


def _answer(case: Case) -> dict[str, object]:
    due = case.due_on.isoformat() if case.due_on else None
    return {"case_id": case.case_id, "state": case.status, "due_on": due, "version": case.version}
