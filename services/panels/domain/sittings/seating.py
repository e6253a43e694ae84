"""Who sits at a sitting in which seat, and who stands aside for which case."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from chassis.decision import Decision, Refused
from schemas.staff_v1 import Role, StaffGrant
from services.panels.domain.cases.case import Case
from services.panels.domain.faults import Wrong
from services.panels.domain.panels.membership import Members
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.arranging import SeatMembers, StandAside
from services.panels.domain.sittings.members import Aside, AsideReason, Seat
from services.panels.domain.sittings.sitting import Sitting

CHAIR = "chair"
SITTING_ROLES: tuple[Role, ...] = ("panel-member", "chair")
_SCHOOLS: tuple[Role, ...] = ("school-user", "headteacher")


class Colleague(Protocol):
    """What matters here of a member of staff, as staff.v1 told it."""

    @property
    def active(self) -> bool:
        """Whether they still work here."""

    @property
    def grants(self) -> tuple[StaffGrant, ...]:
        """Their roles."""


def fit_for(members: Members, panel: str, seat: str, colleague: Colleague | None, day: date) -> bool:
    """Whether somebody may take a seat: a member of the panel on that day, or for the chair, with a role for that."""
    if colleague is None or not colleague.active:
        return False
    wanted = members.may_chair if seat == CHAIR else (*SITTING_ROLES, *members.may_chair)
    return any(
        grant.role in wanted and grant.scope in (None, panel) and grant.holds_on(day)
        for grant in colleague.grants
    )


def seat(
    book: PanelBook,
    sitting: Sitting | None,
    colleagues: Mapping[str, Colleague | None],
    command: SeatMembers,
    now: datetime,
) -> Decision[Sitting]:
    """Who sits at a sitting, the whole of it; whoever leaves it stands aside for nothing any more.

    Raises Refused where the panel has no such seat or too few of them, where somebody may not take theirs, where the
    record is closed, or where somebody else changed it meanwhile.
    """
    sitting = open_to_change(sitting)
    if command.seen is not None and command.seen not in (seen(sitting), _by_seat(sitting)):
        raise Refused(
            "changed-meanwhile", "Somebody changed the members meanwhile. Nothing was done: look again."
        )
    panel = book.at(sitting.panel, sitting.sits_on)
    members = panel.members if panel else Members()
    wrong = [*_too_many(members, command), *_unfit(members, sitting, colleagues, command)]
    if wrong:
        raise Refused(
            "members-not-possible",
            "Some of the members cannot sit there; each is named.",
            faults=tuple(wrong),
        )
    seats = tuple(
        Seat(seat=seat, staff_id=staff, attends=attends) for seat, staff, attends in command.members
    )
    there = {each.staff_id for each in seats}
    aside = tuple(each for each in sitting.aside if each.staff_id in there)
    after = sitting.model_copy(update={"members": seats, "aside": aside})
    return Decision(after, answer=told(after))


def seen(sitting: Sitting) -> tuple[str, ...]:
    """The members as one saw them: what a form sends back, to find out whether somebody changed them meanwhile.

    Who comes is part of it, since naming the members says that anew: on the day it is noted on another page.
    """
    return tuple(f"{each.seat}:{each.staff_id}:{each.attends}" for each in sitting.members)


def _by_seat(sitting: Sitting) -> tuple[str, ...]:
    """The same as callers give it who have not looked at who comes."""
    return tuple(f"{each.seat}:{each.staff_id}" for each in sitting.members)


def told(sitting: Sitting) -> dict[str, object]:
    """The members and stand-asides of a sitting, as an answer."""
    return {
        "sitting_id": sitting.sitting_id,
        "members": [each.model_dump() for each in sitting.members],
        "aside": [each.model_dump() for each in sitting.aside],
    }


def _too_many(members: Members, command: SeatMembers) -> Iterable[Wrong]:
    places = {each.seat: each.places for each in members.seats}
    taken = Counter(seat for seat, _, _ in command.members)
    for name, number in taken.items():
        if name not in places:
            yield Wrong(name, "no-such-seat", "The panel has no such seat: see members.seats in its file.")
        elif number > places[name]:
            yield Wrong(name, "seat-full", f"{members.name(name)}: name at most {places[name]}.")
    if len({(seat, staff) for seat, staff, _ in command.members}) < len(command.members):
        yield Wrong("members", "named-twice", "Somebody is named twice for one seat: name them once.")


def _unfit(
    members: Members, sitting: Sitting, colleagues: Mapping[str, Colleague | None], command: SeatMembers
) -> Iterable[Wrong]:
    for name, staff_id, _ in command.members:
        if not fit_for(members, sitting.panel, name, colleagues.get(staff_id), sitting.sits_on):
            role = " or ".join(members.may_chair) if name == CHAIR else "panel-member or chair"
            yield Wrong(
                name, "not-a-member", f"Choose somebody who on that day has the role {role} for this panel."
            )


def stand_aside(
    sitting: Sitting | None, case: Case | None, command: StandAside, now: datetime
) -> Decision[Sitting]:
    """A member takes no part in one case; said again, with other words; without a reason, takes part after all.

    Raises Refused where they have no seat, where the case is another panel's, or where the record is closed.
    """
    sitting = open_to_change(sitting)
    if not any(each.staff_id == command.staff_id for each in sitting.members):
        raise Refused(
            "no-member", "Whoever stands aside needs a seat at this sitting: add them to its members first."
        )
    if case is None or case.panel != sitting.panel:
        raise Refused("unknown-case", "This panel has no such case.")
    others = tuple(
        each for each in sitting.aside if (each.staff_id, each.case_id) != (command.staff_id, command.case_id)
    )
    if command.why is None:
        after = sitting.model_copy(update={"aside": others})
        return Decision(after, answer=told(after))
    if command.why == "declared-interest" and not command.words:
        missing = Wrong("words", "missing", "Write which interest was declared.")
        raise Refused("interest-missing", "A declared interest is described.", faults=(missing,))
    new = Aside(staff_id=command.staff_id, case_id=command.case_id, why=command.why, words=command.words)
    after = sitting.model_copy(update={"aside": (*others, new)})
    return Decision(after, answer=told(after))


def open_to_change(sitting: Sitting | None) -> Sitting:
    """A sitting whose record may still change. Raises Refused."""
    if sitting is None:
        raise Refused("unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings.")
    if sitting.signed is not None:
        raise Refused(
            "sitting-signed", "The chair has signed this sitting off: its record does not change any more."
        )
    if sitting.status in ("lapsed", "cancelled"):
        raise Refused("sitting-over", f"The sitting is {sitting.status}: it has no members.")
    return sitting


def of_the_schools(
    cases: Iterable[Case], colleagues: Mapping[str, Colleague], day: date
) -> Sequence[tuple[str, str, AsideReason]]:
    """Who works at a child's school, or at the one its family names, as (staff id, case id, why): they stand aside."""
    found: list[tuple[str, str, AsideReason]] = []
    for case in cases:
        for staff_id, colleague in sorted(colleagues.items()):
            schools = {
                each.scope for each in colleague.grants if each.role in _SCHOOLS and each.holds_on(day)
            }
            if case.urn in schools:
                found.append((staff_id, case.case_id, "current-school"))
            elif case.asked_setting in schools:
                found.append((staff_id, case.case_id, "asked-school"))
    return found


def as_before(sittings: Iterable[Sitting], sitting: Sitting) -> tuple[Seat, ...]:
    """The members of a sitting, or where it has none yet, those of the panel's last one before it that had any."""
    if sitting.members:
        return sitting.members
    earlier = [
        each
        for each in sittings
        if each.panel == sitting.panel
        and each.sits_at < sitting.sits_at
        and each.members
        and not each.cancelled
    ]
    last = max(earlier, key=lambda each: each.sits_at, default=None)
    return tuple(each.model_copy(update={"attends": "unknown"}) for each in last.members) if last else ()
