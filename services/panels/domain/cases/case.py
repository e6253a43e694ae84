"""The case: one child's way from the queue of a panel to the authority's decision."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal

from chassis.calendar import WorkingCalendar
from chassis.decision import Kind, Refused
from chassis.ids import beside
from schemas.codes import Area, Need, Owner, Phase, ProvisionType, Trigger, WithdrawalReason
from schemas.panels_v1 import MissingItem, Outcome
from services.panels.domain.cases.arrivals import Raised
from services.panels.domain.cases.papers import PaperState
from services.panels.domain.judged import Answered, ChairAction, Correction, Fact, Funding, Judgement
from services.panels.domain.legal.clocks import Clock, Dates, clocks, deadline, urgent_by
from services.panels.domain.legal.dates import Claimed, Transfer

NAMESPACE = "d7b5cf1c-6f3e-5b0e-9a53-3b1f1d9c7a10"

Status = Literal["incomplete", "queued", "listed", "heard", "decided", "deferred", "withdrawn"]
PanelKind = Literal["placement", "high-needs-funding"]
UnlistReason = Literal["sitting-cancelled", "moved", "withdrawn", "not-heard"]


class Listing(Fact):
    """The sitting that hears the case."""

    sitting_id: str
    sits_at: datetime
    sits_on: date
    papers_close_at: datetime
    decision_by: date


class Recommendation(Fact):
    """What the panel recommends; internal until the authority decides. No sitting: it was chair's action.

    From ``signed_at`` on, when a chair signed the sitting off, it changes by a correction alone.
    """

    sitting_id: str
    outcome: Outcome
    provision: ProvisionType | None
    setting_urn: str | None = None
    reasons: str
    funding: Funding | None = None
    heard_at: datetime
    signed_at: datetime | None = None


class Issued(Fact):
    """The authority's decision, which is never rewritten."""

    decision_id: str
    outcome: Outcome
    provision: ProvisionType | None
    setting_urn: str | None = None
    reasons: str
    funding: Funding | None = None
    decided_at: datetime
    next_step_by: date
    officer: str


class Deferral(Fact):
    """Why a sitting sent the case back to the queue; ``reason`` in the panel's words, which stay here.

    An escalated one waits until somebody has ``answered`` for it.
    """

    sitting_id: str
    reason: str = ""
    missing: tuple[MissingItem, ...]
    owner: Owner
    deferred_at: datetime
    next_on: date
    escalated: bool
    answered: Answered | None = None


class Withdrawal(Fact):
    """Who took the case back, and when; asked for after the decision it changes nothing."""

    reason: WithdrawalReason
    at: datetime


class Moved(Fact):
    """A case was given another place; ``why`` in the co-ordinator's words or the plan's. ``to`` None: the queue."""

    was: str | None
    to: str | None
    at: datetime
    by: str
    why: str
    by_hand: bool = False


class Step(Fact):
    """One line of the case's history; ``what`` happened where that was no change of state, as a code."""

    at: datetime
    state: Status
    what: str | None = None


class Case(Fact):
    """The state of a case. ``due_on`` is None as long as its statutory dates are not known.

    ``restricted``: it was so from its beginning; to whom it opens is told by others. ``minutes``: how long its panel
    needs for it, None as for any of its kind. ``siblings``: a mark that those share who are heard together.
    ``asked_setting``: the URN of the setting that the family asks for, None where none is named or known.
    ``passed_on``: why panels that had it before passed it on, in their words. ``died_at``: when it was noted that the
    child has died; no sitting hears the case from then on.
    """

    case_id: str
    referral_id: str
    reference: str
    panel: str
    child_id: str
    urn: str
    area: Area
    phase: Phase
    need: Need
    provision: ProvisionType | None
    trigger: Trigger
    urgent: bool
    need_by: date | None
    personal_budget: bool | None = None
    restricted: bool = False
    dates: Dates
    missing: tuple[MissingItem, ...]
    opened_at: datetime
    due_on: date | None
    complete_at: datetime | None = None
    status: Status
    listing: Listing | None = None
    recommendation: Recommendation | None = None
    decision: Issued | None = None
    deferrals: tuple[Deferral, ...] = ()
    passed_on: tuple[str, ...] = ()
    chair_action: ChairAction | None = None
    corrections: tuple[Correction, ...] = ()
    withdrawal: Withdrawal | None = None
    #: What kind of panel hears it; why none does, in words; the day that was promised; what is asked for, in pounds.
    kind: PanelKind = "placement"
    no_panel: str = ""
    promised_by: date | None = None
    amount_asked: int | None = None
    minutes: int | None = None
    siblings: str | None = None
    moves: tuple[Moved, ...] = ()
    history: tuple[Step, ...] = ()
    transfer: Transfer | None = None
    exceptions: tuple[Claimed, ...] = ()
    raised: tuple[Raised, ...] = ()
    papers: tuple[PaperState, ...] = ()
    asked_setting: str | None = None
    died_at: datetime | None = None

    @property
    def version(self) -> int:
        """How often the case has moved on: what somebody who acts on it had before them."""
        return len(self.history)

    @property
    def statutory(self) -> Clock | None:
        """The legal time limit that the panel has to keep."""
        return deadline(self.trigger, self.dates, self.transfer)

    @property
    def clocks(self) -> list[Clock]:
        """Every legal time limit that runs for the case, earliest first."""
        return clocks(self.trigger, self.dates, transfer=self.transfer, claims=self.exceptions)

    @property
    def in_force(self) -> Issued | None:
        """The authority's decision as it holds today: as it was issued, or as it was corrected last."""
        mended = [each for each in self.corrections if each.of == "decision"]
        if self.decision is None or not mended:
            return self.decision
        last = mended[-1]
        changes = {**dict(last.after), "next_step_by": last.next_step_by or self.decision.next_step_by}
        return self.decision.model_copy(update=changes)

    @property
    def decide_by(self) -> date | None:
        """The day by which the authority's decision is promised, once a sitting or a chair has the case."""
        if self.listing is not None:
            return self.listing.decision_by
        return self.chair_action.decision_by if self.chair_action else None

    @property
    def to_decide(self) -> tuple[Raised, ...]:
        """What came from the school after the lock and waits for the co-ordinator's answer."""
        if self.status == "withdrawn":
            return ()
        return tuple(each for each in self.raised if each.answered is None)

    def sits(self, sitting_id: str) -> bool:
        """Whether the case waits to be heard at this sitting."""
        return self.status == "listed" and self.listing is not None and self.listing.sitting_id == sitting_id

    @property
    def held(self) -> bool:
        """Whether a co-ordinator chose the place that it has: the plan does not move it again."""
        here = self.listing.sitting_id if self.listing else None
        return bool(self.moves) and self.moves[-1].by_hand and here is not None and here == self.moves[-1].to

    def moved_to(self, status: Status, now: datetime, **changes: Any) -> "Case":
        """The case in its next state, with the step in its history."""
        history = (*self.history, Step(at=now, state=status))
        return self.model_copy(update={"status": status, "history": history, **changes})

    def noted(self, what: str, now: datetime, **changes: Any) -> "Case":
        """The case in the same state, with what happened in its history."""
        history = (*self.history, Step(at=now, state=self.status, what=what))
        return self.model_copy(update={"history": history, **changes})


CASE: Kind[Case] = Kind("case", Case)


def case_id_of(referral_id: str) -> str:
    """The id of a referral's case: one case per referral, computed and never stored apart."""
    return beside(referral_id, referral_id, within=NAMESPACE)


def due_on(case: Case, working: WorkingCalendar) -> date | None:
    """The day by which a case is due: its legal date, or if it is urgent and that is sooner, the urgent one.

    None while its legal date is not known: urgency alone does not make a case complete. Where the law has no date, as
    for funding, it is the one that was promised.
    """
    if case.promised_by is not None:
        return case.promised_by
    legal = case.statutory
    if legal is None:
        return None
    if not case.urgent:
        return legal.on
    return min(legal.on, urgent_by(case.opened_at, case.need_by, working))


def still_missing(items: Iterable[MissingItem], dated: bool) -> tuple[MissingItem, ...]:
    """The missing items in a fixed order, the statutory dates among them exactly if they are not known."""
    papers: set[MissingItem] = {item for item in items if item != "statutory-dates"}
    return tuple(sorted(papers if dated else papers | {"statutory-dates"}))


def known(case: Case | None) -> Case:
    """The case. Raises Refused where there is none."""
    if case is None:
        raise Refused("unknown-case", "There is no case with this id. Look it up under /api/cases.")
    return case


def judgement(part: Recommendation | Issued) -> Judgement:
    """What a recommendation or a decision says, without when and by whom."""
    return Judgement(
        outcome=part.outcome,
        provision=part.provision,
        setting_urn=part.setting_urn,
        reasons=part.reasons,
        funding=part.funding,
    )


def as_seen(case: Case | None, seen: int | None) -> Case:
    """The case as whoever acts saw it, in this `Case.version` if they say which.

    Raises Refused where there is none, or where somebody else moved it on meanwhile.
    """
    case = known(case)
    if seen is not None and seen != case.version:
        raise Refused(
            "changed-meanwhile",
            f"Somebody else was quicker: the case is {case.status} by now. Nothing of yours was done. "
            "Look at it again, then decide.",
        )
    return case


def on_agenda(case: Case, sitting_id: str, now: datetime) -> Listing:
    """The sitting that hears the case now. Raises Refused unless it is that one and has begun."""
    if case.listing is None or not case.sits(sitting_id):
        raise Refused(
            "not-on-agenda",
            f"The case is {case.status} and not before this sitting: open the case to see which sitting has it, or "
            "move it to this one.",
        )
    if now < case.listing.sits_at:
        raise Refused("sitting-not-begun", "The sitting has not begun yet: record this from its hour on.")
    return case.listing
