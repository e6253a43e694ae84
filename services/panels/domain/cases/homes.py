"""Which panel a case goes to, and that it is never two: a pure rule over the panels' remits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

from chassis.calendar import london_date
from chassis.decision import Decision
from schemas.codes import Area, Need, Phase, ProvisionType
from schemas.panels_v1 import CaseRehomed
from services.panels.domain.cases.case import Case, PanelKind
from services.panels.domain.commands import RehomeCase
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import BadCalendar, PanelBook

#: A case that is before a sitting stays there.
_WAITING = ("incomplete", "queued", "deferred")


@dataclass(frozen=True, slots=True)
class Subject:
    """What of a case a remit asks about."""

    area: Area
    phase: Phase
    need: Need
    provision: ProvisionType | None


@dataclass(frozen=True, slots=True)
class Home:
    """The panel that hears a case; or None, and why none does, in words."""

    panel: Panel | None
    why_not: str = ""


def home(book: PanelBook, kind: PanelKind, named: str, about: Subject, day: date) -> Home:
    """The panel for a case that was sent to the panel ``named``.

    That one if it sits and the case is within its remit; else the one of its kind whose remit the case is within: no
    two of them are, `check_homes` sees to that.
    """
    there = [panel for panel in book.panels if panel.kind == kind and panel.in_effect(day)]
    for panel in sorted(there, key=lambda each: (each.code != named, each.code)):
        if _objection(panel, about) is None:
            return Home(panel)
    if len(there) == 1:
        return Home(None, f"{there[0].name}: {_objection(there[0], about)}.")
    if there:
        return Home(None, f"None of the {len(there)} panels that sit hears such a case: {_told(about)}.")
    return Home(None, "No panel of this kind sits on that day: add a file for one.")


def _objection(panel: Panel, about: Subject) -> str | None:
    return panel.remit.objection(about.area, about.phase, about.need, about.provision)


def _told(about: Subject) -> str:
    return f"area {about.area}, phase {about.phase}, need {about.need}, provision {about.provision or 'not known'}"


def check_homes(panels: Iterable[Panel]) -> None:
    """Raises BadCalendar where a case would have two homes: it says which case, and whose remits to narrow."""
    for one, other in combinations(panels, 2):
        if one.code == other.code or one.kind != other.kind:
            continue
        day = max(one.effective_from, other.effective_from)
        shared = one.remit.in_common(other.remit)
        if shared and one.in_effect(day) and other.in_effect(day):
            raise BadCalendar(
                f"panels {one.code} and {other.code} would both hear {shared} from {day} on: "
                "narrow the remit of one of them, or give it an effective_to"
            )


def home_of(book: PanelBook, case: Case, day: date) -> Home:
    """The panel for a case as it is."""
    about = Subject(case.area, case.phase, case.need, case.provision)
    return home(book, case.kind, case.panel, about, day)


def misplaced(book: PanelBook, case: Case, day: date) -> bool:
    """Whether a case that waits is in the queue of another panel than the one that hears it by now, or in none."""
    if case.status not in _WAITING:
        return False
    found = home_of(book, case, day)
    return (found.panel.code if found.panel else case.panel, found.why_not) != (case.panel, case.no_panel)


def rehome(book: PanelBook, case: Case | None, command: RehomeCase, now: datetime) -> Decision[Case]:
    """The panels' files were changed: the case goes to the panel that hears it now, or to the list of those without."""
    if case is None or not misplaced(book, case, london_date(now)):
        return Decision()
    found = home_of(book, case, london_date(now))
    if found.panel is None or found.panel.code == case.panel:
        return Decision(case.model_copy(update={"no_panel": found.why_not}))
    told = CaseRehomed(
        case_id=case.case_id,
        referral_id=case.referral_id,
        from_panel=case.panel,
        panel=found.panel.code,
        rehomed_at=now,
    )
    return Decision(case.moved_to(case.status, now, panel=found.panel.code, no_panel=""), (told,))
