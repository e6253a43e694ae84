"""The day of a sitting: who is there, who stands aside for which case, and whether those who are left may hear it."""

from collections.abc import Iterable
from datetime import datetime

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from chassis.english import listed
from services.panels.domain.cases.case import CASE, Case, as_seen, on_agenda
from services.panels.domain.commands import RecordRecommendation
from services.panels.domain.day.commands import KeepAttendance, LeaveUnheard
from services.panels.domain.day.decisions import recommend
from services.panels.domain.day.quorum import lacking, left
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.members import Aside, Seat
from services.panels.domain.sittings.sitting import SITTING, Sitting
from services.panels.domain.sittings.unlisting import unlisted


def keep_attendance(sitting: Sitting | None, command: KeepAttendance, now: datetime) -> Decision[Sitting]:
    """Who of the members is there. Somebody in two seats is there, or not, in both.

    Raises Refused before the day, once a chair has signed, for whoever is no member of this sitting, or where
    somebody else changed it meanwhile.
    """
    sitting = _on_its_day(sitting, now)
    if tuple(sitting.members) != tuple(command.seen):
        raise Refused(
            "changed-meanwhile",
            "Somebody else recorded who is there meanwhile. Nothing of yours was done: look at it again.",
        )
    given = dict(command.attends)
    strangers = given.keys() - {seat.staff_id for seat in sitting.members}
    if strangers:
        raise Refused(
            "not-a-member", "Somebody who was named is no member of this sitting: name its members."
        )
    members = tuple(
        seat.model_copy(update={"attends": given.get(seat.staff_id, seat.attends)})
        for seat in sitting.members
    )
    answer = {"sitting_id": sitting.sitting_id, "attends": {seat.staff_id: seat.attends for seat in members}}
    return Decision(sitting.model_copy(update={"members": members}), answer=answer)


def asides_of(sitting: Sitting, case_id: str) -> tuple[Aside, ...]:
    """Who stands aside for one case."""
    return tuple(each for each in sitting.aside if each.case_id == case_id)


def hearing(sitting: Sitting, case_id: str) -> tuple[Seat, ...]:
    """The members who hear a case: those who are there, or may be, and do not stand aside."""
    return left(sitting.members, sitting.aside, case_id)


def wanting(book: PanelBook, sitting: Sitting, case_id: str) -> tuple[str, ...]:
    """What the members who hear a case lack to be a quorum, in words; nothing where no members are recorded."""
    panel = book.at(sitting.panel, sitting.sits_on)
    if panel is None or not sitting.members:
        return ()
    return lacking(panel.quorum, hearing(sitting, case_id))


def enforced(book: PanelBook, sitting: Sitting) -> bool:
    """Whether the panel recommends nothing without a quorum."""
    panel = book.at(sitting.panel, sitting.sits_on)
    return panel is not None and panel.quorum.enforced


def recommend_by_quorum(
    book: PanelBook, world: World, command: RecordRecommendation, now: datetime
) -> Changes:
    """As `decisions.recommend`, of a sitting that may hear the case.

    Raises Refused also where the panel's quorum is enforced and those who hear the case are none: it says who is
    missing. The case is then deferred, passed on, or left to another sitting.
    """
    sitting = world.get(SITTING, command.sitting_id)
    missing = wanting(book, sitting, command.case_id) if sitting and enforced(book, sitting) else ()
    if missing:
        raise Refused(
            "no-quorum",
            f"Those who hear this case are no quorum without {listed(missing)}. Nothing can be recommended: "
            "defer the case, pass it on, or leave it to another sitting.",
        )
    decision = recommend(world.get(CASE, command.case_id), command, now)
    return Changes({CASE.at(command.case_id): decision}, answer=decision.answer)


def read_with(command: RecordRecommendation) -> Iterable[Ref]:
    """What a recommendation is weighed with."""
    return [SITTING.at(command.sitting_id)]


def leave_unheard(case: Case | None, command: LeaveUnheard, now: datetime) -> Decision[Case]:
    """The sitting does not come to the case: it waits for another one, complete as it is. No legal clock stops.

    Raises Refused unless the case is before that sitting and as it was seen.
    """
    case = as_seen(case, command.seen)
    on_agenda(case, command.sitting_id, now)
    decision = unlisted(case, "not-heard", now)
    return Decision(decision.state, decision.events, answer={"case_id": case.case_id, "state": "queued"})


def _on_its_day(sitting: Sitting | None, now: datetime) -> Sitting:
    if sitting is None:
        raise Refused("unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings.")
    if sitting.signed is not None:
        raise Refused(
            "signed-off", "A chair has signed this sitting off: who was there does not change any more."
        )
    if sitting.status not in ("confirmed", "locked", "held"):
        raise Refused(
            "sitting-not-held", f"The sitting is {sitting.status}: there is no day of it to record."
        )
    if london_date(now) < sitting.sits_on:
        raise Refused("sitting-not-begun", "Who is there is recorded on the day of the sitting.")
    return sitting
