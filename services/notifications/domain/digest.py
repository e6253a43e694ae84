"""The small steps of a day in one message, for whoever chose to hear of them together.

Small steps wait for a settled hour. Then the earliest that a person has not heard of a referral carries those behind
it: one message goes out in its place, under its id, with a line for each. They share all that becomes of it, and each
says so by its own facts, as if it had gone out alone. What carries what is settled when they first go out, and not
changed any more: whatever a provider says later of that message is true of all of its facts.

Something that is not small waits for no hour, and overtakes nothing: the small steps before it go out at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import takewhile

from chassis.calendar import at, london_date
from chassis.decision import Decision
from services.notifications.domain.hours import QuietHours, is_free
from services.notifications.domain.message import Message, names

_DAY = timedelta(days=1)
#: What a message that is carried has in common with the one that carries it.
_SHARED = (
    "phase", "tries", "ready_at", "lease_until", "attempt", "why", "notes",
    "channel", "provider", "tried", "shut",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Steps:
    """``small`` are the codes of small steps; those made before ``since`` (business time) have waited long enough."""

    small: frozenset[str]
    since: datetime


def last_hour(now: datetime, hour: time, quiet: QuietHours) -> datetime:
    """The last instant, at ``now`` or before it, at which ``hour`` struck in London on a day that is not kept free."""
    day = london_date(now)
    if at(day, hour) > now:
        day -= _DAY
    while is_free(day, quiet.free):
        day -= _DAY
    return at(day, hour)


def may_carry(message: Message, steps: Steps) -> bool:
    """Whether a message that was just claimed may take others with it: a small step that was never handed over."""
    return message.fact in steps.small and message.tries == 1 and not message.tried


def along(first: Message, behind: Iterable[Message], steps: Steps) -> list[Message]:
    """Which of the messages that wait behind ``first``, for the same person about the same referral, go with it."""
    if first.carries:
        return [one for one in behind if one.carried_by == first.id]
    if not may_carry(first, steps):
        return []
    return list(takewhile(lambda one: one.fact in steps.small and one.attempt is None, behind))


def follow(before: Message | None, decision: Decision[Message], carried: Message | None) -> Decision[Message]:
    """What a decision about a message, which was ``before`` it, means for one that it carries."""
    after = decision.state
    if before is None or after is None or carried is None:
        return Decision()
    if carried.carried_by != before.id or carried.phase != before.phase:
        return Decision()  # it has gone its own way
    shared = {name: getattr(after, name) for name in _SHARED}
    events = tuple(event.model_copy(update=names(carried)) for event in decision.events)
    return Decision(carried.model_copy(update=shared), events)
