"""Where a referral goes by the rules that hold today, and the fact that says so."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.envelope import Event
from schemas.referral_work_v1 import ReferralWaiting
from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain import facts
from services.referrals.domain.ages import age_on, phase_of, year_group
from services.referrals.domain.places import Register, Setting
from services.referrals.domain.referral import RULES, Clock, Referral, Status, Step, What, local_day
from services.referrals.domain.routing import Facts, Routing, Rule
from services.referrals.domain.teams import Destination, WorkingDays


@dataclass(frozen=True, slots=True)
class Way:
    """The rule that chose, and the destination that it chose, with the reason in words."""

    rule: Rule
    destination: Destination
    reason: str

    @property
    def status(self) -> Status:
        """How a referral stands that goes this way."""
        return "routed" if self.destination.sits else "waiting"


def way(routing: Routing, destinations: dict[str, Destination], about: Facts) -> Way:
    """Where a referral with these facts goes."""
    rule = routing.choose(about)
    return Way(rule, destinations[rule.goes_to(about.area)], rule.reason_for(about))


def facts_of(referral: Referral, setting: Setting, register: Register, born: date, today: date) -> Facts:
    """What the rules look at, of a referral as it is known today."""
    year = year_group(born, today)
    return Facts(
        asks_for=referral.asks_for,
        need=referral.primary_need,
        other_needs=referral.other_needs,
        phase=phase_of(year),
        year=year,
        age=age_on(born, today),
        area=setting.area,
        area_name=register.areas[setting.area].name,
        town=setting.town,
        urn=setting.urn,
        sen_provision=referral.sen_provision,
        trigger=referral.placement.trigger if referral.placement else None,
        looked_after=referral.looked_after,
        day=today,
    )


def facts_of_form(form: ReferralSubmission, setting: Setting, register: Register, today: date) -> Facts:
    """The same of a form that has not been sent yet."""
    child, year = form.child, year_group(form.child.born, today)
    return Facts(
        asks_for=form.asks_for,
        need=child.primary_need,
        other_needs=child.other_needs,
        phase=phase_of(year),
        year=year,
        age=age_on(child.born, today),
        area=setting.area,
        area_name=register.areas[setting.area].name,
        town=setting.town,
        urn=setting.urn,
        sen_provision=child.sen_provision,
        trigger=form.placement.trigger if form.placement else None,
        looked_after=child.looked_after,
        day=today,
    )


def sent(referral: Referral, chosen: Way, now: datetime, days: WorkingDays) -> Referral:
    """The referral at its destination: nobody there has looked at it yet."""
    goes = chosen.destination
    at = Step(version=referral.version, at=now, by=RULES, what=_what(chosen), detail=goes.code)
    return referral.model_copy(
        update={
            "status": chosen.status,
            "destination": goes.code,
            "destination_kind": goes.kind,
            "rule": chosen.rule.code,
            "reason": chosen.reason,
            "routed_at": now,
            "changed_at": now,
            "answer_by": goes.answer_by(local_day(now), days),
            "next_step_by": None,
            "accepted_at": None,
            "assigned_to": None,
            "assigned_at": None,
            "clock": Clock(),
            "history": (*referral.history, at),
        }
    )


def _what(chosen: Way) -> What:
    return "routed" if chosen.status == "routed" else "waiting"


def told(referral: Referral) -> Event:
    """The fact of where it is: with whom, or that it waits for a panel that does not sit yet."""
    if referral.status != "waiting":
        return facts.routed(referral)
    return ReferralWaiting(
        referral_id=referral.id,
        reference=referral.reference,
        destination_kind=referral.destination_kind,
        destination=referral.destination,
        rule=referral.rule,
        waiting_at=referral.routed_at,
    )
