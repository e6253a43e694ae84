"""The plan: which queued case is heard at which open sitting, and why, in words. Pure.

Cases come in the order urgent, due date, date of opening, id; each takes the earliest sitting of its panel
that hears such cases, whose papers closed after its own were complete, and that has a place free.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis.calendar import london_date
from schemas.codes import Area, Need, Phase, ProvisionType
from services.panels.domain.panel import Remit
from services.panels.domain.words import in_words, with_weekday


@dataclass(frozen=True, slots=True)
class PlanCase:
    """A complete case that waits. ``complete_at`` is when the last of its papers arrived."""

    case_id: str
    panel: str
    area: Area
    phase: Phase
    need: Need
    provision: ProvisionType | None
    urgent: bool
    due_on: date
    opened_at: datetime
    complete_at: datetime

    @property
    def turn(self) -> tuple[bool, date, datetime, str]:
        """Its place in the queue: the smaller, the earlier."""
        return (not self.urgent, self.due_on, self.opened_at, self.case_id)


@dataclass(frozen=True, slots=True)
class PlanSitting:
    """A sitting as the plan sees it. ``taken`` places are confirmed already; a locked one gets no further case."""

    sitting_id: str
    panel: str
    sits_on: date
    papers_close_at: datetime
    capacity: int
    remit: Remit
    taken: int = 0
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A case for a sitting, with the reason in words."""

    case_id: str
    sitting_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A case for which no sitting was found, and what would list it."""

    case_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is heard when, in the order in which places were given; and who is not yet."""

    listings: tuple[Listing, ...]
    unlisted: tuple[Unlisted, ...]


def plan(cases: Iterable[PlanCase], sittings: Iterable[PlanSitting]) -> Plan:
    """The same cases and sittings, in whatever order they are given, get the same plan."""
    ahead = sorted(sittings, key=lambda sitting: (sitting.sits_on, sitting.sitting_id))
    free = {s.sitting_id: 0 if s.locked else max(0, s.capacity - s.taken) for s in ahead}
    listings: list[Listing] = []
    unlisted: list[Unlisted] = []
    for case in sorted(cases, key=lambda case: case.turn):
        hearing = [s for s in ahead if s.panel == case.panel and not s.locked and _hears(s, case)]
        in_time = [s for s in hearing if case.complete_at <= s.papers_close_at]
        chosen = next((s for s in in_time if free[s.sitting_id] > 0), None)
        if chosen is None:
            unlisted.append(Unlisted(case.case_id, _why_not(case, hearing, in_time)))
            continue
        free[chosen.sitting_id] -= 1
        listings.append(Listing(case.case_id, chosen.sitting_id, _why(case, chosen, hearing, in_time)))
    return Plan(tuple(listings), tuple(unlisted))


def _hears(sitting: PlanSitting, case: PlanCase) -> bool:
    return sitting.remit.objection(case.area, case.phase, case.need, case.provision) is None


def _why(
    case: PlanCase, chosen: PlanSitting, hearing: Sequence[PlanSitting], in_time: Sequence[PlanSitting]
) -> str:
    full = [s for s in in_time if s.sits_on < chosen.sits_on]
    late = [s for s in hearing if s.sits_on < chosen.sits_on and s not in full]
    since = in_words(london_date(case.complete_at))
    kind = "the first sitting" if not full else "the first sitting with a place free"
    parts = [f"Listed for {with_weekday(chosen.sits_on)}: {kind} after the papers were complete on {since}"]
    if late:
        parts.append(f"papers for {with_weekday(late[-1].sits_on)} had closed before")
    if full:
        parts.append(f"{_days(full)} full with cases that come before it")
    return "; ".join([*parts, _in_time(case, chosen)]) + "."


def _in_time(case: PlanCase, chosen: PlanSitting) -> str:
    what = "the day by which it is urgent or due" if case.urgent else "its due date"
    when = "before" if chosen.sits_on < case.due_on else "on" if chosen.sits_on == case.due_on else "after"
    return f"this is {when} {what}, {in_words(case.due_on)}"


def _why_not(case: PlanCase, hearing: Sequence[PlanSitting], in_time: Sequence[PlanSitting]) -> str:
    if not hearing:
        return "No sitting that is planned hears such a case: a panel with a wider remit would list it."
    if not in_time:
        since, last = in_words(london_date(case.complete_at)), with_weekday(hearing[-1].sits_on)
        return (
            f"Its papers were complete on {since}, after papers closed for every planned sitting up to {last}: "
            "a later sitting would list it."
        )
    return (
        f"Every sitting up to {with_weekday(in_time[-1].sits_on)} is full with cases that come before it: "
        f"an extra sitting, or a place given up, would list it. It is due on {in_words(case.due_on)}."
    )


def _days(sittings: Sequence[PlanSitting]) -> str:
    days = [in_words(s.sits_on) for s in sittings]
    if len(days) == 1:
        return f"{days[0]} is"
    if len(days) <= 3:
        return f"{', '.join(days[:-1])} and {days[-1]} are"
    return f"the {len(days)} sittings from {days[0]} to {days[-1]} are"
