"""How often somebody may do a thing: forms by person, in this process; sign-ins by address, over all processes."""

import hashlib
import hmac
import ipaddress
import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import Headers
from starlette.types import Scope

from chassis.web.problems import Problem

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Posts of one person in a minute; nobody types as fast, and nobody's double click is refused.
FORMS = RateLimitItemPerMinute(120)


class Rates:
    """Limits of one process, kept in memory: each process allows as much again."""

    def __init__(self, forms: RateLimitItemPerMinute = FORMS) -> None:
        self._forms = forms
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def form(self, who: str) -> None:
        """Counts a post of this person's. Raises Problem 429 where there were too many in the last minute."""
        if not await self._limiter.hit(self._forms, who):
            stats = await self._limiter.get_window_stats(self._forms, who)
            raise too_many(stats.reset_time - time.time())


def rates_of(request: Request) -> Rates:
    """The limits of the process that answers."""
    state = request.app.state
    if not hasattr(state, "rates"):
        state.rates = Rates()
    found: Rates = state.rates
    return found


def too_many(seconds: float) -> Problem:
    """What somebody is answered who does a thing too often; they may again in so many seconds."""
    wait = max(1, math.ceil(seconds))
    minutes = math.ceil(wait / 60)
    when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
    return Problem(
        429,
        "too-often",
        f"This was done too often in a short time. Try again {when}.",
        headers={"Retry-After": str(wait)},
    )


class Counts:
    """Counters in the database, by a keyed hash: the addresses that they stand for cannot be found from them."""

    def __init__(self, secret: str, window: timedelta = timedelta(minutes=10)) -> None:
        self._secret, self._window = secret.encode(), window

    async def add(self, conn: Any, what: str, address: str) -> int:
        """Counts once more; answers how often it was in this window."""
        n: int = await conn.fetchval(_ADD, self._key(what, address), self._ends())
        return n

    async def check(self, conn: Any, what: str, address: str, most: int) -> None:
        """Raises Problem 429 where it was counted ``most`` times in this window."""
        if await self.so_far(conn, what, address) >= most:
            raise too_many((self._ends() - datetime.now(UTC)).total_seconds())

    async def so_far(self, conn: Any, what: str, address: str) -> int:
        """How often it was counted in this window."""
        n: int | None = await conn.fetchval(_SO_FAR, self._key(what, address), self._ends())
        return n or 0

    async def one_at_a_time(self, conn: Any, what: str, address: str) -> None:
        """Waits until nobody else counts this, and lets nobody until the transaction of ``conn`` ends.

        Without it, whoever asks many times at once is answered before any of it is counted.
        """
        key = int.from_bytes(self._key(what, address)[:8], signed=True)
        await conn.execute("SELECT pg_advisory_xact_lock($1)", key)

    def _key(self, what: str, address: str) -> bytes:
        return hmac.new(self._secret, f"{what} {address}".encode(), hashlib.sha256).digest()

    def _ends(self) -> datetime:
        length = self._window.total_seconds()
        return datetime.fromtimestamp((time.time() // length + 1) * length, UTC)


def address_of(scope: Scope, trusted: Sequence[Network]) -> str:
    """Whoever asks: the peer, or the last of X-Forwarded-For that none of our own proxies is.

    Of an IPv6 address only the network counts: its owner has as many addresses in it as they like.
    """
    client = scope.get("client")
    hops = Headers(scope=scope).get("x-forwarded-for", "").split(",")
    found = client[0] if client else ""
    while _is_trusted(found, trusted) and hops and hops[-1].strip():
        found = hops.pop().strip()
    return _network(found)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)


_ADD = """
INSERT INTO sign_in_count (key, ends_at, n) VALUES ($1, $2, 1)
ON CONFLICT (key, ends_at) DO UPDATE SET n = sign_in_count.n + 1 RETURNING n
"""
_SO_FAR = "SELECT n FROM sign_in_count WHERE key = $1 AND ends_at = $2"
