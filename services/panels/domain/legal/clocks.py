"""Which time limits run for a case, and which of them the panel has to keep.

The rules themselves, with source and version, are in `limits`. A panel's date never stops a clock; nothing here
pauses one: an exception that is claimed is shown beside a clock whose end stays where it is. Where a date is not
known there is no deadline, and the case is incomplete, never on time.
"""

from collections.abc import Iterable
from datetime import date, datetime, time

from dateutil.relativedelta import relativedelta

from chassis.calendar import WorkingCalendar
from schemas.codes import Trigger
from services.panels.domain.legal.dates import Claimed, DateName, Dates, Transfer
from services.panels.domain.legal.limits import EARLIEST, RULES, Clock, Rule

__all__ = ["EARLIEST", "RULES", "Clock", "DateName", "Dates", "Rule", "clocks", "deadline", "urgent_by"]

#: The council's published promise for whoever cannot wait; what comes after the hour counts from the next working day.
URGENT_WORKING_DAYS = 10
CUT_OFF = time(17)
_MONTHS_BEFORE = 5
_LAST_DAYS_OF_THE_PANEL = tuple(rule for rule in RULES if rule.sense == "by" and rule.keeper == "panel")


def clocks(
    trigger: Trigger,
    dates: Dates,
    rules: Iterable[Rule] = RULES,
    *,
    transfer: Transfer | None = None,
    claims: Iterable[Claimed] = (),
) -> list[Clock]:
    """Every time limit that runs for a case with this trigger, earliest first."""
    claims = tuple(claims)
    running = [rule.clock(dates, claims) for rule in rules if trigger in rule.triggers]
    if transfer is not None:
        running.append(of_transfer(transfer))
    return sorted((clock for clock in running if clock), key=lambda clock: (clock.on, clock.rule))


def deadline(trigger: Trigger, dates: Dates, transfer: Transfer | None = None) -> Clock | None:
    """The time limit that the panel has to keep; None while no statutory date is known.

    The earliest of those that run, but the decision on a review is made once the amendments were served: from
    then on the amended plan is awaited. A change of phase is a limit of its own beside the other, never instead.
    """
    running = clocks(trigger, dates, _LAST_DAYS_OF_THE_PANEL)
    awaited = [clock for clock in running if clock.rule == "amended-plan"] or running[:1]
    if awaited and transfer is not None and (changed := of_transfer(transfer)):
        awaited.append(changed)
    return min(awaited, key=lambda clock: (clock.on, clock.rule), default=None)


def of_transfer(transfer: Transfer) -> Clock | None:
    """When the plan of a child that changes phase is reviewed and amended; None while its day is not known."""
    source = "SI 2014/1530 reg 18(1)"
    if transfer.to == "another-post-16":
        if transfer.starts_on is None:
            return None
        on, source = transfer.starts_on - relativedelta(months=_MONTHS_BEFORE), "SI 2014/1530 reg 18(2)"
        words = "plan reviewed and amended at least 5 months before the change"
    elif transfer.to == "post-16":
        on, words = date(transfer.year, 3, 31), "plan amended before 31 March of the year of the change"
    else:
        on, words = date(transfer.year, 2, 15), "plan amended before 15 February of the year of the change"
    # The law counts back from the change, so there is no day from which it runs: the school year's first one is shown.
    begins = date(on.year if on.month >= 9 else on.year - 1, 9, 1)
    return Clock(rule="phase-transfer", words=words, on=on, sense="by", counted_from=begins, source=source)


def urgent_by(opened_at: datetime, need_by: date | None, working: WorkingCalendar) -> date:
    """When an urgent case must be heard: its need-by date, else ten working days after the one on which it came."""
    return need_by or working.add(working.received_on(opened_at, CUT_OFF), URGENT_WORKING_DAYS)
