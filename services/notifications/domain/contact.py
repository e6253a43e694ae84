"""How a person is reached, and whether they may be told at all."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from chassis.decision import Decision, Due, Kind
from chassis.telephone import textable
from schemas.codes import AnyRelation
from schemas.notifications_v1 import Way
from schemas.personal_v1 import PersonDetails
from services.notifications.domain import ways

#: By which way first, where this house has it; see ways.py for the others.
Reach = Literal["awaited", "overdue", "email", "text", "letter", "no-address", "not-told"]
DETAILS_AWAITED = "details-awaited"


class Contact(BaseModel):
    """``awaited``: somebody has to tell this person, and their details have not arrived yet.

    ``phone`` is there only if it takes text messages, as +447…; ``post`` are the lines of an envelope. ``channel`` is
    the way that they are told by, if it leads to them. ``relation`` is all that staff here see of who it is.
    """

    model_config = ConfigDict(frozen=True)

    person_id: str
    reach: Reach = "awaited"
    email: str | None = None
    language: str = "en"
    phone: str | None = None
    post: tuple[str, ...] = ()
    channel: Way = "email"
    relation: AnyRelation | None = None


CONTACT = Kind("contact", Contact)


def learn(contact: Contact | None, details: PersonDetails, now: datetime) -> Decision[Contact]:
    """The latest details win. Only what a message needs is kept: no date of birth, no name but on an envelope."""
    known = (
        _reached(details) if details.may_be_told else Contact(person_id=details.person_id, reach="not-told")
    )
    known = known.model_copy(update={"language": details.language, "relation": details.who})
    waited = contact is not None and contact.reach == "awaited"
    return Decision(known, due=(Due(DETAILS_AWAITED, details.person_id, None),) if waited else ())


def _reached(details: PersonDetails) -> Contact:
    wished: Way = "letter" if details.letters else details.channel
    known = Contact(
        person_id=details.person_id,
        email=details.email or None,
        phone=textable(details.phone),
        post=ways.postable(f"{details.given_name} {details.family_name}", details.address),
        channel=wished,
    )
    first = ways.next_way(known, wished, ways.WAYS, ())
    return known.model_copy(update={"reach": first or "no-address"})


def await_details(person_id: str, now: datetime, patience: timedelta) -> Decision[Contact]:
    """A person is to be told whom nothing is known of: wait for ``patience`` of business time."""
    return Decision(Contact(person_id=person_id), due=(Due(DETAILS_AWAITED, person_id, now + patience),))


def details_are_overdue(contact: Contact | None, due: Due, now: datetime) -> Decision[Contact]:
    """The details did not come: what waits for them becomes a task for a person."""
    if contact is None or contact.reach != "awaited":
        return Decision()
    return Decision(contact.model_copy(update={"reach": "overdue"}))
