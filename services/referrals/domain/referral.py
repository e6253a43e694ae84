"""The state of a referral: ids, codes and dates here, its words in its papers."""

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Kind, Refused
from schemas.codes import Area, AsksFor, DestinationKind, Need, Phase, ProvisionType, SenProvision
from schemas.panels_v1 import MissingItem, Outcome
from schemas.personal_v1 import ReferralPapers
from schemas.referrals_v1 import PlacementAsk
from schemas.submissions_v1 import Agreement, Referrer
from services.referrals.domain.commands import Conclusion, Origin, ReturnReason, WithdrawalReason

_LONDON = ZoneInfo("Europe/London")

Status = Literal[
    "routed",
    "accepted",
    "returned",
    "concluded",
    "withdrawn",
    "queued",
    "listed",
    "deferred",
    "heard",
    "decided",
]
How = Literal["sent", "failed", "held", "by-hand", "not-to-be-told"]
WAITING: frozenset[Status] = frozenset({"routed", "queued", "deferred"})
UNDER_WAY: frozenset[Status] = frozenset({"accepted", "listed", "heard"})
ENDED: frozenset[Status] = frozenset({"returned", "concluded", "withdrawn", "decided"})


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)


class PanelCase(_State):
    """What the panel has said about the case; the panel owns it."""

    case_id: str
    due_on: date | None = None
    complete: bool = False
    sits_on: date | None = None
    decision_by: date | None = None
    missing: tuple[MissingItem, ...] = ()
    owner: str | None = None
    next_on: date | None = None
    outcome: Outcome | None = None
    provision: ProvisionType | None = None
    next_step_by: date | None = None


class Withdrawal(_State):
    """That the school wants it back; ``done`` once nobody works on it any more."""

    reason: WithdrawalReason
    asked_at: AwareDatetime
    done: bool = False


class Told(_State):
    """Whether one person was told of one fact."""

    person_id: str
    fact: str
    how: How
    at: AwareDatetime


class Referral(_State):
    """Ids, codes and dates of a referral; its words are in its papers."""

    id: str
    reference: str
    status: Status
    origin: Origin
    urn: str
    area: Area
    phase: Phase
    year_group: int
    sen_provision: SenProvision
    primary_need: Need
    other_needs: tuple[Need, ...]
    asks_for: AsksFor
    child_id: str
    adults: tuple[str, ...]
    tell: tuple[str, ...]
    destination: str
    destination_kind: DestinationKind
    rule: str
    reason: str
    received_at: AwareDatetime
    routed_at: AwareDatetime
    answer_by: date
    changed_at: AwareDatetime
    placement: PlacementAsk | None = None
    next_step_by: date | None = None
    review_on: date | None = None
    return_reason: ReturnReason | None = None
    conclusion: Conclusion | None = None
    withdrawal: Withdrawal | None = None
    case: PanelCase | None = None
    told: tuple[Told, ...] = ()
    follows: str | None = None


class Papers(_State):
    """The words of a referral: only this service's database and the sealed topic hold them."""

    papers: ReferralPapers
    referrer: Referrer
    agreement: Agreement


REFERRAL = Kind("referral", Referral)
PAPERS = Kind("papers", Papers)


def local_day(moment: datetime) -> date:
    """The date in London at an instant."""
    return moment.astimezone(_LONDON).date()


def known(referral: Referral | None) -> Referral:
    """The referral. Raises Refused where it is not known here."""
    if referral is None:
        raise Refused("referral-unknown", "No referral with this id is known here.")
    return referral
