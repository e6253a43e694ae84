"""Who a panel's own data name for what: who may chair it, and who answers what it escalates."""

from datetime import date

from chassis.english import listed
from schemas.staff_v1 import Role
from schemas.words import ROLES
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import Action, Named, roles_for


def named(book: PanelBook, day: date | None = None) -> Named:
    """The roles that each panel names as it is on a day, or without one in any of its periods, as for a door."""
    found: dict[str, dict[Action, frozenset[Role]]] = {}
    for panel in book.panels:
        if day is None or panel.in_effect(day):
            roles = found.setdefault(panel.code, {"case:chair": frozenset(), "case:answer": frozenset()})
            roles["case:chair"] |= frozenset(panel.members.may_chair)
            roles["case:answer"] |= frozenset(panel.members.escalated_to)
    return found


def roles_in_words(action: Action, panel: str, known: Named) -> str:
    """Who may do something with the work of a panel: ``chair of a panel or deciding officer``."""
    return listed(sorted(ROLES[role] for role in roles_for(action, panel, known)), "or")
