"""Asks providers what became of messages: of those that nobody knows of, and of those without a receipt.

A callback says the same, sooner, and may never come; so both are needed, and neither counts twice.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from chassis.service import Running
from schemas.notifications_v1 import Way
from services.notifications import storage
from services.notifications.channels import Asked, Channel, NotThere, RetryLater, Sent, Told, Unknown
from services.notifications.domain.message import Message
from services.notifications.domain.outcomes import NO_ANSWER, AskLater, GiveUp, Settle, last_id, may_be_kept
from services.notifications.domain.receipts import Receipt
from services.notifications.storage import Left

#: So long after its yes a provider is asked what became of a message, for the first, second, … time (real time). The
#: first is a setting: `Settings.ask_after`.
#: After the last, a week on, it keeps nothing of it any more.
ASKS = tuple(timedelta(hours=h) for h in (0.1, 0.5, 2, 6, 12, 24, 48, 72, 96, 120, 144, 166))
#: How long what came back for now waits before it goes out again.
AGAIN_AFTER = timedelta(hours=4)
#: A provider that has not got a message so long after its worker's lease has never been handed it.
SETTLED_AFTER = timedelta(seconds=30)
#: A provider that cannot be asked for so long leaves the message to a person.
PATIENCE = timedelta(minutes=15)
_BETWEEN_SECONDS = 5.0


class Asking:
    """Finds out what can be found out."""

    def __init__(self, running: Running, channels: Mapping[Way, Channel]) -> None:
        self._running, self._channels = running, channels
        settings: Any = running.settings
        self._after: timedelta = settings.ask_after
        self._again: dict[str, float] = {}

    async def abandoned(self, found: Sequence[Left]) -> list[object]:
        """Commands for messages whose lease ran out: what their provider says of them, else a task for a person."""
        due = [left for left in found if self._is_due(left.message)]
        return [command for command in await asyncio.gather(*map(self._looked_up, due)) if command]

    def _is_due(self, message: Message) -> bool:
        """One that a provider is asked about is not asked about at every sweep."""
        now = monotonic()
        if now < self._again.get(message.id, 0.0):
            return False
        self._again = {id: at for id, at in self._again.items() if at > now}
        if self._asked(message) is not None:
            self._again[message.id] = now + _BETWEEN_SECONDS
        return True

    def _asked(self, message: Message) -> Asked | None:
        channel = self._channels.get(message.channel)
        return channel if isinstance(channel, Asked) and message.provider == channel.name else None

    async def _looked_up(self, left: Left) -> object | None:
        message, channel = left.message, self._asked(left.message)
        attempt, carried = message.attempt or "", message.carries
        gives_up = GiveUp(message.id, attempt, carried)
        if channel is None:
            return gives_up
        match await channel.find(message.id, message.channel, [one.id for one in message.tried if one.id]):
            case Told(id):
                taken = Settle(message.id, attempt, "sent", provider_id=id, carried=carried)
                return replace(taken, ask_at=left.at + self._after)
            case NotThere() if left.since > SETTLED_AFTER:
                # Its worker said that it is done; one that is only frozen may hand it over yet, so a person decides.
                never = Settle(message.id, attempt, "untouched", "never-taken", carried=carried)
                return never if message.why == NO_ANSWER else gives_up
            case Unknown() if left.since > PATIENCE:
                return gives_up
        return None

    async def kept(self, message: Message) -> Sent | RetryLater | None:
        """What became of a message that its provider may have kept although it said no; None where it has not."""
        channel = self._asked(message) if may_be_kept(message) else None
        if channel is None:
            return None
        match await channel.find(message.id, message.channel, [one.id for one in message.tried if one.id]):
            case Told(id):
                return Sent(id)
            case Unknown(reason):
                return RetryLater(reason, tried=False)
        return None

    async def receipts(self) -> int:
        """Asks about messages that had no receipt; answers how many got one, or will be asked about again."""
        async with self._running.pool.acquire() as conn:
            due = await storage.to_ask_about(conn)
        answers = await asyncio.gather(*(self._asked_about(*one) for one in due))
        commands = [command for command in answers if command]
        if commands:
            await self._running.runner.commands(commands)
        return len(commands)

    async def _asked_about(self, message: Message, at: datetime) -> object | None:
        channel, last = self._asked(message), last_id(message)
        if channel is None or last is None:
            return AskLater(message.id, last, None)
        told = await channel.ask(last)
        if isinstance(told, Told) and told.report != "accepted":
            return receipt(message, told, message.channel, at, tuple(self._channels), self._after)
        if isinstance(told, Unknown):
            return AskLater(message.id, last, at + self._after)
        asked = message.asked + 1
        later = at + ASKS[asked] - ASKS[asked - 1] if asked < len(ASKS) else None
        return AskLater(message.id, last, None if isinstance(told, NotThere) else later)


def receipt(
    message: Message, told: Told, way: Way, at: datetime, open: tuple[Way, ...], ask_after: timedelta
) -> Receipt:
    """What the provider says of ``message``, heard at ``at`` (real time) in a house with these ways.

    What is still on its way is asked about ``ask_after`` that.
    """
    return Receipt(
        message.id,
        message.person_id,
        way,
        told.id,
        told.report,
        told.code,
        open,
        at + AGAIN_AFTER,
        at + ask_after,
        message.carries,
    )
