"""How much may wait to be published before a service takes in no more."""

from collections.abc import Callable

from aiokafka.errors import KafkaError

from chassis.database import OUTAGES, why_away
from chassis.outages import why
from chassis.parts import Parts

#: Once full, the outbox must have drained to this share before anything is taken in again.
_ROOM_AGAIN = 0.9
#: Nobody is told of a wait that a restart of the relay or of a broker explains.
_LONG_SECONDS = 60.0
FULL = "more events wait to be published than may: nothing is taken in until they drain"
LATE = "events have waited for more than a minute to be published"
_UNKNOWN = "Kafka cannot be reached, or no relay runs"


class Backlog:
    """What is known of the outbox of one service; measured every few seconds, by whoever has the database."""

    def __init__(self, most: int, parts: Parts) -> None:
        """``most`` is the number of rows from which on nothing more is taken in."""
        self._most, self._parts = most, parts
        self._full = False

    def measured(self, rows: int, oldest_seconds: float, trouble: str | None = None) -> None:
        """Takes down how many events wait, and for how long the oldest of them has.

        ``trouble`` is why this process could not publish them, where it tried.
        """
        self._full = rows >= (self._most * _ROOM_AGAIN if self._full else self._most)
        self._parts.say("intake", self.why())
        self._parts.say("relay", f"{LATE}: {trouble or _UNKNOWN}" if oldest_seconds > _LONG_SECONDS else None)

    def why(self) -> str | None:
        """Why nothing more may be taken in, or None."""
        return FULL if self._full else None


class Held(Exception):
    """Something is not taken in at present; the text says why. It waits where it is."""


class TooManyAlike(Exception):
    """Many records fail in the same way: that is a bug in this program and not in the records."""


def in_words(error: BaseException) -> str:
    """Why records have to wait, in words that hold no value."""
    if isinstance(error, (Held, TooManyAlike)):
        return str(error)
    if isinstance(error, KafkaError):
        return why(error)
    return why_away(error) if isinstance(error, OUTAGES) else type(error).__name__


Room = Callable[[], str | None]


def always_room() -> None:
    """There is no reason to wait."""
