"""Persons: who they are, and who may be told."""

from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel, ConfigDict

from chassis.decision import Decision, Kind
from schemas.personal_v1 import PersonDetails
from schemas.submissions_v1 import Adult, Child, ReferralSubmission
from services.referrals.domain.ages import is_young_person
from services.referrals.domain.identity import Ids
from services.referrals.domain.names import likeness


class Person(BaseModel):
    """A child, a young person or an adult around them, as the school described them last."""

    model_config = ConfigDict(frozen=True)

    details: PersonDetails

    @property
    def likeness(self) -> str:
        """What a search looks for; empty for an adult, whom nobody searches for."""
        if self.details.relation != "child":
            return ""
        return likeness(self.details.given_name, self.details.family_name)


PERSON = Kind("person", Person)


def persons_of(form: ReferralSubmission, referral_id: str, ids: Ids, today: date) -> list[PersonDetails]:
    """The persons of a form, the child first.

    The child is told only past compulsory school age. An adult is told only where somebody recorded
    that they may be; nobody is by default. Source: SEND code of practice 8.13 to 8.18; UK GDPR Art 5.
    """
    return [_child(form.child, referral_id, ids, today), *_adults(form.adults, referral_id)]


def person_ids(form: ReferralSubmission, referral_id: str, ids: Ids) -> list[str]:
    """The ids of the same persons in the same order."""
    adults = [ids.adult(referral_id, index) for index in range(len(form.adults))]
    return [ids.child(referral_id, form.child.upn), *adults]


def _child(child: Child, referral_id: str, ids: Ids, today: date) -> PersonDetails:
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
    )


def _adults(adults: tuple[Adult, ...], referral_id: str) -> Iterator[PersonDetails]:
    for index, adult in enumerate(adults):
        yield PersonDetails(
            person_id=Ids.adult(referral_id, index),
            relation=adult.relation,
            given_name=adult.given_name,
            family_name=adult.family_name,
            email=adult.email,
            phone=adult.phone,
            may_be_told=adult.may_be_told is True,
            channel=adult.channel or ("text" if adult.email is None and adult.phone else "email"),
            language=adult.language or "en",
        )


def described(person: Person | None, details: PersonDetails) -> Decision[Person]:
    """Keeps the latest description of a person, and tells it only where something is new.

    What a later form leaves out stays: by it a young person is told of the referrals before.
    """
    if person is not None:
        details = _with_what_was_known(details, person.details)
        if person.details == details:
            return Decision()
    return Decision(Person(details=details), events=(details,))


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
