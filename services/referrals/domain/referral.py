"""The state of a referral: ids, codes and dates here, its words in its papers."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Kind, Refused
from schemas.case_work_v1 import DeclineReason
from schemas.codes import (
    Area,
    AsksFor,
    DestinationKind,
    Need,
    Owner,
    Phase,
    ProvisionType,
    SenProvision,
    WithdrawalReason,
)
from schemas.family_v1 import CorrectedWay
from schemas.panels_v1 import MissingItem, Outcome
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.referral_work_v1 import ClosingReason, Direction, Helped, Owed, VisitKind
from schemas.referrals_v1 import PlacementAsk, ShortPlacement
from schemas.submissions_v1 import Agreement, Referrer
from services.referrals.domain.commands import Conclusion, Origin, ReturnReason

#: "waiting": for a panel that does not exist yet. "returned" (with advice) and "asked" (a question): with the
#: school. "stepped": it goes on as another referral.
Status = Literal[
    "routed", "waiting", "accepted", "returned", "asked", "concluded", "stepped", "closed", "withdrawn",
    "queued", "listed", "deferred", "heard", "decided",
]  # fmt: skip
How = Literal["sent", "failed", "held", "by-hand", "not-to-be-told", "again"]
WAITING: frozenset[Status] = frozenset({"routed", "waiting", "queued", "deferred"})
WITH_SCHOOL: frozenset[Status] = frozenset({"returned", "asked"})
UNDER_WAY: frozenset[Status] = WITH_SCHOOL.union({"accepted", "listed", "heard"})
ENDED: frozenset[Status] = frozenset({"concluded", "stepped", "closed", "withdrawn", "decided"})
PANELS: frozenset[DestinationKind] = frozenset({"placement-panel", "high-needs-funding"})
What = Literal[
    "received", "routed", "waiting", "accepted", "assigned", "asked", "answered", "returned",
    "visit-arranged", "visit-moved", "visit-done", "concluded", "reviewed", "stepped", "closed",
    "reopened", "amended", "evidence-added", "withdrawal-asked", "withdrawn", "withdrawal-answered",
    "papers-requested", "evidence-answered", "answer-due", "overdue", "school-overdue", "review-due",
    "family-answered", "page-code-handed", "page-code-revoked", "telling-decided", "contact-corrected",
    "contact-checked", "panel", "moved", "child-died",
]  # fmt: skip
PlaceStage = Literal[
    "awaited", "consulted", "offered", "accepted", "confirmed", "started", "ended",
    "support-awaited", "support-settled", "support-started", "support-ended",
]  # fmt: skip
#: Who does what no person does.
CLOCK, PANEL, RULES, FAMILY = "clock", "panel", "rules", "family"


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
    owner: Owner | None = None
    next_on: date | None = None
    bring_by: date | None = None
    outcome: Outcome | None = None
    provision: ProvisionType | None = None
    next_step_by: date | None = None


class Placing(_State):
    """How far the way to a place has come, as the panels service says it; ``by`` is the day that counts next."""

    stage: PlaceStage
    by: date | None = None


class Withdrawal(_State):
    """That the school wants it back; ``done`` once nobody works on it any more, ``declined`` why it goes on."""

    reason: WithdrawalReason
    asked_at: AwareDatetime
    done: bool = False
    declined: DeclineReason | None = None

    @property
    def waits(self) -> bool:
        """Whether whoever has the case has not answered yet."""
        return not self.done and self.declined is None


class Told(_State):
    """Whether one person was told of one fact. ``why`` is the code of what stands in the way."""

    person_id: str
    fact: str
    how: How
    at: AwareDatetime
    message_id: str = ""
    why: str = ""


class ContactCheck(_State):
    """Somebody of the family said that their e-mail address or number is another one than the school's record says."""

    person_id: str
    way: CorrectedWay
    at: AwareDatetime


class Step(_State):
    """One thing that happened to a referral, for good: who did it, what, and when.

    ``version`` is the referral's after it; what the clock, a panel or a rule does leaves it as it was. ``by`` is a
    staff id, a token's name, "clock", "panel", "rules" or "family". ``detail`` is a code (a reason, an outcome, a
    destination, the parts that changed), ``on`` the day that was set, ``to`` a staff id or another referral's.
    Its words, where it has any, are in the papers under its version.
    """

    version: int
    at: AwareDatetime
    by: str
    what: What
    detail: str | None = None
    on: date | None = None
    to: str | None = None


class Visit(_State):
    """A visit to the school, a visit of the school to a special school, or training."""

    id: str
    kind: VisitKind
    on: date
    done_on: date | None = None


class Relocation(_State):
    """A school that the child was at while the referral was under way, and the day on which it left."""

    urn: str
    area: Area
    until: date
    at: AwareDatetime


class Clock(_State):
    """A team's promise, which stands still while the school owes an answer; no legal one ever does.

    ``stopped_on`` is the day since which it stands still, ``stopped_days`` how many working days it did in all
    before. ``overdue_for`` is the promise of which it was said that it was not kept.
    """

    stopped_on: date | None = None
    stopped_days: int = 0
    overdue_for: date | None = None


class Referral(_State):
    """Ids, codes and dates of a referral; its words are in its papers.

    ``version`` counts what persons did with it: whoever acts says which one they saw.
    """

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
    grounds: str = ""
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
    place: Placing | None = None
    told: tuple[Told, ...] = ()
    checks: tuple[ContactCheck, ...] = ()
    version: int = 1
    history: tuple[Step, ...] = ()
    assigned_to: str | None = None
    assigned_at: AwareDatetime | None = None
    accepted_at: AwareDatetime | None = None
    owed: Owed | None = None
    school_answers_by: date | None = None
    school_overdue: bool = False
    clock: Clock = Clock()
    visits: tuple[Visit, ...] = ()
    review_due: bool = False
    helped: Helped | None = None
    closing: ClosingReason | None = None
    direction: Direction | None = None
    next_id: str | None = None
    next_reference: str | None = None
    follows: str | None = None
    short_placement: ShortPlacement | None = None
    looked_after: bool = False
    evidence: tuple[str, ...] = ()
    schools: tuple[Relocation, ...] = ()

    @property
    def promise(self) -> date:
        """The day by which the team does the next thing, as it promised."""
        return self.next_step_by if self.accepted_at and self.next_step_by else self.answer_by

    @property
    def child_has_died(self) -> bool:
        """Whether it was noted with this referral that its child has died."""
        return any(step.what == "child-died" for step in self.history)

    @property
    def before_school(self) -> Status:
        """Where it goes on once the school has answered, or it is reopened."""
        return "accepted" if self.accepted_at else "routed"


class Papers(_State):
    """The words of a referral: only this service's database and the sealed topic hold them."""

    papers: ReferralPapers
    referrer: Referrer
    agreement: Agreement
    left: tuple["Left", ...] = ()


class Left(_State):
    """A referral with its words as it was when the child went to another school: the former one goes on seeing it."""

    referral: Referral
    papers: ReferralPapers
    referrer: Referrer
    agreement: Agreement
    child: PersonDetails | None = None
    at: AwareDatetime

    @property
    def urn(self) -> str:
        """The school that the child left."""
        return self.referral.urn

    @property
    def words(self) -> Papers:
        """The words of then."""
        return Papers(papers=self.papers, referrer=self.referrer, agreement=self.agreement)


REFERRAL = Kind("referral", Referral)
PAPERS = Kind("papers", Papers)


def known(referral: Referral | None) -> Referral:
    """The referral. Raises Refused where it is not known here."""
    if referral is None:
        raise Refused("referral-unknown", "No referral with this id is known here.")
    return referral
