"""Where a referral goes by the rules that hold today, and the fact that says so."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.calendar import london_date
from schemas.codes import AsksFor, Need, SenProvision, Trigger
from schemas.envelope import Event
from schemas.referral_work_v1 import ReferralWaiting
from schemas.submissions_v1 import ReferralSubmission
from services.referrals.domain import facts
from services.referrals.domain.children.ages import age_on, phase_of, year_group
from services.referrals.domain.referral import RULES, Clock, Referral, Status, Step, What
from services.referrals.domain.register.places import AreaInfo, Register, Setting
from services.referrals.domain.routing.explaining import grounds
from services.referrals.domain.routing.rules import Facts, Routing, Rule
from services.referrals.domain.routing.teams import Destination, WorkingDays


@dataclass(frozen=True, slots=True)
class Way:
    """The rule that chose, and the destination that it chose: the reason as a sentence, the grounds as a line."""

    rule: Rule
    destination: Destination
    reason: str
    grounds: str

    @property
    def status(self) -> Status:
        """How a referral stands that goes this way."""
        return "routed" if self.destination.sits else "waiting"


def way(routing: Routing, about: Facts) -> Way:
    """Where a referral with these facts goes."""
    rule = routing.choose(about)
    goes = routing.goes_to(rule, about.area, about.day)
    return Way(rule, goes, rule.reason_for(about), grounds(goes.kind, rule, about))


def elsewhere(referral: Referral, routing: Routing, was: Facts | None, about: Facts) -> Way | None:
    """Where a referral goes of which something has changed; None where it stays.

    ``was`` are the facts before. A change of the rules alone sends nobody elsewhere: whoever has a referral keeps it.
    """
    chosen = way(routing, about)
    before = way(routing, was).destination.code if was else None
    return None if chosen.destination.code in (referral.destination, before) else chosen


def facts_of(referral: Referral, setting: Setting, register: Register, born: date, today: date) -> Facts:
    """What the rules look at, of a referral as it is known today."""
    trigger = referral.placement.trigger if referral.placement else None
    child = (referral.primary_need, referral.other_needs, referral.sen_provision, referral.looked_after)
    return facts_about(referral.asks_for, child, born, trigger, register.placed(setting, today), today)


def facts_of_form(form: ReferralSubmission, setting: Setting, register: Register, today: date) -> Facts:
    """The same of a form that has not been sent yet."""
    child, trigger = form.child, form.placement.trigger if form.placement else None
    about = (child.primary_need, child.other_needs, child.sen_provision, child.looked_after)
    return facts_about(form.asks_for, about, child.born, trigger, register.placed(setting, today), today)


def facts_about(
    asks_for: AsksFor,
    child: tuple[Need, tuple[Need, ...], SenProvision, bool],
    born: date,
    trigger: Trigger | None,
    where: tuple[Setting, AreaInfo],
    today: date,
) -> Facts:
    """What the rules look at: ``child`` is the main need, the others, the provision, whether looked after."""
    year, (need, others, provision, looked_after), (setting, area) = year_group(born, today), child, where
    return Facts(
        asks_for=asks_for,
        need=need,
        other_needs=others,
        phase=phase_of(year),
        year=year,
        age=age_on(born, today),
        area=area.code,
        area_name=area.name,
        town=setting.town,
        urn=setting.urn,
        sen_provision=provision,
        trigger=trigger,
        looked_after=looked_after,
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
            "grounds": chosen.grounds,
            "routed_at": now,
            "changed_at": now,
            "answer_by": goes.answer_by(london_date(now), days),
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
