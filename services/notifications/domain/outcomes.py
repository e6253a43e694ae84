"""What became of an attempt to tell somebody: sent, put off, by the next way, failed, or a task for a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.decision import Decision
from schemas.notifications_v1 import (
    MessageFailed,
    MessageFailedV2,
    MessageReturned,
    MessageSent,
    MessageSentV2,
    MessageSettled,
    Way,
)
from services.notifications.domain.message import Message, attempted, ended, hold, names, over

#: ``expired`` and ``not-needed``: it had waited too long to be told. A person decides, or nobody needs to.
#: ``outlived`` and ``overtaken``: the day until which it helps has passed, or what it says is not true any more.
Outcome = Literal[
    "sent", "not-accepted", "untouched", "failed", "uncertain", "nowhere", "no-answer", "expired",
    "not-needed", "outlived", "overtaken"
]  # fmt: skip
#: After these nobody is told any more.
CLOSES: frozenset[Outcome] = frozenset({"not-needed", "outlived", "overtaken"})
#: Why a message is still in hand whose worker is done with it, and whose provider is to be asked for it.
NO_ANSWER = "no-answer"
#: After these a provider may have kept the message all the same: it is looked up there before it goes out again.
LOOK_FIRST = frozenset({"notify-500", "notify-503"})

#: So many times a mail server may put a message off before a person is asked; see sender.py for the waits.
MOST_TRIES = 10


@dataclass(frozen=True, slots=True)
class Settle:
    """What a worker learnt of its attempt; ``again_at`` (real time) is when to try a message put off.

    ``then`` is the way that is left where this one is shut for good; ``provider_id`` and ``ask_at`` (real time) come
    with the yes of a provider that can be asked what became of it. ``carried`` are those told in the same words.
    """

    message_id: str
    attempt: str
    outcome: Outcome
    code: str | None = None
    again_at: datetime | None = None
    then: Way | None = None
    provider_id: str | None = None
    ask_at: datetime | None = None
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The lease of an attempt ran out and nothing was heard from its worker."""

    message_id: str
    attempt: str
    carried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskLater:
    """The provider has said nothing new of its notification: when to ask again; None for never.

    Without ``provider_id`` there is nothing to ask it about.
    """

    message_id: str
    provider_id: str | None
    ask_at: datetime | None


def settle(message: Message | None, told: Settle, now: datetime) -> Decision[Message]:
    """The worker's answer. Answers ``stale`` where the attempt is over and its outcome changes nothing.

    What is certain counts even when it comes late: a worker that was frozen past its lease and then
    heard the server's yes turns a held message into a sent one. Its doubts count only in time.
    """
    if message is None or message.attempt != told.attempt or not _still_open(message, told):
        return Decision(answer="stale")
    if told.outcome == "sent":
        return accepted(message, told.provider_id, now, told.ask_at)
    if told.outcome == "failed":
        code = told.code or "refused"
        return shut_way(attempted(message, "failed", now, code), code, told.then, now)
    if told.outcome == "no-answer":
        return Decision(message.model_copy(update={"why": NO_ANSWER}), answer="unknown")
    if told.outcome in ("not-accepted", "untouched"):
        return _put_off(message, told, now)
    return _not_told(message, told, now)


def _not_told(message: Message, told: Settle, now: datetime) -> Decision[Message]:
    """It was not handed over, or nobody knows whether it was."""
    if told.outcome in ("outlived", "overtaken"):
        return _lapsed(message, told.outcome, now)
    if told.outcome == "not-needed":
        event = MessageSettled(**names(message), told=False, settled_at=now)
        return Decision(over(message, phase="closed", why="too-late"), (event,), answer="closed")
    if told.outcome == "uncertain":
        return hold(attempted(message, "uncertain", now, told.code), "uncertain", now)
    return hold(message, "no-contact" if told.outcome == "nowhere" else "expired", now)


def _lapsed(message: Message, why: str, now: datetime) -> Decision[Message]:
    """Nobody is told. Where others know that it waited for a person, they hear that it does so no more."""
    never_sent = not any(one.outcome in ("sent", "delivered") for one in message.tried)
    known = never_sent and (message.phase == "held" or beginning(message) > 0)
    events = (MessageSettled(**names(message), told=False, settled_at=now),) if known else ()
    return Decision(over(message, phase="closed", why=why), events, answer="closed")


def _put_off(message: Message, told: Settle, now: datetime) -> Decision[Message]:
    if told.outcome == "untouched":
        again = message.model_copy(update={"tries": message.tries - 1})
        if told.code in LOOK_FIRST and not may_be_kept(message):
            again = attempted(again, "put-off", now, told.code)
    else:
        again = attempted(message, "put-off", now, told.code)
        if message.tries >= MOST_TRIES:
            return hold(again, "expired", now)
    return Decision(ended(again, "pending", told.code, told.again_at), answer="pending")


def may_be_kept(message: Message) -> bool:
    """Whether its provider may have kept it, from an attempt by the same way to which it said no.

    That stays so whatever has put it off since, and after a person's release: no answer takes it back for certain.
    """
    return any(one.code in LOOK_FIRST and one.channel == message.channel for one in message.tried)


def _still_open(message: Message, told: Settle) -> bool:
    if told.provider_id is not None and any(one.id == told.provider_id for one in message.tried):
        return False  # the provider's receipt came first, and has said more
    if message.phase == "sending":
        return True
    if message.phase == "held" and message.why == "uncertain":
        return told.outcome not in ("uncertain", "no-answer")
    # Released by a person before the frozen worker spoke: its yes saves the family a second letter.
    return message.phase == "pending" and told.outcome in ("sent", "failed")


def give_up(message: Message | None, told: GiveUp, now: datetime) -> Decision[Message]:
    """A worker died or froze. SMTP cannot be asked what became of the message, so a person decides."""
    if message is None or message.phase != "sending" or message.attempt != told.attempt:
        return Decision(answer="stale")
    return hold(message, "uncertain", now)


def accepted(
    message: Message, provider_id: str | None, now: datetime, ask_at: datetime | None
) -> Decision[Message]:
    """The provider said yes."""
    version = MessageSent if message.channel == "email" else MessageSentV2
    event = version(**names(message), channel=message.channel, sent_at=now)
    told = attempted(message, "sent", now, id=provider_id)
    return Decision(over(told, phase="sent", why=None, ask_at=ask_at, asked=0), (event,), answer="sent")


def shut_way(message: Message, code: str, then: Way | None, now: datetime) -> Decision[Message]:
    """The way that the message goes is shut for good: by the next one, or a person has to find another."""
    way = message.channel
    shut = over(message, shut=(*message.shut, way), ask_at=None)
    if then is None:
        version = MessageFailed if way == "email" else MessageFailedV2
        event = version(**names(message), channel=way, reason=code, failed_at=now)
        return Decision(shut.model_copy(update={"phase": "failed", "why": code}), (event,), answer="failed")
    back = MessageReturned(**names(message), channel=way, then=then, reason=code, returned_at=now)
    again = ended(shut.model_copy(update={"channel": then, "tries": 0}), "pending", code, None)
    return Decision(again, (back,), answer="pending")


def ask_later(message: Message | None, by: AskLater, now: datetime) -> Decision[Message]:
    """Its provider knew nothing new."""
    if message is None or message.phase != "sent" or last_id(message) != by.provider_id:
        return Decision(answer="stale")
    return Decision(
        message.model_copy(update={"ask_at": by.ask_at, "asked": message.asked + 1}), answer="asked"
    )


def last_id(message: Message) -> str | None:
    """The provider's id of the last attempt; None where it has none, or nothing is known of any attempt."""
    return message.tried[-1].id if message.tried else None


def beginning(message: Message) -> int:
    """The place among the attempts at which those begin that a person has not let go since."""
    released = [place for place, one in enumerate(message.tried) if one.outcome == "let-go"]
    return released[-1] + 1 if released else 0
