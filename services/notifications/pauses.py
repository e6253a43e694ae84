"""How long each provider is left in peace while it is away as a whole, and what the service says of itself then."""

from collections.abc import Iterable
from time import monotonic

from chassis.parts import Parts
from services.notifications.channels import Result, RetryLater, Unknown

LONGEST = 30.0
_SHORTEST = 0.5
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
            self._parts.stopped(part, why, lasts=2 * LONGEST)
        else:
            self._seconds.pop(provider, None)
            self._until.pop(provider, None)
            self._parts.well(part)

    def left(self, provider: str) -> float:
        """Seconds until this provider is tried again."""
        return max(0.0, self._until.get(provider, 0.0) - monotonic())

    def of_all(self, providers: Iterable[str]) -> float:
        """How long nothing at all can be sent, in seconds: 0 while one of them is well."""
        return min((self._seconds.get(provider, 0.0) for provider in providers), default=0.0)
