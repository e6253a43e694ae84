"""What is learnt from others to write whole sentences: the public directory, a decision's reasons, agreed actions."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chassis.decision import Decision, Kind
from schemas.directory_v1 import DestinationListedV2
from schemas.personal_v1 import Agreed, CasePapers, ReferralPapers


class DirectoryEntry(BaseModel):
    """One destination of the directory, under the id ``destination:{code}``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    entry: str
    code: str
    kind: str
    name: str
    does: str
    advice_line: str | None = None
    opening_hours: str | None = None
    expected_wait_days: int | None = None
    expected_wait_p80_days: int | None = None
    meanwhile: str | None = None


class Reasons(BaseModel):
    """The panel's reasons for its decision on one case. The family's page shows them once it is issued."""

    model_config = ConfigDict(frozen=True)

    case_id: str
    referral_id: str
    reasons: str | None = None


class Actions(BaseModel):
    """What was agreed about a referral when a team finished its work: what is done, who is responsible, by when."""

    model_config = ConfigDict(frozen=True)

    referral_id: str
    actions: tuple[Agreed, ...] = ()


DIRECTORY_ENTRY = Kind("directory_entry", DirectoryEntry)
REASONS = Kind("reasons", Reasons)
ACTIONS = Kind("agreed_actions", Actions)


def entry_of(destination: str) -> str:
    """The directory's id of a destination's code."""
    return f"destination:{destination}"


def list_destination(
    _: DirectoryEntry | None, listed: DestinationListedV2, now: datetime
) -> Decision[DirectoryEntry]:
    """The latest version of an entry wins."""
    return Decision(DirectoryEntry.model_validate(listed.model_dump()))


def keep_reasons(_: Reasons | None, papers: CasePapers, now: datetime) -> Decision[Reasons]:
    """The latest version of a case's papers wins."""
    return Decision(Reasons(case_id=papers.case_id, referral_id=papers.referral_id, reasons=papers.reasons))


def keep_actions(kept: Actions | None, papers: ReferralPapers, now: datetime) -> Decision[Actions]:
    """The latest version of a referral's papers wins. Of all that stands in them only the actions are kept."""
    if kept is None and not papers.actions:
        return Decision()
    return Decision(Actions(referral_id=papers.referral_id, actions=papers.actions))
