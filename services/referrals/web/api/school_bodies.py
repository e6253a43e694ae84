"""What a school's program sends: each body knows the command that it stands for."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from schemas.codes import AnyRelation, AsksFor, EvidenceKind, Language, Need, SenProvision, WithdrawalReason
from schemas.referral_work_v1 import Helped
from schemas.submissions_v1 import Adult, Agreement, Cycle, Evidence, Views
from services.referrals.domain import commands
from services.referrals.domain.commands import OnReferral
from services.referrals.domain.referral import Referral
from services.referrals.domain.work import contacting
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


class Viewing(Body):
    """What the family and the child say themselves."""

    parents_say: Text | None = None
    child_says: Text | None = None
    young_person_asked: StrictBool | None = None


class Own(Body):
    """Where the child lives, and how a young person is reached."""

    email: Line | None = None
    phone: Line | None = None
    address: Line | None = None
    language: Language | None = None


class Grown(Body):
    """An adult around the child."""

    given_name: Line
    family_name: Line
    relation: AnyRelation
    email: Line | None = None
    phone: Line | None = None
    address: Line | None = None
    may_be_told: StrictBool | None = None
    channel: Literal["email", "text", "letter"] | None = None
    language: Language | None = None


class Contacts(Body):
    """All contacts as they are now: every adult of the referral in their order, new ones behind."""

    child: Own = Own()
    adults: Annotated[tuple[Grown, ...], Field(max_length=8)]

    def meant(self) -> commands.Contacts:
        """As the command has them."""
        adults = tuple(Adult(**each.model_dump()) for each in self.adults)
        return commands.Contacts(commands.OwnContacts(**self.child.model_dump()), adults)


class Amend(Doing):
    """The parts of a form that are different now, and why; what is left out stays."""

    reason: Text
    narrative: Text | None = None
    tried: Annotated[tuple[Round, ...], Field(max_length=20)] | None = None
    agreement: Agreeing | None = None
    views: Viewing | None = None
    contacts: Contacts | None = None
    asks_for: AsksFor | None = None
    primary_need: Need | None = None
    other_needs: Annotated[tuple[Need, ...], Field(max_length=14)] | None = None
    sen_provision: SenProvision | None = None
    placement: Placing | None = None

    def command(self, referral: Referral, by: str) -> OnReferral:
        """The command."""
        tried, agreed, views = self.tried, self.agreement, self.views
        contacts = self.contacts.meant() if self.contacts else None
        changes = commands.Amendment(
            narrative=self.narrative,
            tried=None if tried is None else tuple(Cycle(**each.model_dump()) for each in tried),
            agreement=Agreement(**agreed.model_dump()) if agreed else None,
            views=Views(**views.model_dump()) if views else None,
            contacts=contacts,
            asks_for=self.asks_for,
            primary_need=self.primary_need,
            other_needs=self.other_needs,
            sen_provision=self.sen_provision,
            placement=self.placement.asked() if self.placement else None,
        )
        return commands.AmendReferral(
            **self.about(referral, by),
            child_id=referral.child_id,
            changes=changes,
            reason=self.reason,
            adult_ids=contacting.adult_ids(referral, contacts) if contacts else (),
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
