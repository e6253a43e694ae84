"""Which panel a case goes to, and that it is never two: a pure rule over the panels' remits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal

from schemas.codes import Area, Need, Phase, ProvisionType
from services.panels.domain.panel import Panel
from services.panels.domain.sittings_calendar import BadCalendar, PanelBook

PanelKind = Literal["placement", "high-needs-funding"]


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
