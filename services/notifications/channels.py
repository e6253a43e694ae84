"""The ways in which a message leaves the house, and what is known once it has been tried.

`Sent` and `Failed` are the provider's own words, `RetryLater` means that it certainly did not accept the
message, `Uncertain` that nobody can know. A channel decides which it was, and nobody else.
"""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words, with its address. Its id goes with it, so that it can be recognised anywhere.

    ``html`` is the same words once more, for a mail.

    ``until`` (on the clock `time.monotonic`) is the last moment at which it may be handed over.
    """

    message_id: str
    fact: str
    reference: str
    to: str
    subject: str
    body: str
    until: float
    html: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider said yes."""


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
    """It was handed over, and no answer came."""

    reason: str


Result = Sent | RetryLater | Failed | Uncertain


class Channel(Protocol):
    """Sends one letter. Never raises for what the provider does."""

    async def send(self, letter: Letter) -> Result: ...

    async def close(self) -> None: ...


class FakeChannel:
    """Says yes after a wait: the provider of benchmarks. Only the profile test may use it."""

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
