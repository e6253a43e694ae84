"""How often an address may ask for what is not there: guesses of links and of codes, in this process."""

import time

from fastapi import Request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from chassis.service import Running
from chassis.web.rates import address_of, too_many

#: Wrong ones of one address in ten minutes. A family mistypes a link a few times, and a school's families share one.
OF_ONE = RateLimitItemPerMinute(30, 10)
#: Wrong ones of everybody in ten minutes. Beyond it somebody guesses from many addresses, and each has but a few.
OF_ALL = RateLimitItemPerMinute(1000, 10)
#: What each address has left then.
IN_A_STORM = RateLimitItemPerMinute(3, 10)
_ALL = "everybody"


class Guesses:
    """Counts what was wrong, by address and over all, and says when an address had enough of it."""

    def __init__(self, running: Running) -> None:
        self._trusted = running.settings.trusted_proxies
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def check(self, request: Request) -> None:
        """Raises Problem 429 for an address that was wrong too often: it is not told whether it is right now."""
        address = self._address(request)
        await self._refuse(OF_ONE, address)
        if not await self._limiter.test(OF_ALL, _ALL):
            await self._refuse(IN_A_STORM, address)

    async def wrong(self, request: Request) -> None:
        """Counts a link or a code that nobody was given."""
        address = self._address(request)
        for limit, whose in ((OF_ONE, address), (IN_A_STORM, address), (OF_ALL, _ALL)):
            await self._limiter.hit(limit, whose)

    async def _refuse(self, limit: RateLimitItem, address: str) -> None:
        if not await self._limiter.test(limit, address):
            stats = await self._limiter.get_window_stats(limit, address)
            raise too_many(stats.reset_time - time.time())

    def _address(self, request: Request) -> str:
        return address_of(request.scope, self._trusted)
