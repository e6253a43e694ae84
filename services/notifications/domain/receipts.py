"""What a provider says of a message after its yes: that it arrived, or came back.

The same is said by a callback and to whoever asks, late, twice or never; so each report names the attempt that it
is about, by the provider's own id, and counts once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.decision import Decision
from schemas.notifications_v1 import MessageDelivered, MessageReturned, Way
from services.notifications.domain.contact import Contact
from services.notifications.domain.message import Attempt, Became, Message, ended, names
from services.notifications.domain.outcomes import accepted, beginning, shut_way
from services.notifications.domain.ways import next_way

#: ``accepted``: it has it, and tries. ``permanent`` and ``temporary``: it did not arrive, for good or this time.
Report = Literal["accepted", "delivered", "permanent", "temporary"]
#: By GOV.UK Notify's word. What is not named here is on its way; a letter is done once it has been taken for printing.
#: Of ``technical-failure`` Notify says that the message was not sent, for a problem between itself and its provider,
#: and that one has to send it again: the address is as good as before. ``temporary-failure`` comes after 72 hours.
#: Source: docs.notifications.service.gov.uk/python.html, status descriptions; ``returned-letter`` stands in its list
#: of statuses alone.
REPORTS: dict[str, Report] = {
    "delivered": "delivered",
    "received": "delivered",
    "permanent-failure": "permanent",
    "temporary-failure": "temporary",
    "technical-failure": "temporary",
    "validation-failed": "permanent",
    "virus-scan-failed": "permanent",
    "cancelled": "permanent",
    "returned-letter": "permanent",
}
#: So often a message may come back for now before its way counts as shut.
MOST_RETURNS = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider says of its notification ``provider_id``.

    ``open`` are the ways that this house has; ``again_at`` (real time) is when to try what came back for now, and
    ``ask_at`` when to ask again what is still on its way.
    """

    message_id: str
    person_id: str
    way: Way
    provider_id: str
    report: Report
    code: str
    open: tuple[Way, ...] = ("email",)
    again_at: datetime | None = None
    ask_at: datetime | None = None
    carried: tuple[str, ...] = ()


def receipt(
    message: Message | None, person: Contact | None, told: Receipt, now: datetime
) -> Decision[Message]:
    """Answers ``stale`` where the report changes nothing: it came before, or the message has gone another way."""
    if message is None:
        return Decision(answer="unknown")
    attempt = next((one for one in message.tried if one.id == told.provider_id), None)
    if attempt is None:
        if not _in_doubt(message, told):
            return Decision(answer="stale")
        taken = accepted(message, told.provider_id, now, told.ask_at)
        assert taken.state is not None
        then = receipt(taken.state, person, told, now)
        return Decision(then.state or taken.state, (*taken.events, *then.events), answer=then.answer)
    if told.report == "delivered":
        return _delivered(message, attempt, now)
    if attempt.outcome != "sent" or told.report == "accepted":
        return Decision(answer="stale")
    return _returned(message, attempt, person, told, now)


def _in_doubt(message: Message, told: Receipt) -> bool:
    """Whether nobody knew yet that the provider had this message: then its report is the yes that was missed."""
    if message.channel != told.way or message.provider == "smtp":
        return False
    if message.phase == "pending":  # let go, or put back, before the provider's word came
        return message.attempt is not None
    return message.phase == "sending" or (message.phase == "held" and message.why == "uncertain")


def _delivered(message: Message, attempt: Attempt, now: datetime) -> Decision[Message]:
    if attempt.outcome == "delivered":
        return Decision(answer="stale")
    event = MessageDelivered(**names(message), channel=attempt.channel, delivered_at=now)
    changed: dict[str, object] = {"tried": _noted(message, attempt, "delivered", None), "ask_at": None}
    if message.phase in ("sent", "pending"):  # what had come back has arrived after all: it is not sent again
        changed |= {"phase": "sent", "why": None, "channel": attempt.channel}
    return Decision(message.model_copy(update=changed), (event,), answer="delivered")


def _returned(
    message: Message, attempt: Attempt, person: Contact | None, told: Receipt, now: datetime
) -> Decision[Message]:
    code = told.code
    noted = message.model_copy(update={"tried": _noted(message, attempt, "returned", code), "ask_at": None})
    if message.phase != "sent" or attempt is not message.tried[-1]:
        return Decision(noted, answer="noted")
    if told.report == "temporary" and _returns(noted) < MOST_RETURNS:
        event = MessageReturned(
            **names(message), channel=attempt.channel, then=attempt.channel, reason=code, returned_at=now
        )
        return Decision(ended(noted, "pending", code, told.again_at), (event,), answer="pending")
    way = next_way(person, person.channel, told.open, {*message.shut, attempt.channel}) if person else None
    return shut_way(noted, code, way, now)


def _returns(message: Message) -> int:
    """How often the message came back by the way that it goes now."""
    since = message.tried[beginning(message) :]
    return sum(one.channel == message.channel and one.outcome == "returned" for one in since)


def _noted(message: Message, attempt: Attempt, outcome: Became, code: str | None) -> tuple[Attempt, ...]:
    after = attempt.model_copy(update={"outcome": outcome, "code": code})
    return tuple(after if one is attempt else one for one in message.tried)
