"""Cases that are heard together, as those of brothers and sisters; and how long a case takes."""

from collections.abc import Iterable
from datetime import datetime

from chassis.decision import Changes, Decision, Ref, Refused, World
from services.panels.domain.cases.case import CASE, Case, as_seen, known
from services.panels.domain.sittings.arranging import LinkCases, PartCase, SetMinutes

#: Later it makes no difference any more who is heard with whom.
_OPEN = ("incomplete", "queued", "listed", "deferred")


def touches(command: LinkCases) -> Iterable[Ref]:
    """Both cases."""
    return [CASE.at(id) for id in sorted({command.case_id, command.other_id})]


def link(world: World, command: LinkCases, now: datetime) -> Changes:
    """Two cases are heard together, with all who are heard with either of them already.

    Raises Refused for one case twice, for cases of two panels, or once one of them was heard.
    """
    case, other = (
        as_seen(world.get(CASE, command.case_id), command.seen),
        known(world.get(CASE, command.other_id)),
    )
    if case.case_id == other.case_id:
        raise Refused("same-case", "This is the case itself: give the reference of the other one.")
    if case.panel != other.panel:
        raise Refused("other-panel", "The other case waits for another panel: no sitting could hear both.")
    for each in (case, other):
        _open(each)
    if case.siblings and other.siblings and case.siblings != other.siblings:
        raise Refused(
            "linked-already", "Both are heard with others already: take one of them out of its group first."
        )
    mark = case.siblings or other.siblings or min(case.case_id, other.case_id)
    marked = {
        CASE.at(each.case_id): Decision(each.noted("linked", now, siblings=mark))
        for each in (case, other)
        if each.siblings != mark
    }
    return Changes(marked, answer={"case_id": case.case_id, "heard_with": other.case_id})


def part(case: Case | None, command: PartCase, now: datetime) -> Decision[Case]:
    """A case is heard by itself again. Raises Refused once it was heard."""
    case = as_seen(case, command.seen)
    _open(case)
    after = case.noted("parted", now, siblings=None) if case.siblings else case
    return Decision(after, answer={"case_id": case.case_id, "heard_with": None})


def set_minutes(case: Case | None, command: SetMinutes, now: datetime) -> Decision[Case]:
    """How long the panel needs for a case. Raises Refused once it was heard."""
    case = as_seen(case, command.seen)
    _open(case)
    after = case.noted("minutes-set", now, minutes=command.minutes)
    return Decision(after, answer={"case_id": case.case_id, "minutes": command.minutes})


def _open(case: Case) -> None:
    if case.status not in _OPEN:
        raise Refused(
            "case-not-open", f"The case is {case.status}: nothing of how it is heard can change any more."
        )
