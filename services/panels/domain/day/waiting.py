"""For whose answer a case waits: the lists in which it stands until they give one."""

from typing import Literal

from services.panels.domain.cases.case import Case
from services.panels.domain.day.chairs_action import asked
from services.panels.domain.day.deferrals import escalated


def waits_for(case: Case) -> Literal["chair", "manager"] | None:
    """A chair, if chair's action was asked for; else whoever answers for a deferral that was escalated; else nobody."""
    if asked(case):
        return "chair"
    return "manager" if escalated(case) and case.status not in ("decided", "withdrawn") else None
