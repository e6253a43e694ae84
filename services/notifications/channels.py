"""The ways in which a message leaves the house, and what is known once it has been tried.

`Sent` and `Failed` are the provider's own words, `RetryLater` means that it certainly did not accept the
message, `Uncertain` that nobody can know. A channel decides which it was, and nobody else.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic
from typing import Protocol, runtime_checkable

from schemas.notifications_v1 import Way
from services.notifications.domain.receipts import Report


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words, with its address. Its id goes with it, so that it can be recognised anywhere.

    ``until`` (on the clock `time.monotonic`) is the last moment at which it may be handed over. ``to`` is an e-mail
    address, a mobile number as +447…, or the lines of an envelope. ``html`` makes the same as ``body`` for an e-mail;
    only a channel that sends it asks for it. ``known`` are the provider's ids of earlier attempts at the message.
    ``look_first``: the provider may have it, from an attempt that it answered with no.
    """

    message_id: str
    fact: str
    reference: str
    to: str
    subject: str
    body: str
    until: float
    html: Callable[[], str] | None = None
    channel: Way = "email"
    known: tuple[str, ...] = ()
    look_first: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider said yes. ``id`` is its own for the message, where it can be asked what became of it."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Certainly not accepted.

    ``tried`` is False where this says nothing of the message: the provider as a whole is away, or there
    was no time left to hand it over.
    """

    reason: str
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """Refused for good. ``reason`` is a code of small letters, digits and dashes."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It was handed over, no answer came, and nobody can be asked."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known yet: the provider could not be asked, or has not got it so far. It will be asked again."""

    reason: str


Result = Sent | RetryLater | Failed | Uncertain | Unknown


class Channel(Protocol):
    """Sends one letter. Never raises for what the provider does. ``name`` is kept with each attempt."""

    name: str

    async def send(self, letter: Letter) -> Result: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class NotThere:
    """The provider has no such message."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider says of a message that it has: ``code`` is its own word for it."""

    id: str
    report: Report
    code: str


@runtime_checkable
class Asked(Protocol):
    """A channel whose provider can be asked what became of a message. Never raises for what the provider does."""

    name: str

    async def find(self, reference: str, way: Way, known: Collection[str]) -> Told | NotThere | Unknown:
        """The message with this id of ours, but for the provider's notifications that are ``known`` already."""
        ...

    async def ask(self, id: str) -> Told | NotThere | Unknown:
        """The notification with this id of the provider's."""
        ...


class FakeChannel:
    """Says yes after a wait, in the mail server's place: for benchmarks. Only the profile test may use it."""

    name = "smtp"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.letters = 0

    async def send(self, letter: Letter) -> Result:
        if monotonic() > letter.until:
            return RetryLater("too-late", tried=False)
        await asyncio.sleep(self._seconds)
        self.letters += 1
        return Sent()

    async def close(self) -> None:
        return None
