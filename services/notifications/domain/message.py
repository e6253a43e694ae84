"""A message: one fact for one recipient, sent at most once without a person's word, and never forgotten.

    pending ──claimed──► sending ──► sent
       ▲                    │  ├───► failed      (refused for good, and there is no other way)
       └──not accepted──────┘  └───► held        (nobody can know whether it arrived)

Ways (e-mail, text, letter) are attempts at the one message: the next is taken only once the one before is shut for
good, or a person lets it go. What a provider says after its yes: see receipts.py.

How a message is claimed is SQL (storage.py), since it must skip what another worker holds; `claimed` below
says the same in plain data, for the tests that hold the two against each other.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Decision, Kind, Refused
from chassis.ids import beside
from schemas.notifications_v1 import (
    MessageHeld,
    MessageSettled,
    Way,
)

Phase = Literal["pending", "sending", "sent", "failed", "held", "closed"]
Why = Literal["uncertain", "no-contact", "expired", "nobody-may-be-told"]
#: What became of one attempt; ``returned``: the provider's yes was followed by a no.
Became = Literal["sent", "delivered", "returned", "put-off", "failed", "uncertain", "let-go"]

NOBODY = "nobody"
AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
_NAMESPACE = "6a1d7d0a-3f0e-4f0e-9d55-1f6c3f0a7b21"


class Note(BaseModel):
    """What a person did about a message, and why: kept for good."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    who: str
    did: Literal["released", "sent again", "told another way", "not to be told"]
    why: str


class Attempt(BaseModel):
    """One attempt to tell the recipient: by which way and whose hands, and what became of it.

    ``id`` is the provider's own. A person's release stands among them, since what was shut is open again after it.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    channel: Way = "email"
    provider: str = "smtp"
    outcome: Became
    code: str | None = None
    id: str | None = None


class Message(BaseModel):
    """``fact`` is the template's code, ``about`` the place of its event in its stream (`Fact.business_id`).

    Once it is ``answered`` nobody is told any more how long a first answer takes.

    ``dates`` are the event's own dates by field name, in ISO 8601. ``urgent`` ones go at any hour. After the day
    ``until`` it helps nobody any more: it is closed instead of sent.

    ``ready_at`` and ``lease_until`` are real time by the database's clock; ``made_at`` is business time.
    ``attempt`` names the last claim, so that a worker's late answer is recognised. ``correlation`` and
    ``traceparent`` are those of the event that it follows.

    ``carries`` are the messages that are told in the words of this one (see digest.py), and ``carried_by`` the one that
    does so for this one. They share all that becomes of it.

    ``channel`` and ``provider`` are the way that it goes, or last went; ``shut`` the ways by which it certainly does
    not arrive. ``ask_at`` (real time) is when to ask the provider what became of it,
    and ``asked`` how often that was done.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    referral_id: str
    reference: str
    person_id: str
    fact: str
    about: str
    dates: dict[str, str] = {}
    destination: str | None = None
    destination_kind: str | None = None
    answered: bool = False
    made_at: AwareDatetime
    urgent: bool = False
    until: date | None = None
    phase: Phase = "pending"
    tries: int = 0
    ready_at: AwareDatetime = AT_ONCE
    lease_until: AwareDatetime | None = None
    attempt: str | None = None
    why: str | None = None
    notes: tuple[Note, ...] = ()
    channel: Way = "email"
    provider: str = "smtp"
    tried: tuple[Attempt, ...] = ()
    shut: tuple[Way, ...] = ()
    ask_at: AwareDatetime | None = None
    asked: int = 0
    carries: tuple[str, ...] = ()
    carried_by: str | None = None
    correlation: str | None = None
    traceparent: str | None = None


MESSAGE = Kind("message", Message)


def message_id(referral_id: str, fact: str, business_id: str, person_id: str) -> str:
    """The one id that a fact has for a recipient: making the same message twice makes the same id."""
    return beside(referral_id, f"{fact}|{business_id}|{person_id}", within=_NAMESPACE)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The recipient of a waiting message cannot or must not be told; ``alone`` if all recipients must not."""

    message_id: str
    person_id: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Nobody is told anything about the referral of this message any more."""

    message_id: str


def claimed(message: Message, attempt: str, lease_until: datetime) -> Message:
    """``message`` in the hands of one worker until ``lease_until``. It must be pending."""
    assert message.phase == "pending", "only a pending message can be claimed"
    return message.model_copy(
        update={
            "phase": "sending",
            "attempt": attempt,
            "lease_until": lease_until,
            "tries": message.tries + 1,
        }
    )


def unreachable(
    message: Message | None, reach: str | None, told: Unreachable, now: datetime
) -> Decision[Message]:
    """``reach`` of the recipient's contact as it is now: the message is held, closed or left alone."""
    if message is None or message.phase != "pending":
        return Decision(answer="stale")
    message = by_itself(message)
    if message.person_id == NOBODY:
        return hold(message, "nobody-may-be-told", now)
    if reach == "not-told":
        if told.alone:
            return hold(message, "nobody-may-be-told", now)
        return Decision(over(message, phase="closed", why="may-not-be-told"), answer="closed")
    if reach in ("overdue", "no-address"):
        return hold(message, "no-contact", now)
    return Decision(answer="stale")


def stop(message: Message | None, told: Stop, now: datetime) -> Decision[Message]:
    """Closes what waits, for a worker or for a person, for good; what is in a worker's hands once it comes back."""
    if message is None or message.phase not in ("pending", "held", "failed"):
        return Decision(answer="stale")
    closed = over(by_itself(message), phase="closed", why="stopped")
    if message.phase == "pending":
        return Decision(closed, answer="closed")
    event = MessageSettled(**names(message), told=False, settled_at=now)
    return Decision(closed, (event,), answer="closed")


def hold(message: Message, why: Why, now: datetime) -> Decision[Message]:
    """A task for a person. The message goes nowhere until they release or settle it."""
    event = MessageHeld(**names(message), reason=why, held_at=now)
    return Decision(over(message, phase="held", why=why), (event,), answer="held")


def with_words(message: Message) -> Message:
    """The message itself. Raises Refused where its database was lost, and only that it was made is known."""
    if not message.reference:
        raise Refused(
            "words-gone",
            "What this message said was lost with a database. Tell the family in another way, and settle it.",
        )
    return message


def ended(message: Message, phase: Phase, why: str | None, again_at: datetime | None) -> Message:
    """``message`` out of its worker's hands; ``again_at`` is when it is ready to go."""
    return over(message, phase=phase, why=why, ready_at=again_at or AT_ONCE)


def attempted(
    message: Message, outcome: Became, now: datetime, code: str | None = None, id: str | None = None
) -> Message:
    """``message`` with one more attempt by the way that it goes."""
    attempt = Attempt(
        at=now, channel=message.channel, provider=message.provider, outcome=outcome, code=code, id=id
    )
    return message.model_copy(update={"tried": (*message.tried, attempt)})


def over(message: Message, **changed: object) -> Message:
    """``message`` in nobody's hands, and with these changes."""
    return message.model_copy(update={"lease_until": None, **changed})


def by_itself(message: Message) -> Message:
    """``message`` told in the words of no other one: what becomes of it is its own from now on."""
    return message.model_copy(update={"carries": (), "carried_by": None})


def names(message: Message) -> dict[str, str]:
    """What every fact about a message says."""
    return {
        "message_id": message.id,
        "referral_id": message.referral_id,
        "person_id": message.person_id,
        "fact": message.fact,
    }
