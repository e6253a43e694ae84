"""Sessions made directly in a service's database, for tests of pages that need nobody to sign in for real."""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from chassis.web.sessions import Cookie, csrf_of, start


@dataclass(frozen=True)
class Held:
    """A session as its browser holds it: ``cookies`` for the client, ``csrf`` for each form's field of this name."""

    token: str
    service: str

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser sends, over http as in a rehearsal."""
        return {Cookie(self.service, secure=False).named(): self.token}

    @property
    def csrf(self) -> str:
        """What the hidden field ``csrf`` of each form holds."""
        return csrf_of(self.token)


async def session_for(
    pool: asyncpg.Pool, staff_id: str, service: str = "referrals", hours: float = 8
) -> Held:
    """A session of this member of staff (whom the service's staff book must know), as if they had signed in."""
    return Held(await start(pool, staff_id, "a test", timedelta(hours=hours)), service)
