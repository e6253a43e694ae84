"""Tokens that are made and revoked while the service runs, kept for some seconds so that not each request asks."""

from collections.abc import Callable
from time import monotonic

from chassis.web.auth import Caller, TokenBook

#: Seconds that a token may still open something after it was revoked.
HOLDS = 10.0
#: Digests that are remembered; whoever guesses tokens makes many that are unknown.
MOST = 5000


class CachedTokens:
    """A token book that asks ``book`` about each token at most once in ``seconds``."""

    def __init__(
        self, book: TokenBook, seconds: float = HOLDS, clock: Callable[[], float] = monotonic
    ) -> None:
        self._book, self._seconds, self._clock = book, seconds, clock
        self._known: dict[str, tuple[float, Caller | None]] = {}

    async def find(self, sha256: str) -> Caller | None:
        """The caller whose token has this SHA-256, or None."""
        now = self._clock()
        until, caller = self._known.get(sha256, (now, None))
        if until > now:
            return caller
        caller = await self._book.find(sha256)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[sha256] = (now + self._seconds, caller)
        return caller
