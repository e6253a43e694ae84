"""Referrals, persons and the directory, told by the service's own facts: for a database that has lost them.

What was never published cannot come back: the words of a rule, who agreed and who referred, adults who may
not be told. Where a field needs a value, it says that it was lost.
"""

from chassis.decision import Decision
from schemas.directory_v1 import DestinationListedV2, RuleListed, SettingListed
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.referrals_v1 import (
    ReferralAccepted,
    ReferralConcluded,
    ReferralReceivedV2,
    ReferralReturned,
    ReferralRoutedV2,
    ReferralWithdrawn,
    WithdrawalRequested,
)
from schemas.submissions_v1 import Agreement, Referrer
from services.referrals.domain.directory import Entry
from services.referrals.domain.persons import Person
from services.referrals.domain.referral import Papers, Referral, Withdrawal, local_day

LOST = "lost with the database: ask the school"


def received(referral: Referral | None, fact: ReferralReceivedV2) -> Decision[Referral]:
    """A form was taken. Who has it is told by the fact that follows in the same transaction."""
    if referral is not None:
        return Decision()
    told = fact.model_dump(include=set(Referral.model_fields) & set(ReferralReceivedV2.model_fields))
    return Decision(
        Referral(
            **told,
            id=fact.referral_id,
            status="routed",
            adults=tuple(person for person in fact.tell if person != fact.child_id),
            destination="",
            destination_kind="triage",
            rule="",
            reason="",
            routed_at=fact.received_at,
            changed_at=fact.received_at,
            answer_by=local_day(fact.received_at),
        )
    )


def routed(referral: Referral | None, fact: ReferralRoutedV2) -> Decision[Referral]:
    """Who has it, and by when they answer."""
    names = ("destination", "destination_kind", "rule", "routed_at", "answer_by", "placement")
    return _changed(referral, **{name: getattr(fact, name) for name in names}, changed_at=fact.routed_at)


def accepted(referral: Referral | None, fact: ReferralAccepted) -> Decision[Referral]:
    """The team took it on."""
    return _changed(referral, status="accepted", next_step_by=fact.next_step_by, changed_at=fact.accepted_at)


def returned(referral: Referral | None, fact: ReferralReturned) -> Decision[Referral]:
    """The team gave it back with advice."""
    return _changed(referral, status="returned", return_reason=fact.reason, changed_at=fact.returned_at)


def concluded(referral: Referral | None, fact: ReferralConcluded) -> Decision[Referral]:
    """The team's work is done."""
    facts = {"conclusion": fact.outcome, "review_on": fact.review_on, "changed_at": fact.concluded_at}
    return _changed(referral, status="concluded", **facts)


def withdrawal_requested(referral: Referral | None, fact: WithdrawalRequested) -> Decision[Referral]:
    """The school asked; the panel answers."""
    return _changed(referral, withdrawal=Withdrawal(reason=fact.reason, asked_at=fact.requested_at))


def withdrawn(referral: Referral | None, fact: ReferralWithdrawn) -> Decision[Referral]:
    """The school took it back."""
    withdrawal = Withdrawal(reason=fact.reason, asked_at=fact.withdrawn_at, done=True)
    return _changed(referral, status="withdrawn", withdrawal=withdrawal, changed_at=fact.withdrawn_at)


def _changed(referral: Referral | None, **facts: object) -> Decision[Referral]:
    return Decision(referral.model_copy(update=facts) if referral else None)


def person(_: Person | None, fact: PersonDetails) -> Decision[Person]:
    """The latest description."""
    return Decision(Person(details=fact))


def papers(known: Papers | None, fact: ReferralPapers) -> Decision[Papers]:
    """The latest words; who referred and who agreed only the database knew."""
    if known is not None:
        return Decision(known.model_copy(update={"papers": fact}))
    nobody = Referrer(name=LOST, email=LOST)
    return Decision(Papers(papers=fact, referrer=nobody, agreement=Agreement(agreed=True, by=LOST)))


def entry(_: Entry | None, fact: DestinationListedV2 | SettingListed | RuleListed) -> Decision[Entry]:
    """What was published last about an entry of the directory."""
    return Decision(Entry(content=fact.model_dump(mode="json")))
