"""What the notifications service says: who has been told what, and who has not."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from schemas.codes import Language
from schemas.envelope import Event
from schemas.topics import NOTIFICATIONS

#: The ways by which a message can reach somebody. The first forms of these facts knew e-mail alone.
Way = Literal["email", "text", "letter"]
Channel = Literal["email"]
PreferredChannel = Literal["email", "text", "letter"]
# A code ("smtp-550", "address-refused") and never the provider's own sentence, which may quote an address.
FailureCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class MessageSentV2(Event, type="message.sent.v2", topic=NOTIFICATIONS, key="message_id"):
    """The provider accepted the message. ``fact`` is the template's code."""

    message_id: str
    referral_id: str
    person_id: str
    fact: str
    channel: Way
    sent_at: AwareDatetime


class MessageSent(MessageSentV2, type="message.sent.v1", topic=NOTIFICATIONS, key="message_id"):
    """The provider accepted the message. ``fact`` is the template's code."""

    channel: Channel


class MessageFailedV2(Event, type="message.failed.v2", topic=NOTIFICATIONS, key="message_id"):
    """The last way that there was is shut for good: a person has to find another one."""

    message_id: str
    referral_id: str
    person_id: str
    fact: str
    channel: Way
    reason: FailureCode
    failed_at: AwareDatetime


class MessageFailed(MessageFailedV2, type="message.failed.v1", topic=NOTIFICATIONS, key="message_id"):
    """The provider refused the message for good: a person has to find another way."""

    channel: Channel


class MessageDelivered(Event, type="message.delivered.v1", topic=NOTIFICATIONS, key="message_id"):
    """The provider says that the message, which it had accepted, has reached its recipient's mailbox or phone."""

    message_id: str
    referral_id: str
    person_id: str
    fact: str
    channel: Way
    delivered_at: AwareDatetime


class MessageReturned(Event, type="message.returned.v1", topic=NOTIFICATIONS, key="message_id"):
    """It did not arrive by ``channel``, and goes out again by ``then``: the same way later, or the next one."""

    message_id: str
    referral_id: str
    person_id: str
    fact: str
    channel: Way
    then: Way
    reason: FailureCode
    returned_at: AwareDatetime


class MessageHeld(Event, type="message.held.v1", topic=NOTIFICATIONS, key="message_id"):
    """Nobody can know whether it arrived, or there is nobody to send it to: a person decides."""

    message_id: str
    referral_id: str
    person_id: str
    fact: str
    reason: Literal["uncertain", "no-contact", "expired", "nobody-may-be-told"]
    held_at: AwareDatetime


class MessageSettled(Event, type="message.settled.v1", topic=NOTIFICATIONS, key="message_id"):
    """A person settled a held or failed message by hand: told in another way, or not to be told."""

    message_id: str
    referral_id: str
    person_id: str
    fact: str
    told: bool
    settled_at: AwareDatetime


class PreferenceChanged(Event, type="preference.changed.v1", topic=NOTIFICATIONS, key="person_id"):
    """A person said how they want to be told. Whatever is None is as the school recorded it, or as everybody has it.

    ``paused_until`` is the first day on which they hear again; ``digest`` puts the small steps of a day together.
    ``number`` counts the changes of this person's preference.
    """

    person_id: str
    number: int
    channel: PreferredChannel | None = None
    language: Language | None = None
    paused_until: date | None = None
    digest: bool | None = None
    changed_at: AwareDatetime


class SendingPaused(Event, type="sending.paused.v1", topic=NOTIFICATIONS, key="scope"):
    """Somebody paused all sending: nobody is told anything until it is resumed. ``number`` counts both."""

    scope: Literal["all"] = "all"
    number: int
    paused_at: AwareDatetime


class SendingResumed(Event, type="sending.resumed.v1", topic=NOTIFICATIONS, key="scope"):
    """Somebody resumed all sending: what waited goes out. ``number`` counts pauses and resumptions."""

    scope: Literal["all"] = "all"
    number: int
    resumed_at: AwareDatetime
