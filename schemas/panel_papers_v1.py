"""The panel's words and what it recommends, sealed: for the panels service itself, should it lose its database."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.codes import ProvisionType
from schemas.envelope import Event
from schemas.panels_v1 import Gives, Outcome
from schemas.topics import CASE_PAPERS


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class FundingJudged(_Part):
    """What a panel for local high needs funding agrees to; amounts are in pounds."""

    gives: Gives
    asked: int
    agreed: int


class Judged(_Part):
    """What is recommended or decided, with its reasons."""

    outcome: Outcome
    provision: ProvisionType | None = None
    setting_urn: str | None = None
    reasons: str = ""
    funding: FundingJudged | None = None


class Recommended(Judged):
    """What a sitting recommended, or without one a chair; internal until the authority decides."""

    sitting_id: str
    heard_at: AwareDatetime
    signed_at: AwareDatetime | None = None


class Mended(_Part):
    """A correction: why, by whom, and what stood before and after it."""

    of: Literal["recommendation", "decision"]
    at: AwareDatetime
    by: str
    why: str
    before: Judged
    after: Judged
    next_step_by: date | None = None


class Remark(_Part):
    """Words about one part of a case or a sitting, such as the reason of its first deferral: ``deferral-0``."""

    about: str
    words: str


class PlacementPapers(Event, type="placement.papers.v1", topic=CASE_PAPERS, key="placement_id"):
    """Words on a child's way to a place: what schools answered, why a place was given, and who noted what."""

    placement_id: str
    remarks: tuple[Remark, ...] = ()


class SittingPapers(Event, type="sitting.papers.v1", topic=CASE_PAPERS, key="sitting_id"):
    """People's words on a sitting: why it is an extra one, why it is cancelled, which interests members declared."""

    sitting_id: str
    remarks: tuple[Remark, ...] = ()
