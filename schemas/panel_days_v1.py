"""What follows from a panel's day beside the recommendation: signed, passed on, settled between sittings, corrected."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.codes import ProvisionType
from schemas.envelope import Event
from schemas.panels_v1 import MissingItem, Outcome
from schemas.topics import PANELS

Corrected = Literal["outcome", "provision", "setting", "reasons"]


class SittingSigned(Event, type="sitting.signed.v1", topic=PANELS, key="sitting_id"):
    """A chair signed the sitting off: every case of it has an outcome, and no recommendation of it changes any more.

    ``case_ids`` are those that the panel recommended something for.
    """

    sitting_id: str
    panel: str
    case_ids: tuple[str, ...]
    signed_by: str
    signed_at: AwareDatetime


class CasePassedOn(Event, type="case.passed-on.v1", topic=PANELS, key="case_id"):
    """A panel sent the case to the queue of another one. No legal clock stops; ``panel`` has it from now on.

    Its papers go with it; ``missing`` are those that ``panel`` wants to see as well, and that are not there.
    """

    case_id: str
    referral_id: str
    sitting_id: str
    from_panel: str
    panel: str
    passed_at: AwareDatetime
    missing: tuple[MissingItem, ...] = ()


class CaseChairAction(Event, type="case.chair-action.v1", topic=PANELS, key="case_id"):
    """A chair recommended between sittings, because the case could not wait; the next sitting is told of it."""

    case_id: str
    referral_id: str
    panel: str
    acted_by: str
    acted_at: AwareDatetime
    decision_by: date


class DecisionCorrected(Event, type="decision.corrected.v1", topic=PANELS, key="case_id"):
    """A mistake in the authority's decision was mended. This is in force; what was issued stays on record.

    ``number`` counts the corrections of a decision from 1, ``changed`` are the parts that differ from before.
    """

    case_id: str
    referral_id: str
    decision_id: str
    number: int
    outcome: Outcome
    provision: ProvisionType | None
    setting_urn: str | None = None
    changed: tuple[Corrected, ...]
    corrected_at: AwareDatetime
    next_step_by: date
