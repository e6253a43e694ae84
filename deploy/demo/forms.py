"""Referral forms as schools fill them in, all of them right. See defects.py for the others."""

from datetime import date, timedelta
from random import Random
from typing import Any

from deploy.demo.names import ADULT_NAMES, CHANGED, FAMILY_NAMES, NARRATIVES, PUT_IN_PLACE
from deploy.demo.people import MAIL_DOMAIN, Family
from schemas.codes import AsksFor, Need
from services.referrals.domain.register.places import Setting

Form = dict[str, Any]
_OTHER_NEEDS: tuple[Need, ...] = ("SLCN", "SEMH", "ASD", "MLD", "SPLD", "PD")
_PROVISIONS = ("special-school", "specialist-resource-provision", "mainstream-with-support")
_PROVISION_WEIGHTS = (60, 30, 10)


def referral(
    asks_for: AsksFor, need: Need, family: Family, setting: Setting, today: date, random: Random
) -> Form:
    """A form without faults, for everything but placements."""
    child = {
        **family.child,
        "sen_provision": random.choices("KEN", (72, 20, 8))[0],
        "primary_need": need,
    }
    if random.random() < 0.4:
        child["other_needs"] = random.sample([other for other in _OTHER_NEEDS if other != need], 1)
    if random.random() < 0.04:
        child["looked_after"] = True
    return {
        "urn": setting.urn,
        "referrer": _referrer(random),
        "child": child,
        "adults": family.adults,
        "agreement": _agreement(family, today, random),
        "asks_for": asks_for,
        "narrative": random.choice(NARRATIVES),
        "tried": [_cycle(today, random, rounds) for rounds in range(random.randint(1, 3))],
    }


def placement(
    need: Need, family: Family, setting: Setting, today: date, random: Random, statutory: bool
) -> Form:
    """A form that asks a panel for a placement; ``statutory`` where an EHC co-ordinator enters it.

    Most are complete; of some the co-ordinator has to supply papers, of some schools' the dates too.
    """
    form = referral("placement", need, family, setting, today, random)
    form["child"]["sen_provision"] = "E"
    trigger = random.choice(("draft-plan", "annual-review")) if statutory else "school-referral"
    asked: dict[str, Any] = {
        "trigger": trigger,
        "provision": random.choices(_PROVISIONS, _PROVISION_WEIGHTS)[0],
        "dates": _dates(trigger, today, random),
        "papers_complete": random.random() < 0.85,
    }
    if random.random() < 0.06:
        asked |= {"urgent": True, "need_by": (today + timedelta(days=random.randint(14, 28))).isoformat()}
    return {**form, "placement": asked}


def _dates(trigger: str, today: date, random: Random) -> dict[str, str]:
    if trigger == "draft-plan":
        served = today - timedelta(days=random.randint(1, 14))
        received = served - timedelta(weeks=random.randint(11, 15))
        return {"request_received": received.isoformat(), "draft_served": served.isoformat()}
    meeting = today - timedelta(days=random.randint(1, 10))
    if trigger == "school-referral" and random.random() < 0.1:
        return {}
    return {"review_meeting": meeting.isoformat()}


def _referrer(random: Random) -> dict[str, str]:
    given, family = random.choice(ADULT_NAMES), random.choice(FAMILY_NAMES)
    return {"name": f"{given} {family}", "email": f"senco.{given}.{family}@{MAIL_DOMAIN}".lower()}


def _agreement(family: Family, today: date, random: Random) -> dict[str, Any]:
    if random.random() < 0.02:
        view = "The family wishes to wait until summer; the school explained why it asks now, and listened."
        return {"agreed": False, "disagreement": view}
    agreed = today - timedelta(days=random.randint(0, 20))
    adult = family.adults[0]
    return {"agreed": True, "by": f"{adult['given_name']} {adult['family_name']}", "on": agreed.isoformat()}


def _cycle(today: date, random: Random, rounds_before: int) -> dict[str, str]:
    reviewed = today - timedelta(days=random.randint(3, 25) + 70 * rounds_before)
    started = reviewed - timedelta(days=random.randint(28, 60))
    return {
        "started": started.isoformat(),
        "reviewed": reviewed.isoformat(),
        "put_in_place": random.choice(PUT_IN_PLACE),
        "changed": random.choice(CHANGED),
    }
