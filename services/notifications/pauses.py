"""How long each provider is left in peace while it is away as a whole, and what the service says of itself then."""

from collections.abc import Iterable
from datetime import timedelta
from time import monotonic

from chassis.ids import new_id
from chassis.parts import Parts
from chassis.service import Running
from services.notifications import storage
from services.notifications.channels import Result, RetryLater, Unknown

LONGEST = 30.0
_SHORTEST = 0.5
#: A provider that was not tried for so long, in seconds, is not known to be away any more.
LASTS = 2 * LONGEST
#: By the provider's name: the part that stands still, and why.
_AWAY = {
    "smtp": (
        "mail",
        "the mail server cannot be reached, or takes nothing: messages wait, and one at a time is tried",
    ),
    "notify": (
        "notify",
        "GOV.UK Notify cannot be reached, or takes nothing: messages wait, and one at a time is tried",
    ),
}
PARTS = {provider: part for provider, (part, _) in _AWAY.items()}


class Pauses:
    """Each provider's pause, which grows while it stays away."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._seconds: dict[str, float] = {}
        self._until: dict[str, float] = {}

    def notice(self, provider: str, result: Result) -> None:
        """What came of one attempt: a provider that is away is left in peace for longer each time."""
        part, why = _AWAY[provider]
        if isinstance(result, Unknown) or (isinstance(result, RetryLater) and not result.tried):
            seconds = min(LONGEST, max(_SHORTEST, self._seconds.get(provider, 0.0) * 1.5))
            self._seconds[provider], self._until[provider] = seconds, monotonic() + seconds
            self._parts.stopped(part, why, lasts=LASTS)
        else:
            self._seconds.pop(provider, None)
            self._until.pop(provider, None)
            self._parts.well(part)

    def away(self) -> dict[str, str]:
        """The providers that are away, and why nothing goes to each."""
        found = {provider: self._parts.why(part) for provider, part in PARTS.items()}
        return {provider: why for provider, why in found.items() if why}

    def left(self, provider: str) -> float:
        """Seconds until this provider is tried again."""
        return max(0.0, self._until.get(provider, 0.0) - monotonic())

    def of_all(self, providers: Iterable[str]) -> float:
        """How long nothing at all can be sent, in seconds: 0 while one of them is well."""
        return min((self._seconds.get(provider, 0.0) for provider in providers), default=0.0)


class Announcing:
    """Writes down which providers are away when that changes, and again before it would be forgotten."""

    def __init__(self, running: Running) -> None:
        self._running, self._worker = running, new_id()
        self._said: dict[str, str] = {}
        self._said_at = 0.0

    async def say(self, away: dict[str, str]) -> int:
        """Answers 1 where there was something to write down, else 0."""
        repeated = away and monotonic() > self._said_at + LASTS / 3
        if away == self._said and not repeated:
            return 0
        async with self._running.pool.acquire() as conn, conn.transaction():
            await storage.say_away(conn, self._worker, away, timedelta(seconds=LASTS))
        self._said, self._said_at = away, monotonic()
        return 1
