"""What became of messages, and what people chose, told by the service's own facts: for a database that has lost it.

A message that time made is made by no fact of others: its own fact brings it back, without its words and dates.
"""

from datetime import datetime

from chassis.decision import Decision
from schemas.family_v1 import FamilySaid
from schemas.notifications_v1 import (
    MessageDelivered,
    MessageFailedV2,
    MessageHeld,
    MessageReturned,
    MessageSentV2,
    MessageSettled,
    PreferenceChanged,
    SendingPaused,
    SendingResumed,
    Way,
)
from services.notifications.domain.message import Message, Phase
from services.notifications.domain.pausing import Pause
from services.notifications.domain.pausing import restored as turned_again
from services.notifications.domain.preference import Preference
from services.notifications.domain.said import FamilyWords
from services.notifications.domain.said import restored as written_again
from services.notifications.domain.timed import is_timed

_OfMessage = (
    MessageSentV2 | MessageDelivered | MessageReturned | MessageFailedV2 | MessageHeld | MessageSettled
)


def sent(message: Message | None, fact: MessageSentV2) -> Decision[Message]:
    """The mail server took it."""
    return _became(message or _timed(fact, fact.sent_at), "sent", None, fact.channel)


def delivered(message: Message | None, fact: MessageDelivered) -> Decision[Message]:
    """It reached its recipient, also where it had come back before."""
    return _became(message or _timed(fact, fact.delivered_at), "sent", None, fact.channel)


def returned(message: Message | None, fact: MessageReturned) -> Decision[Message]:
    """It did not arrive, and was to go out again: a recovery leaves it to a person, as all that is under way."""
    return _became(message or _timed(fact, fact.returned_at), "pending", fact.reason, fact.then)


def failed(message: Message | None, fact: MessageFailedV2) -> Decision[Message]:
    """It was refused for good."""
    return _became(message or _timed(fact, fact.failed_at), "failed", fact.reason, fact.channel)


def held(message: Message | None, fact: MessageHeld) -> Decision[Message]:
    """It waits for a person."""
    return _became(message or _timed(fact, fact.held_at), "held", fact.reason)


def settled(message: Message | None, fact: MessageSettled) -> Decision[Message]:
    """A person closed it. Who that was, and why, was never published."""
    why = "told-another-way" if fact.told else "not-to-be-told"
    return _became(message or _timed(fact, fact.settled_at), "closed", why)


def said(kept: FamilyWords | None, fact: FamilySaid) -> Decision[FamilyWords]:
    """Somebody of a family wrote."""
    return Decision(written_again(kept, fact))


def chosen(kept: Preference | None, fact: PreferenceChanged) -> Decision[Preference]:
    """A person chose how they want to be told."""
    chosen = Preference.model_validate(fact.model_dump(include=set(Preference.model_fields)))
    return Decision(chosen.model_copy(update={"own": kept.own if kept else ()}))


def turned(kept: Pause | None, fact: SendingPaused | SendingResumed) -> Decision[Pause]:
    """Somebody paused all sending, or resumed it."""
    return Decision(turned_again(kept, fact))


def _timed(fact: _OfMessage, at: datetime) -> Message | None:
    if not is_timed(fact.fact):
        return None
    about = {"referral_id": fact.referral_id, "person_id": fact.person_id, "fact": fact.fact}
    return Message(id=fact.message_id, reference="", about="", made_at=at, **about)


def _became(
    message: Message | None, phase: Phase, why: str | None, channel: Way | None = None
) -> Decision[Message]:
    if message is None:
        return Decision()
    changed = {"phase": phase, "why": why, "lease_until": None, "channel": channel or message.channel}
    return Decision(message.model_copy(update=changed))
