"""What a person does about a message that is held or failed: lets it go out, or settles it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.notifications_v1 import MessageSettled
from services.notifications.domain.message import AT_ONCE, Message, Note, attempted, names, over, with_words


@dataclass(frozen=True, slots=True)
class Release:
    """A person lets a held or failed message go out (again), with those that it carries."""

    message_id: str
    who: str
    why: str
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettleByHand:
    """A person says that the recipient was told in another way, or is not to be told."""

    message_id: str
    told: bool
    who: str
    why: str
    carried: tuple[str, ...] = ()


def release(message: Message | None, by: Release, now: datetime) -> Decision[Message]:
    """Raises Refused unless the message is held or failed and there is somebody who may be told."""
    message = with_words(_in_a_persons_hands(message, by.why))
    if message.why == "nobody-may-be-told":
        raise Refused(
            "nobody-may-be-told",
            "There is nobody to send this to. Record who may be told with the school, or settle it by hand.",
        )
    note = Note(at=now, who=by.who, did="released", why=by.why)
    let_go = attempted(message, "let-go", now)
    again = over(
        let_go, phase="pending", why=None, tries=0, ready_at=AT_ONCE, shut=(), notes=(*message.notes, note)
    )
    return Decision(again, answer="pending")


def settle_by_hand(message: Message | None, by: SettleByHand, now: datetime) -> Decision[Message]:
    """Raises Refused unless the message is held or failed."""
    message = _in_a_persons_hands(message, by.why)
    note = Note(at=now, who=by.who, did="told another way" if by.told else "not to be told", why=by.why)
    event = MessageSettled(**names(message), told=by.told, settled_at=now)
    closed = over(message, phase="closed", why=note.did.replace(" ", "-"), notes=(*message.notes, note))
    return Decision(closed, (event,), answer="closed")


def _in_a_persons_hands(message: Message | None, why: str) -> Message:
    if message is None:
        raise Refused(
            "unknown-message", "There is no message with this id: look it up in the list of held ones."
        )
    if message.phase not in ("held", "failed"):
        raise Refused(
            "not-held", f"This message is {message.phase}: only a held or failed one can be acted on."
        )
    if not why.strip():
        raise Refused("reason-missing", "Say why: the reason is kept with the message.")
    return message
