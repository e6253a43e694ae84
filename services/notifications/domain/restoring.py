"""What became of messages, and what people chose, told by the service's own facts: for a database that has lost it."""

from chassis.decision import Decision
from schemas.notifications_v1 import (
    MessageFailed,
    MessageHeld,
    MessageSent,
    MessageSettled,
    PreferenceChanged,
)
from services.notifications.domain.message import Message, Phase
from services.notifications.domain.preference import Preference


def sent(message: Message | None, fact: MessageSent) -> Decision[Message]:
    """The mail server took it."""
    return _became(message, "sent", None)


def failed(message: Message | None, fact: MessageFailed) -> Decision[Message]:
    """It was refused for good."""
    return _became(message, "failed", fact.reason)


def held(message: Message | None, fact: MessageHeld) -> Decision[Message]:
    """It waits for a person."""
    return _became(message, "held", fact.reason)


def settled(message: Message | None, fact: MessageSettled) -> Decision[Message]:
    """A person closed it. Who that was, and why, was never published."""
    return _became(message, "closed", "told-another-way" if fact.told else "not-to-be-told")


def chosen(kept: Preference | None, fact: PreferenceChanged) -> Decision[Preference]:
    """A person chose how they want to be told."""
    return Decision(Preference.model_validate(fact.model_dump(include=set(Preference.model_fields))))


def _became(message: Message | None, phase: Phase, why: str | None) -> Decision[Message]:
    if message is None:
        return Decision()
    return Decision(message.model_copy(update={"phase": phase, "why": why, "lease_until": None}))
