"""What a team's program sends: each body knows the command that it stands for."""

from typing import Annotated

from pydantic import Field, StrictInt

from chassis.ids import new_id
from schemas.codes import AsksFor
from schemas.referral_work_v1 import ClosingReason, Direction, VisitKind
from schemas.referrals_v1 import ShortPlacement
from services.referrals.domain import commands
from services.referrals.domain.commands import Conclusion, OnReferral, ReturnReason
from services.referrals.domain.referral import Referral
from services.referrals.web.api.parts import Body, Day, Doing, Id, Line, Placing, Text


class Place(Body):
    """A place for a short time at an Education Support Centre."""

    starts_on: Day
    ends_on: Day
    review_on: Day


class Accept(Doing):
    """The team takes a referral on."""

    next_step_by: Day | None = None
    short_placement: Place | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        given = self.short_placement
        place = ShortPlacement.model_validate(given.model_dump()) if given else None
        return commands.AcceptReferral(
            **self.about(referral, by), next_step_by=self.next_step_by, short_placement=place
        )


class GiveBack(Doing):
    """The team gives a referral back; the words are shown to the school."""

    reason: ReturnReason
    advice: Text
    school_answers_by: Day | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.ReturnReferral(
            **self.about(referral, by),
            reason=self.reason,
            advice=self.advice,
            school_answers_by=self.school_answers_by,
        )


class Assign(Doing):
    """Somebody of the team, by staff id; null: nobody in particular."""

    to: Id | None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.AssignReferral(**self.about(referral, by), to=self.to)


class Several(Body):
    """One of several referrals, and the version that was looked at."""

    reference: Annotated[str, Field(max_length=40)]
    seen: StrictInt | None = Field(None, ge=1, le=1_000_000)


class AssignSeveral(Body):
    """Several referrals for one of the team."""

    referrals: Annotated[tuple[Several, ...], Field(min_length=1, max_length=200)]
    to: Id | None


class Ask(Doing):
    """A question to the school."""

    question: Text
    by_day: Day

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.AskForInformation(
            **self.about(referral, by), question=self.question, by_day=self.by_day
        )


class ArrangeVisit(Doing):
    """A visit or training; with the id of one that is arranged, that one is moved."""

    kind: VisitKind
    on: Day
    who: Line
    visit_id: Id | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.ArrangeVisit(
            **self.about(referral, by),
            visit_id=self.visit_id or str(new_id()),
            kind=self.kind,
            on=self.on,
            who=self.who,
        )


class VisitTookPlace(Doing):
    """A visit or training took place."""

    visit_id: Id
    on: Day
    words: Text | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.RecordVisit(
            **self.about(referral, by), visit_id=self.visit_id, on=self.on, words=self.words
        )


class Action(Body):
    """What was agreed: what is done, who is responsible, by when."""

    what: Text
    who: Line
    by: Day


class Conclude(Doing):
    """The team has finished."""

    outcome: Conclusion
    review_on: Day
    advice: Text | None = None
    actions: Annotated[tuple[Action, ...], Field(max_length=20)] = ()

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.ConcludeReferral(
            **self.about(referral, by),
            outcome=self.outcome,
            review_on=self.review_on,
            advice=self.advice,
            actions=tuple(commands.AgreedAction(each.what, each.who, each.by) for each in self.actions),
        )


class Step(Doing):
    """Up or down the ladder of support; a placement needs its details."""

    direction: Direction
    asks_for: AsksFor
    reason: Text
    placement: Placing | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.StepReferral(
            **self.about(referral, by),
            next_id=str(new_id()),
            child_id=referral.child_id,
            direction=self.direction,
            asks_for=self.asks_for,
            reason=self.reason,
            placement=self.placement.asked() if self.placement else None,
        )


class Close(Doing):
    """Nobody works on it any more."""

    reason: ClosingReason
    words: Text | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.CloseReferral(**self.about(referral, by), reason=self.reason, words=self.words)


class Reopen(Doing):
    """It goes on after all."""

    reason: Text

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.ReopenReferral(**self.about(referral, by), reason=self.reason)
