"""How often an address may ask for what is not there: guesses of links and of codes, over all processes."""

from time import monotonic

from fastapi import Request

from chassis.service import Running
from chassis.storage import Connection
from chassis.web.problems import Problem
from chassis.web.rates import Counts, address_of

#: Wrong ones of one address in ten minutes. A family mistypes a link a few times, and a school's families share one.
OF_ONE = 30
#: Wrong ones of everybody in ten minutes. Beyond it somebody guesses from many addresses, and each has but a few.
OF_ALL = 1000
#: What each address has left then.
IN_A_STORM = 3
#: Addresses that this process remembers to have had enough, so that it asks the database nothing for them.
_REMEMBERED = 10_000
_GUESS, _ALL = "family-guess", "everybody"


class Guesses:
    """Counts what was wrong, by address and over all, and says when an address had enough of it."""

    def __init__(self, running: Running) -> None:
        settings = running.settings
        self._trusted = settings.trusted_proxies
        self._counts = Counts(settings.sign_in_client_secret.get_secret_value())
        self._enough: dict[str, tuple[float, Problem]] = {}

    def check_remembered(self, request: Request) -> None:
        """Raises Problem 429 for an address of which this process knows that it had enough."""
        until, problem = self._enough.get(self._address(request), (0.0, None))
        if problem is not None and monotonic() < until:
            raise problem

    async def check(self, conn: Connection, request: Request) -> None:
        """Raises Problem 429 for an address that was wrong too often: it is not told whether it is right now."""
        address = self._address(request)
        try:
            await self._counts.check(conn, _GUESS, address, OF_ONE)
            if await self._counts.so_far(conn, _GUESS, _ALL) >= OF_ALL:
                await self._counts.check(conn, _GUESS, address, IN_A_STORM)
        except Problem as problem:
            self._remember(address, problem)
            raise

    async def wrong(self, conn: Connection, request: Request) -> None:
        """Counts a link or a code that nobody was given."""
        for whose in (self._address(request), _ALL):
            await self._counts.add(conn, _GUESS, whose)

    def _remember(self, address: str, problem: Problem) -> None:
        if len(self._enough) >= _REMEMBERED:
            self._enough.clear()  # they are counted in the database still
        self._enough[address] = (monotonic() + int(problem.headers["Retry-After"]), problem)

    def _address(self, request: Request) -> str:
        return address_of(request.scope, self._trusted)
