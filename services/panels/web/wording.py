"""What the pages of panels say of outcomes and provisions, and how they read them from a form."""

import re
from typing import Any

from chassis.english import pounds
from chassis.web.fields import Fields
from schemas.words import PROVISIONS
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.judged import Judgement
from services.panels.domain.words import OUTCOMES

CHANGED = {"outcome": "outcome", "provision": "provision", "setting_urn": "setting", "reasons": "reasons"}
_URN = re.compile(r"[0-9]{6}")


#: What a panel for funding gives.
GIVES = {"funding": "funding", "support": "support, without funding", "both": "funding and support"}


def judged_in_words(judged: Judgement) -> str:
    """``Agreed: a special school (setting 117215)``; of a panel for funding with what was asked and agreed."""
    if judged.funding is not None:
        given = judged.funding
        amounts = f"{pounds(given.agreed)} of {pounds(given.asked)}"
        return f"{OUTCOMES[judged.outcome]}: {GIVES[given.gives]}, {amounts}"
    provision = f": {PROVISIONS[judged.provision]}" if judged.provision else ""
    setting = f" (setting {judged.setting_urn})" if judged.setting_urn else ""
    return f"{OUTCOMES[judged.outcome]}{provision}{setting}"


def outcome_in_words(case: Case, sitting_id: str) -> str:
    """What became of a case at a sitting."""
    if case.recommendation is not None and case.recommendation.sitting_id == sitting_id:
        return judged_in_words(judgement(case.recommendation))
    if case.sits(sitting_id):
        return "No outcome yet"
    if case.status == "withdrawn":
        return "Withdrawn"
    if any(each.sitting_id == sitting_id for each in case.deferrals):
        return "Deferred"
    return "Left to another sitting or panel"


def judged_of(fields: Fields) -> Judgement:
    """Outcome, provision, setting and reasons of a form; what is wrong stands in its faults."""
    outcome = fields.choice("outcome", OUTCOMES, "Choose the outcome.")
    provision: Any = None
    setting = None
    if outcome == "agreed":
        provision = fields.choice("provision", PROVISIONS, "Choose the kind of provision.")
        setting = fields.optional("setting_urn", 6)
        if setting and not _URN.fullmatch(setting):
            fields.fault("setting_urn", "not-a-urn", "Write the six figures of the school's number (URN).")
    reasons = fields.words("reasons", "Write the reasons: the family is told them.")
    if fields.faults:
        return Judgement(outcome="more-information")
    return Judgement(outcome=outcome, provision=provision, setting_urn=setting, reasons=reasons)


def typed_of(judged: Judgement) -> dict[str, str]:
    """The same as a form shows it."""
    return {name: str(value or "") for name, value in judged}
