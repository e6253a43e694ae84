"""Schools are asked whether they can meet a child's needs, reminded, and answer by a secret link."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from chassis.actors import Restricted
from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Ref, Refused, World
from chassis.ids import beside
from schemas.places_v1 import PlaceAnswered, PlaceConsulted
from services.panels.domain.faults import Wrong
from services.panels.domain.heard import SCHOOL
from services.panels.domain.legal.limits import RULES
from services.panels.domain.placing.commands import AnswerConsultation, Consult, Remind
from services.panels.domain.placing.fitting import OFFERED, unfit
from services.panels.domain.placing.opening import Standing, is_open, standing_of
from services.panels.domain.placing.placement import (
    LINK,
    PLACEMENT,
    Answer,
    Consultation,
    Link,
    Placement,
    as_seen,
    known,
    waiting_for_a_place,
)
from services.panels.domain.placing.places import PLACES, places_id_of

#: Calendar days that a school has.
ANSWER_DAYS = next(rule.days for rule in RULES if rule.code == "schools-answer")
REMIND_AFTER = timedelta(days=10)
#: How long a link opens: a late answer is better than none.
LINK_LASTS = timedelta(days=60)
MOST = 40  # schools asked for one child
_GONE = Refused(
    "link-over",
    "This link is not open any more. Ask the council's SEND service if you want to say something.",
)


@dataclass(frozen=True, slots=True)
class Owed:
    """A school that is to be reminded today, and why: its link was lost, ten days are over, or its time is."""

    consultation: Consultation
    why: Literal["link-lost", "soon-due", "overdue"]


def consult(world: World, command: Consult, restriction: Restricted | None, now: datetime) -> Changes:
    """A school is asked.

    Raises Refused for one that was asked before or cannot take the child, and once a place is offered.
    """
    placement = waiting_for_a_place(world.get(PLACEMENT, command.placement_id), command.seen)
    if any(each.setting == command.setting for each in placement.consultations):
        raise Refused("asked-before", "This school was asked already: remind it instead.")
    if len(placement.consultations) >= MOST:
        raise Refused("too-many", f"At most {MOST} schools can be asked for one child.")
    _fits(world, placement, command.setting)
    today = london_date(now)
    asked = Consultation(
        consultation_id=beside(placement.placement_id, f"consultation {command.setting}"),
        setting=command.setting,
        provision=placement.provision,
        asked_at=now,
        asked_on=today,
        answer_by=today + timedelta(days=ANSWER_DAYS),
    )
    fact = PlaceConsulted(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        consultation_id=asked.consultation_id,
        setting=asked.setting,
        consulted_at=now,
        answer_by=asked.answer_by,
    )
    asks = placement.asks_no_kind
    after = placement.noted("consulted", now, consultations=(*placement.consultations, asked), asks=asks)
    opened = _link(asked, standing_of(world, placement, command, restriction, now), placement, now)
    return _with_link(Decision(after, (fact,)), asked, command.link, opened)


def _fits(world: World, placement: Placement, setting: str) -> None:
    school = world.get(SCHOOL, setting)
    recorded = [kind for kind in OFFERED if world.get(PLACES, places_id_of(setting, kind)) is not None]
    wrong = unfit(placement, school.kind if school else None, recorded)
    if wrong is not None:
        raise Refused("setting-does-not-fit", "This setting cannot take the child.", faults=(wrong,))


def of_setting(command: Consult) -> list[Ref]:
    """By what is told whether a setting can take the child: its kind, and the places that are recorded of it."""
    places = (PLACES.at(places_id_of(command.setting, kind)) for kind in OFFERED)
    return [SCHOOL.at(command.setting), *places]


def remind(world: World, command: Remind, restriction: Restricted | None, now: datetime) -> Changes:
    """A school gets a new link beside its old one. Raises Refused where it has answered."""
    placement = as_seen(world.get(PLACEMENT, command.placement_id), command.seen, "awaiting")
    asked = consultation(placement, command.consultation_id)
    if asked.answer is not None:
        raise Refused("answered", "This school has answered already.")
    changes = {"reminded": (*asked.reminded, london_date(now)), "link_lost": False}
    reminded = asked.model_copy(update=changes)
    after = placement.noted("reminded", now, consultations=placement.with_consultation(reminded))
    opened = _link(reminded, standing_of(world, placement, command, restriction, now), placement, now)
    return _with_link(Decision(after), reminded, command.link, opened)


def answer(
    world: World, command: AnswerConsultation, restriction: Restricted | None, now: datetime
) -> Changes:
    """A school answers. Raises Refused without an open link, for a second answer, and for one that lacks something."""
    link, placement = world.get(LINK, command.link), world.get(PLACEMENT, command.placement_id)
    if placement is None:
        raise _GONE
    as_it_is = standing_of(world, placement, command, restriction, now)
    if not is_open(link, placement, command.consultation_id, as_it_is, now):
        raise _GONE
    asked = consultation(placement, command.consultation_id)
    if asked.answer is not None:
        raise Refused(
            "answered", "This school has answered already. Ask the SEND service to change the answer."
        )
    _complete(command, london_date(now))
    given = Answer(
        can_meet=command.can_meet,
        reasons=command.reasons,
        conditions=command.conditions,
        earliest_start_on=command.earliest_start_on,
        by=command.by,
        answered_at=now,
    )
    fact = PlaceAnswered(
        placement_id=placement.placement_id,
        referral_id=placement.referral_id,
        consultation_id=asked.consultation_id,
        setting=asked.setting,
        can_meet=given.can_meet,
        earliest_start_on=given.earliest_start_on,
        answered_at=now,
    )
    consultations = placement.with_consultation(asked.model_copy(update={"answer": given}))
    after = placement.noted("answered", now, consultations=consultations)
    return Changes({PLACEMENT.at(placement.placement_id): Decision(after, (fact,))})


def consultation(placement: Placement, consultation_id: str) -> Consultation:
    """One of its consultations. Raises Refused where there is none with this id."""
    for each in known(placement).consultations:
        if each.consultation_id == consultation_id:
            return each
    raise Refused("unknown-consultation", "There is no consultation with this id.")


def owed(placement: Placement, today: date) -> list[Owed]:
    """Those to be reminded today: once when ten days are over, once when the answer is late, and for want of a link."""
    if placement.status != "awaiting":
        return []
    due = (_owed(each, today) for each in placement.unanswered)
    return [each for each in due if each is not None]


def _owed(asked: Consultation, today: date) -> Owed | None:
    if asked.link_lost:
        return Owed(asked, "link-lost")
    last = max(asked.reminded, default=asked.asked_on)
    if today > asked.answer_by:
        return Owed(asked, "overdue") if last <= asked.answer_by else None
    reached = asked.asked_on + REMIND_AFTER
    return Owed(asked, "soon-due") if last < reached <= today else None


def answer_by(placement: Placement) -> date | None:
    """The day by which the first of the schools that were asked owes its answer; None where none does."""
    return min((each.answer_by for each in placement.unanswered), default=None)


def said_yes(consultations: Iterable[Consultation]) -> list[Consultation]:
    """The schools that can meet the needs, also those with conditions."""
    return [each for each in consultations if each.answer and each.answer.can_meet != "no"]


def _link(asked: Consultation, as_it_is: Standing, placement: Placement, now: datetime) -> Link:
    """What a new link opens. Who gives it out knows whether the child is restricted, and under which record it is."""
    return Link(
        placement_id=placement.placement_id,
        consultation_id=asked.consultation_id,
        expires_at=now + LINK_LASTS,
        restricted=as_it_is.restricted,
        child_id=as_it_is.child_id,
    )


def _with_link(decision: Decision[Placement], asked: Consultation, link: str, opened: Link) -> Changes:
    assert decision.state is not None
    id = decision.state.placement_id
    said = {
        "placement_id": id,
        "consultation_id": asked.consultation_id,
        "answer_by": asked.answer_by.isoformat(),
        "seen": decision.state.version,
        "link_sha256": link,
    }
    return Changes({PLACEMENT.at(id): decision, LINK.at(link): Decision(opened)}, answer=said)


def _complete(command: AnswerConsultation, today: date) -> None:
    wrong = []
    if not command.reasons.strip():
        wrong.append(Wrong("reasons", "reasons-missing", "says in words why"))
    if command.can_meet == "with-conditions" and not command.conditions.strip():
        wrong.append(Wrong("conditions", "conditions-missing", "says which conditions there are"))
    if not command.by.strip():
        wrong.append(Wrong("by", "name-missing", "says who answers for the school"))
    if command.earliest_start_on is not None and command.earliest_start_on < today:
        wrong.append(Wrong("earliest_start_on", "in-the-past", "must not lie in the past"))
    if wrong:
        raise Refused("answer-incomplete", "The answer lacks something.", faults=tuple(wrong))
