"""What is asked and answered about a case while it waits for its panel. Ids, codes and dates only."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.codes import Owner
from schemas.envelope import Event
from schemas.panels_v1 import MissingItem
from schemas.topics import PANELS

#: Why a panel does not take what came from the school after its papers had closed.
DeclineReason = Literal[
    "family-wants-it-heard",
    "decision-cannot-wait",
    "heard-already",
    "decided-already",
    "after-papers-closed",
    "known-already",
    "about-another-matter",
]


class PapersRequested(Event, type="case.papers-requested.v1", topic=PANELS, key="case_id"):
    """The EHC co-ordinator asked somebody for papers that the case lacks, by a day."""

    case_id: str
    referral_id: str
    items: tuple[MissingItem, ...]
    owner: Owner
    requested_at: AwareDatetime
    bring_by: date


class DatesCorrected(Event, type="case.dates-corrected.v1", topic=PANELS, key="case_id"):
    """A date from which the law counts was given or put right: the case is due on another day than before."""

    case_id: str
    referral_id: str
    due_on: date
    corrected_at: AwareDatetime


class WithdrawalAnswered(Event, type="withdrawal.answered.v1", topic=PANELS, key="case_id"):
    """The school had asked to withdraw after papers closed, and this is the answer; ``reason`` if it is no."""

    case_id: str
    referral_id: str
    accepted: bool
    reason: DeclineReason | None = None
    answered_at: AwareDatetime


class EvidenceAnswered(Event, type="evidence.answered.v1", topic=PANELS, key="case_id"):
    """The school had added papers after they closed: whether the panel sees them all the same."""

    case_id: str
    referral_id: str
    added_at: AwareDatetime
    accepted: bool
    reason: DeclineReason | None = None
    answered_at: AwareDatetime
