"""What a school's program sends: each body knows the command that it stands for."""

from typing import Annotated

from pydantic import Field, StrictBool

from schemas.codes import AsksFor, EvidenceKind, Need, SenProvision
from schemas.referral_work_v1 import Helped
from schemas.submissions_v1 import Agreement, Cycle, Evidence
from services.referrals.domain import commands
from services.referrals.domain.commands import OnReferral, WithdrawalReason
from services.referrals.domain.referral import Referral
from services.referrals.web.api.parts import Body, Day, Doing, Line, Placing, Text


class Answer(Doing):
    """The school's answer, to a question or to advice."""

    words: Text

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.AnswerInformation(**self.about(referral, by), words=self.words)


class Review(Doing):
    """Whether it helped."""

    helped: Helped
    words: Text | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.RecordReview(**self.about(referral, by), helped=self.helped, words=self.words)


class Withdraw(Doing):
    """The school takes a referral back."""

    reason: WithdrawalReason

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        return commands.WithdrawReferral(**self.about(referral, by), reason=self.reason)


class Round(Body):
    """One round of assess, plan, do, review."""

    started: Day
    reviewed: Day
    put_in_place: Text
    changed: Text


class Agreeing(Body):
    """Whether the parents, or the young person, agreed."""

    agreed: StrictBool
    by: Line | None = None
    on: Day | None = None
    disagreement: Text | None = None


class Amend(Doing):
    """The parts of a form that are different now, and why; what is left out stays."""

    reason: Text
    narrative: Text | None = None
    tried: Annotated[tuple[Round, ...], Field(max_length=20)] | None = None
    agreement: Agreeing | None = None
    asks_for: AsksFor | None = None
    primary_need: Need | None = None
    other_needs: Annotated[tuple[Need, ...], Field(max_length=14)] | None = None
    sen_provision: SenProvision | None = None
    placement: Placing | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        tried, agreed = self.tried, self.agreement
        changes = commands.Amendment(
            narrative=self.narrative,
            tried=None if tried is None else tuple(Cycle(**each.model_dump()) for each in tried),
            agreement=Agreement(**agreed.model_dump()) if agreed else None,
            asks_for=self.asks_for,
            primary_need=self.primary_need,
            other_needs=self.other_needs,
            sen_provision=self.sen_provision,
            placement=self.placement.asked() if self.placement else None,
        )
        return commands.AmendReferral(
            **self.about(referral, by), child_id=referral.child_id, changes=changes, reason=self.reason
        )


class Paper(Body):
    """A paper that supports the referral; ``file`` is the id that its upload was answered."""

    kind: EvidenceKind
    title: Line
    dated: Day | None = None
    file: Annotated[str, Field(max_length=40)] | None = None


class MoreEvidence(Doing):
    """Papers that come later, and why."""

    papers: Annotated[tuple[Paper, ...], Field(min_length=1, max_length=20)]
    reason: Text

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        papers = tuple(Evidence(**each.model_dump()) for each in self.papers)
        return commands.AddEvidence(**self.about(referral, by), papers=papers, reason=self.reason)
