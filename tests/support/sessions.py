"""Sessions of people: made directly in a service's database, or by signing in for real."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import httpx2

from chassis.service import Running
from chassis.web.hosting import make_web
from chassis.web.sessions import Cookie, csrf_of, start
from tests.support.in_clear import IN_CLEAR


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


async def sign_in(browser: httpx2.AsyncClient, sub: str, to: str = "/") -> httpx2.Response:
    """Signs in for real by the provider of `deploy.local.sign_in`; answers the page that one comes back to.

    ``browser`` is a client of the service, by its public address, that keeps cookies.
    """
    page = await browser.get("/sign-in", params={"to": to})
    start = re.search(r'href="(/sign-in/start[^"]*)"', page.text)
    assert start is not None, page.text
    at_provider = await browser.get(html.unescape(start[1]))
    assert at_provider.status_code == 303, at_provider.text
    async with httpx2.AsyncClient(verify=IN_CLEAR) as provider:
        chosen = await provider.post(at_provider.headers["location"], data={"sub": sub})
    return await browser.get(chosen.headers["location"])


async def signed_in_client(url: str, sub: str) -> httpx2.AsyncClient:
    """A client of the service at this address in which the person with this subject has signed in for real."""
    browser = httpx2.AsyncClient(base_url=url, verify=IN_CLEAR)
    back = await sign_in(browser, sub)
    assert back.status_code == 303, back.text
    return browser


async def live(running: Running, staff_id: str) -> httpx2.AsyncClient:
    """A browser in which this member of staff, whom the service has heard of, is signed in at it."""
    held = await session_for(running.pool, staff_id, running.service.name)
    secure = running.settings.public_url.startswith("https://")
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=make_web(running)),
        base_url="https://here" if secure else "http://here",
        cookies={Cookie(running.service.name, secure).named(): held.token},
        headers={"Accept": "text/html"},
    )


async def clicks(browser: httpx2.AsyncClient) -> int:
    """What the next click on a page for whoever is signed in is answered: 200, or 303 to the sign-in."""
    answer = await browser.get("/sessions")
    assert answer.status_code == 200 or answer.headers["location"].startswith("/sign-in"), answer.headers
    return answer.status_code
