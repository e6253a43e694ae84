"""How a person is reached, and whether they may be told at all."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.decision import Decision, Due, Kind
from schemas.personal_v1 import PersonDetails

Reach = Literal["awaited", "overdue", "email", "no-address", "not-told"]
DETAILS_AWAITED = "details-awaited"


class Contact(BaseModel):
    """``awaited``: somebody has to tell this person, and their details have not arrived yet."""

    model_config = ConfigDict(frozen=True)

    person_id: str
    reach: Reach = "awaited"
    email: str | None = None
    language: str = "en"


CONTACT = Kind("contact", Contact)


def learn(contact: Contact | None, details: PersonDetails, now: datetime) -> Decision[Contact]:
    """The latest details win. Only what a message needs is kept: no name, no date of birth, no address."""
    reach: Reach = "email" if details.email else "no-address"
    known = Contact(
        person_id=details.person_id,
        reach=reach if details.may_be_told else "not-told",
        email=details.email if details.may_be_told else None,
        language=details.language,
    )
    waited = contact is not None and contact.reach == "awaited"
    return Decision(known, due=(Due(DETAILS_AWAITED, details.person_id, None),) if waited else ())


def await_details(person_id: str, now: datetime, patience: timedelta) -> Decision[Contact]:
    """A person is to be told whom nothing is known of: wait for ``patience`` of business time."""
    return Decision(Contact(person_id=person_id), due=(Due(DETAILS_AWAITED, person_id, now + patience),))


def details_are_overdue(contact: Contact | None, due: Due, now: datetime) -> Decision[Contact]:
    """The details did not come: what waits for them becomes a task for a person."""
    if contact is None or contact.reach != "awaited":
        return Decision()
    return Decision(contact.model_copy(update={"reach": "overdue"}))
