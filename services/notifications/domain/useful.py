"""For how long a message is worth hearing: after that a person decides, or nobody needs to."""

from datetime import datetime, timedelta

from services.notifications.domain.message import Message


def is_worth_hearing(message: Message, useful_days: int, now: datetime) -> bool:
    """Whether it helps anybody to hear it now, by business time. What a person let go is: they have looked at it."""
    released = any(one.outcome == "let-go" for one in message.tried)
    return released or now <= message.made_at + timedelta(days=useful_days)
