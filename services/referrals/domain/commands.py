"""What this service is asked to do. Ids come with the command: a rule never makes a random one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from schemas.directory_v1 import DestinationListed, RuleListed, SettingListed
from schemas.submissions_v1 import ReferralSubmission

Origin = Literal["http", "event", "statutory"]
ReturnReason = Literal["advice-given", "more-evidence-needed", "other-service-fits-better"]
Conclusion = Literal["strategies-agreed", "training-given", "in-reach-arranged", "step-up-advised"]
WithdrawalReason = Literal["family-asked", "moved-away", "needs-met", "sent-in-error"]


@dataclass(frozen=True, slots=True)
class SubmitReferral:
    """A form that has passed every check (``form.check``)."""

    referral_id: str
    form: ReferralSubmission = field(repr=False)
    origin: Origin = "http"


@dataclass(frozen=True, slots=True)
class SubmissionArrived:
    """A form that came as an event, signed by a registered sender but not checked yet.

    ``form`` is None where it cannot be read as a form at all; ``urns`` are the sender's establishments.
    """

    submission_id: str
    source: str
    urns: frozenset[str]
    body: bytes = field(repr=False)
    form: ReferralSubmission | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class AcceptReferral:
    """The team takes it on; without a day of its own, ``next_step_by`` follows the team's promise."""

    referral_id: str
    next_step_by: date | None = None


@dataclass(frozen=True, slots=True)
class ReturnReferral:
    """The team gives it back with advice in words."""

    referral_id: str
    reason: ReturnReason
    advice: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConcludeReferral:
    """The team's work is done."""

    referral_id: str
    outcome: Conclusion
    review_on: date
    advice: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WithdrawReferral:
    """The school takes it back."""

    referral_id: str
    reason: WithdrawalReason


@dataclass(frozen=True, slots=True)
class ListInDirectory:
    """What the data files say about a destination, a setting or a rule."""

    entry: DestinationListed | SettingListed | RuleListed
