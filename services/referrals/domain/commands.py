"""What this service is asked to do. Ids come with the command: a rule never makes a random one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from schemas.codes import AsksFor, Language, Need, SenProvision, WithdrawalReason
from schemas.directory_v1 import AreaListed, DestinationListedV2, RuleListed, SettingListed
from schemas.referral_work_v1 import ClosingReason, Direction, Helped, VisitKind
from schemas.referrals_v1 import PlacementAsk, ShortPlacement
from schemas.submissions_v1 import Adult, Agreement, Cycle, Evidence, ReferralSubmission, Views

Origin = Literal["http", "event", "statutory"]
ReturnReason = Literal["advice-given", "more-evidence-needed", "other-service-fits-better"]
Conclusion = Literal["strategies-agreed", "training-given", "in-reach-arranged", "step-up-advised"]


@dataclass(frozen=True, slots=True)
class SubmitReferral:
    """A form that has passed every check (``form.check``).

    ``once_only``: it is refused where the school sent the same child to the same destination not long ago.
    """

    referral_id: str
    form: ReferralSubmission = field(repr=False)
    origin: Origin = "http"
    once_only: bool = False


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
class OnReferral:
    """What somebody does with a referral.

    ``by`` is who: a staff id, or a token's name. ``seen`` is the version of the referral that they looked at;
    the rule refuses where somebody else has changed it since. None: whatever its version is.
    """

    referral_id: str
    by: str = field(kw_only=True)
    seen: int | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class AcceptReferral(OnReferral):
    """The team takes it on; without a day of its own, ``next_step_by`` follows the team's promise.

    ``short_placement`` is needed where a place at an Education Support Centre is accepted.
    """

    next_step_by: date | None = None
    short_placement: ShortPlacement | None = None


@dataclass(frozen=True, slots=True)
class ReturnReferral(OnReferral):
    """The team gives it back with advice in words; without a day, the school answers in its usual time."""

    reason: ReturnReason
    advice: str = field(repr=False)
    school_answers_by: date | None = None


@dataclass(frozen=True, slots=True)
class AssignReferral(OnReferral):
    """One of the team, by staff id, works on it from now on; None: nobody in particular."""

    to: str | None


@dataclass(frozen=True, slots=True)
class AskForInformation(OnReferral):
    """The team asks the school a question, to be answered by a day."""

    question: str = field(repr=False)
    by_day: date


@dataclass(frozen=True, slots=True)
class AnswerInformation(OnReferral):
    """The school answers a question, or says what it did with the advice that it was given."""

    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ArrangeVisit(OnReferral):
    """A visit or training is arranged; with an id that is known it is moved. ``who`` comes, in words."""

    visit_id: str
    kind: VisitKind
    on: date
    who: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordVisit(OnReferral):
    """A visit took place on a day; ``words`` say what came of it."""

    visit_id: str
    on: date
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AgreedAction:
    """What is done, who is responsible for it, and by when."""

    what: str = field(repr=False)
    who: str = field(repr=False)
    by: date


@dataclass(frozen=True, slots=True)
class ConcludeReferral(OnReferral):
    """The team's work is done: what was agreed, by whom and by when, and when one looks whether it helped."""

    outcome: Conclusion
    review_on: date
    advice: str | None = field(default=None, repr=False)
    actions: tuple[AgreedAction, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordReview(OnReferral):
    """Whether it helped, as school and family see it."""

    helped: Helped
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StepReferral(OnReferral):
    """It goes on as ``next_id``, on another rung of the ladder, with all that is known of it.

    ``child_id`` is the referral's own, so that the child's age can be looked up; ``placement`` is needed where
    a placement is asked for; ``reason`` says why, in words.
    """

    next_id: str
    child_id: str
    direction: Direction
    asks_for: AsksFor
    reason: str = field(repr=False)
    placement: PlacementAsk | None = None


@dataclass(frozen=True, slots=True)
class CloseReferral(OnReferral):
    """Nobody works on it any more."""

    reason: ClosingReason
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReopenReferral(OnReferral):
    """It had ended, and goes on; why, in words."""

    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OwnContacts:
    """Where the child lives, and how a young person is reached."""

    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Contacts:
    """All contacts of a referral as they are now; the adults in their order, new ones behind."""

    child: OwnContacts
    adults: tuple[Adult, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Amendment:
    """The parts of a form that the school changes after sending; None leaves a part as it is."""

    narrative: str | None = field(default=None, repr=False)
    tried: tuple[Cycle, ...] | None = field(default=None, repr=False)
    agreement: Agreement | None = field(default=None, repr=False)
    views: Views | None = field(default=None, repr=False)
    contacts: Contacts | None = field(default=None, repr=False)
    asks_for: AsksFor | None = None
    primary_need: Need | None = None
    other_needs: tuple[Need, ...] | None = None
    sen_provision: SenProvision | None = None
    placement: PlacementAsk | None = None


@dataclass(frozen=True, slots=True)
class AmendReferral(OnReferral):
    """The school changes what it sent, and says why. ``child_id`` is the referral's own.

    ``adult_ids`` are those of changed contacts (``contacting.adult_ids``).
    """

    child_id: str
    changes: Amendment
    reason: str = field(repr=False)
    adult_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddEvidence(OnReferral):
    """The school adds papers, whose files have been received already, and says why."""

    papers: tuple[Evidence, ...] = field(repr=False)
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WithdrawReferral(OnReferral):
    """The school takes it back."""

    reason: WithdrawalReason


@dataclass(frozen=True, slots=True)
class ReleaseReferral:
    """The panel for which a referral waited exists now."""

    referral_id: str


@dataclass(frozen=True, slots=True)
class ListInDirectory:
    """What the data files say about a destination, a setting, an area or a rule."""

    entry: DestinationListedV2 | SettingListed | AreaListed | RuleListed
