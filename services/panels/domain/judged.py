"""Parts of a case that follow from a panel's day: a judgement, its corrections, chair's action, what was escalated."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from schemas.codes import ProvisionType
from schemas.panels_v1 import Gives, Outcome


class Fact(BaseModel):
    """A part of a case's state."""

    model_config = ConfigDict(frozen=True)


class Funding(Fact):
    """What a panel for local high needs funding agrees to; amounts are in pounds."""

    gives: Gives
    asked: int
    agreed: int


class Judgement(Fact):
    """What is recommended or decided: the outcome, and if it is agreed the kind of provision and a known setting.

    A panel for funding agrees to ``funding`` in their place.
    """

    outcome: Outcome
    provision: ProvisionType | None = None
    setting_urn: str | None = None
    reasons: str = ""
    funding: Funding | None = None


class Correction(Fact):
    """A mistake that was mended, with its day; what stood ``before`` stays readable for good."""

    of: Literal["recommendation", "decision"]
    at: datetime
    by: str
    why: str
    before: Judgement
    after: Judgement
    next_step_by: date | None = None


class ChairAction(Fact):
    """A case that could not wait for a sitting: who asked why, and what a chair answered.

    ``agreed`` is None while it waits for a chair. Agreed, it is told to the next sitting of the panel.
    """

    asked_at: datetime
    asked_by: str
    why: str
    agreed: bool | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    declined_because: str | None = None
    decision_by: date | None = None


class Answered(Fact):
    """What became of an escalated deferral, in the words of whoever answered for it."""

    at: datetime
    by: str
    words: str
