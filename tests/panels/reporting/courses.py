"""Courses of cases, as figures are made from them."""

from datetime import date
from typing import Any

from services.panels.reporting.course import Course


def a_course(**changes: Any) -> Course:
    """A case that came on 2 February 2026, was heard on 5 March and agreed on 10 March, in time."""
    fields: dict[str, Any] = {
        "panel": "placement",
        "area": "DSPL7",
        "phase": "primary",
        "need": "ASD",
        "asked": "special-school",
        "urgent": False,
        "opened_on": date(2026, 2, 2),
        "complete_on": date(2026, 2, 2),
        "due_on": date(2026, 5, 4),
        "heard_on": date(2026, 3, 5),
        "decided_on": date(2026, 3, 10),
        "outcome": "agreed",
        "provision": "special-school",
    }
    return Course(**(fields | changes))


def a_waiting_course(**changes: Any) -> Course:
    """A case that was not heard yet."""
    unheard = {"heard_on": None, "decided_on": None, "outcome": None, "provision": None}
    return a_course(**(unheard | changes))
