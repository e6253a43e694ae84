"""A message that was sent goes out once more, by a person's word: the family says that it did not come, or lost it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.decision import Decision, Refused
from services.notifications.domain.message import AT_ONCE, Message, Note, attempted, over, with_words


@dataclass(frozen=True, slots=True)
class SendAgain:
    """``who`` has it go out once more, and ``why``."""

    message_id: str
    who: str
    why: str
    carried: tuple[str, ...] = ()


def send_again(message: Message | None, by: SendAgain, now: datetime) -> Decision[Message]:
    """It waits as a new one would, under the same id. Raises Refused unless it was sent, or without a reason."""
    if message is None or message.phase != "sent":
        raise Refused("not-sent", "Only a message that was sent can be sent once more: look how it stands.")
    if not by.why.strip():
        raise Refused("reason-missing", "Say why: the reason is kept with the message.")
    message = with_words(message)
    note = Note(at=now, who=by.who, did="sent again", why=by.why)
    anew = {"phase": "pending", "why": None, "tries": 0, "ready_at": AT_ONCE, "shut": (), "ask_at": None}
    again = over(attempted(message, "let-go", now), **anew, notes=(*message.notes, note))
    return Decision(again, answer="pending")
