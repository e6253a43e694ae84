"""A partition's keys in shares that fit into memory: what is known of each key is held for one share at a time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from zlib import crc32

#: So many keys of a partition are held in memory at once: some forty megabytes.
MOST_KEYS = 200_000


class TooManyKeys(Exception):
    """A share holds more keys than may be held at once."""


@dataclass(frozen=True, slots=True)
class Share:
    """The keys whose checksum leaves ``rest`` when it is divided by ``of``; at first all of them."""

    of: int = 1
    rest: int = 0

    def holds(self, key: bytes) -> bool:
        """Whether the key is one of them."""
        return crc32(key) % self.of == self.rest

    def halves(self) -> list["Share"]:
        """Two shares that hold the same keys together."""
        return [Share(2 * self.of, self.rest), Share(2 * self.of, self.rest + self.of)]


ALL = Share()


def not_too_many(keys: int) -> None:
    """Raises TooManyKeys where a share turns out to be too large."""
    if keys > MOST_KEYS:
        raise TooManyKeys


async def in_shares(work: Callable[[Share], Awaitable[None]]) -> None:
    """Has ``work`` done for all keys: in one share, or in as many as it takes, each begun again in halves."""
    waiting = [ALL]
    while waiting:
        share = waiting.pop()
        try:
            await work(share)
        except TooManyKeys:
            waiting += share.halves()
