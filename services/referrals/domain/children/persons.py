"""Persons: who they are, and who may be told."""

from collections.abc import Mapping
from datetime import date
from typing import cast, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind
from schemas.codes import AdultRole, Relation
from schemas.personal_v1 import PersonDetails
from schemas.submissions_v1 import Adult, ReferralSubmission
from services.referrals.domain.children.ages import is_young_person
from services.referrals.domain.children.names import likeness
from services.referrals.domain.identity import Ids


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)


class Offer(_State):
    """What another school than the child's own said with a referral of the child and its adults, the child first."""

    urn: str
    referral_id: str
    at: AwareDatetime
    persons: tuple[PersonDetails, ...]


class Answer(_State):
    """Who said, and when, whether the contacts of a school are right; and why not."""

    urn: str
    referral_id: str
    at: AwareDatetime
    by: str
    accepted: bool
    reason: str | None = None


class Person(_State):
    """A child, a young person or an adult around them, as their school described them last.

    ``details`` are in use. What is ``waiting`` for a yes, and what was answered, only a child has.
    """

    details: PersonDetails
    waiting: tuple[Offer, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def asks_school(self) -> str | None:
        """The school that is asked whether what waits is right; empty where none is known, None if nothing waits."""
        return (self.details.school or "") if self.waiting else None

    def offer(self, referral_id: str) -> Offer | None:
        """What this referral's school gave, while it waits."""
        return next((each for each in self.waiting if each.referral_id == referral_id), None)

    def without(self, offers: list[Offer], *answers: Answer) -> "Person":
        """As these wait no more."""
        left = tuple(each for each in self.waiting if each not in offers)
        return self.model_copy(update={"waiting": left, "answers": (*self.answers, *answers)})

    @property
    def likeness(self) -> str:
        """What a search looks for; empty for an adult, whom nobody searches for."""
        if self.details.relation != "child":
            return ""
        return likeness(self.details.given_name, self.details.family_name)


PERSON = Kind("person", Person)
_ROLES: Mapping[str, AdultRole] = {code: code for code in get_args(AdultRole)}


def persons_of(form: ReferralSubmission, referral_id: str, ids: Ids, today: date) -> list[PersonDetails]:
    """The persons of a form, the child first.

    The child is told only past compulsory school age. An adult is told only where somebody recorded
    that they may be; nobody is by default. Source: SEND code of practice 8.13 to 8.18; UK GDPR Art 5.
    """
    adults = (
        adult_details(ids.adult(referral_id, index), adult, form.urn)
        for index, adult in enumerate(form.adults)
    )
    return [_child(form, referral_id, ids, today), *adults]


def person_ids(form: ReferralSubmission, referral_id: str, ids: Ids) -> list[str]:
    """The ids of the same persons in the same order."""
    adults = [ids.adult(referral_id, index) for index in range(len(form.adults))]
    return [ids.child(referral_id, form.child.upn), *adults]


def _child(form: ReferralSubmission, referral_id: str, ids: Ids, today: date) -> PersonDetails:
    child = form.child
    reachable = child.email is not None or child.phone is not None
    return PersonDetails(
        person_id=ids.child(referral_id, child.upn),
        relation="child",
        given_name=child.given_name,
        family_name=child.family_name,
        born=child.born,
        upn=child.upn,
        address=child.address,
        email=child.email,
        phone=child.phone,
        may_be_told=reachable and is_young_person(child.born, today),
        channel="text" if child.email is None and child.phone else "email",
        language=child.language or "en",
        school=form.urn,
    )


def adult_details(id: str, adult: Adult, school: str) -> PersonDetails:
    """An adult as a school describes them; a relation that the first list has no code for is another, with a role."""
    role = _ROLES.get(adult.relation)
    by_text = adult.channel == "text" or (adult.channel is None and adult.email is None and adult.phone)
    return PersonDetails(
        person_id=id,
        relation="other" if role else cast(Relation, adult.relation),
        role=role,
        given_name=adult.given_name,
        family_name=adult.family_name,
        email=adult.email,
        phone=adult.phone,
        address=adult.address,
        may_be_told=adult.may_be_told is True,
        channel="text" if by_text else "email",
        letters=adult.channel == "letter",
        language=adult.language or "en",
        school=school,
    )


def described(person: Person | None, details: PersonDetails, *, whole: bool = False) -> Decision[Person]:
    """Keeps the latest description of a person, and tells it only where something is new.

    What a later form leaves out stays: by it a young person is told of the referrals before. A ``whole``
    description leaves nothing out. That a child has died no form takes back.
    """
    if person is None:
        return Decision(Person(details=details), events=(details,))
    details = details.model_copy(update={"died_at": person.details.died_at})
    if not whole:
        details = _with_what_was_known(details, person.details)
    if person.details == details:
        return Decision()
    return Decision(person.model_copy(update={"details": details}), events=(details,))


def _with_what_was_known(details: PersonDetails, known: PersonDetails) -> PersonDetails:
    kept: dict[str, object] = {"address": details.address or known.address}
    if details.email is None and details.phone is None:
        kept |= {
            "email": known.email,
            "phone": known.phone,
            "channel": known.channel,
            "may_be_told": known.may_be_told,
        }
    return details.model_copy(update=kept)
