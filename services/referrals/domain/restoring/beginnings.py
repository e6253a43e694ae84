"""How referrals began, persons and the directory, told by the service's own facts: for a database that has lost them.

What was never published cannot come back: the words of a rule, who agreed and who referred, adults who may
not be told. Where a field needs a value, it says that it was lost.
"""

from chassis.calendar import london_date
from chassis.decision import Decision
from schemas.directory_v1 import AreaListed, DestinationListedV2, RuleListed, SettingListed
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.referrals_v1 import ReferralReceivedV2, ReferralRoutedV2
from schemas.staff_v1 import ReferralRestricted, StaffDetails
from schemas.submissions_v1 import Agreement, Referrer
from services.referrals.domain.children.persons import Person
from services.referrals.domain.directory.listing import Entry
from services.referrals.domain.referral import RULES, Clock, Papers, Referral, Step
from services.referrals.domain.staff.members import Staff
from services.referrals.domain.staff.restricted import OPEN_FOR, Glass, Restriction
from services.referrals.domain.work.promises import fall_due

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
            history=(Step(version=1, at=fact.received_at, by=fact.origin, what="received"),),
            answer_by=london_date(fact.received_at),
        )
    )


def routed(referral: Referral | None, fact: ReferralRoutedV2) -> Decision[Referral]:
    """Who has it, and by when they answer; whoever had it before has not any more."""
    if referral is None:
        return Decision()
    names = ("destination", "destination_kind", "rule", "routed_at", "answer_by", "placement")
    at = fact.routed_at
    step = Step(version=referral.version, at=at, by=RULES, what="routed", detail=fact.destination)
    facts = {
        **{name: getattr(fact, name) for name in names},
        **dict.fromkeys(("next_step_by", "accepted_at", "assigned_to", "assigned_at")),
        "status": "routed",
        "clock": Clock(),
        "changed_at": at,
        "history": (*referral.history, step),
    }
    after = referral.model_copy(update=facts)
    return Decision(after, due=fall_due(referral, after, at))


def person(known: Person | None, fact: PersonDetails) -> Decision[Person]:
    """The latest description that is in use; what waited for a yes was never published, and is not known again."""
    return Decision(known.model_copy(update={"details": fact}) if known else Person(details=fact))


def papers(known: Papers | None, fact: ReferralPapers) -> Decision[Papers]:
    """The latest words; who referred and who agreed only the database knew."""
    if known is not None:
        return Decision(known.model_copy(update={"papers": fact}))
    nobody = Referrer(name=LOST, email=LOST)
    return Decision(Papers(papers=fact, referrer=nobody, agreement=Agreement(agreed=True, by=LOST)))


def entry(
    _: Entry | None, fact: DestinationListedV2 | SettingListed | AreaListed | RuleListed
) -> Decision[Entry]:
    """What was published last about an entry of the directory."""
    return Decision(Entry(content=fact.model_dump(mode="json")))


def staff(known: Staff | None, fact: StaffDetails) -> Decision[Staff]:
    """The latest word on a member of staff; who gave the roles only the database knew."""
    told = fact.model_dump(exclude={"staff_id"})
    restored = {key: [{**each, "by": LOST} for each in told[key]] for key in ("grants", "covers")}
    return Decision(Staff.model_validate({**told, **restored, "id": fact.staff_id}))


def restricted(known: Restriction | None, fact: ReferralRestricted) -> Decision[Restriction]:
    """To whom a referral opens; who said so and why, and who looked into a broken glass, only the database knew."""
    glasses = tuple(
        Glass(staff_id=each.staff_id, at=each.until - OPEN_FOR, until=each.until, reason=LOST)
        for each in fact.glasses
    )
    if known is not None:  # what it knows of a glass, or that somebody looked into it, is not lost
        by_moment = {(each.staff_id, each.until): each for each in known.glasses}
        glasses = tuple(by_moment.get((each.staff_id, each.until), each) for each in glasses)
    steps = known.steps if known else ()
    return Decision(Restriction(named=frozenset(fact.named), steps=steps, glasses=glasses))
