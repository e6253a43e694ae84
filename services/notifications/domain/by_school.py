"""What a school decides about messages that did not reach the families it knows."""

from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.family_v1 import TellingDecided
from services.notifications.domain.by_hand import Release, SettleByHand, release, settle_by_hand
from services.notifications.domain.message import Message, by_itself

SCHOOL = "the school"
_TOLD, _AGAIN = "The school told them itself.", "The school looked at the contact."


def decided(message: Message | None, event: TellingDecided, now: datetime) -> Decision[Message]:
    """The message is settled, or goes out again; nothing where somebody here was quicker, or nobody may be told."""
    told = event.decided == "told"
    message = (
        by_itself(message) if message else None
    )  # a school decides about one fact, however it was to be told
    try:
        if told:
            return settle_by_hand(message, SettleByHand(event.message_id, True, SCHOOL, _TOLD), now)
        return release(message, Release(event.message_id, SCHOOL, _AGAIN), now)
    except Refused:
        return Decision()
