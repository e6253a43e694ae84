"""What people ask of this service."""

from dataclasses import dataclass, field
from datetime import date

from schemas.case_work_v1 import DeclineReason
from schemas.codes import Owner, ProvisionType, Trigger, WithdrawalReason
from schemas.panels_v1 import MissingItem, Outcome
from services.panels.domain.judged import Funding
from services.panels.domain.legal.clocks import Dates
from services.panels.domain.legal.dates import ExceptionKind, Transfer
from services.panels.domain.panels.panel import Paper


@dataclass(frozen=True, slots=True)
class ScheduleSitting:
    """Make sure that this sitting of the calendar exists."""

    sitting_id: str


@dataclass(frozen=True, slots=True)
class ConfirmSitting:
    """The co-ordinator settles the batch: ``case_ids`` are to be on it.

    ``seen`` is the batch as the co-ordinator saw it: if somebody changed it meanwhile, this is refused. ``siblings``
    are the cases that share a mark with one of them: those that wait have to be among them.
    """

    sitting_id: str
    case_ids: tuple[str, ...]
    seen: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RehomeCase:
    """Make sure that a case waits for the panel that hears it by the panels' files as they are."""

    case_id: str


@dataclass(frozen=True, slots=True)
class CompleteCase:
    """Dates and papers that have arrived. ``papers_complete`` stands for all that are missing.

    ``arrived_on`` is the day on which the papers came (None: today), ``brought_by`` who brought them. ``seen`` as for
    `DeferCase`.
    """

    case_id: str
    dates: Dates = field(default_factory=Dates)
    papers: tuple[Paper, ...] = ()
    papers_complete: bool = False
    arrived_on: date | None = None
    brought_by: Owner | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class SetOutCase:
    """What triggered the case and what its family asks for, all of it; None is «not known». ``seen`` as elsewhere."""

    case_id: str
    trigger: Trigger
    provision: ProvisionType | None
    asked_setting: str | None
    personal_budget: bool | None
    transfer: Transfer | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimException:
    """An exception to a time limit is claimed for some days; ``words`` stay with the case. ``seen`` as elsewhere."""

    case_id: str
    kind: ExceptionKind
    first: date
    last: date | None
    by: str
    words: str = ""
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class RequestPapers:
    """Somebody is asked for papers that are missing, by a day. ``seen`` as for `DeferCase`."""

    case_id: str
    items: tuple[Paper, ...]
    owner: Owner
    bring_by: date
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class RecordRecommendation:
    """What the panel recommends at a sitting; ``reasons`` are words and stay sealed.

    Until a chair signs the sitting off, whoever has ``seen`` a recommendation may record another in its place.
    """

    case_id: str
    sitting_id: str
    outcome: Outcome
    provision: ProvisionType | None
    reasons: str
    setting_urn: str | None = None
    funding: Funding | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class DeferCase:
    """The panel cannot recommend yet: why, what is missing, who brings it, when it looks at the case again.

    ``seen`` is the `Case.version` that was looked at: if it has moved on meanwhile, this is refused.
    """

    case_id: str
    sitting_id: str
    missing: tuple[MissingItem, ...]
    owner: Owner
    next_on: date
    reason: str
    escalated: bool = False
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class WithdrawCase:
    """The case leaves the queue. ``seen`` as for `DeferCase`."""

    case_id: str
    reason: WithdrawalReason
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class IssueDecision:
    """The authority decides; None means «as the panel recommended». ``seen`` as for `DeferCase`."""

    case_id: str
    officer: str
    outcome: Outcome | None = None
    provision: ProvisionType | None = None
    reasons: str | None = None
    setting_urn: str | None = None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerRaised:
    """What the co-ordinator decides on something that came after the lock; ``words`` stay with the case.

    ``seen`` as for `DeferCase`.
    """

    case_id: str
    raised_id: str
    accepted: bool
    by: str
    reason: DeclineReason | None = None
    words: str = ""
    seen: int | None = None
