"""The start page of notifications, and the way to the other services."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from chassis.web.hosting import make_web
from schemas.staff_v1 import StaffDetails, StaffGrant
from tests.notifications.builders import NOW
from tests.notifications.conftest import House
from tests.support.sessions import session_for

Houses = Callable[..., Awaitable[House]]
HERE = "http://here"


class Visitor:
    """Somebody who has signed in at the notifications service."""

    def __init__(self, http: httpx2.AsyncClient, csrf: str) -> None:
        self.http, self.csrf = http, csrf

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path, headers={"Accept": "text/html"})

    async def post(self, path: str, **given: Any) -> httpx2.Response:
        fields = {"csrf": self.csrf, **given}
        return await self.http.post(path, data=fields, headers={"Accept": "text/html"})


async def as_(house: House, name: str, role: Any = "service-manager") -> Visitor:
    """A member of staff, as the referrals service tells of them."""
    grant = StaffGrant(role=role, from_day=NOW.date())
    told = {"subject": f"idp|{name}", "name": name.title(), "email": f"{name}@x.example", "active": True}
    await house.hear(StaffDetails(staff_id=name, grants=(grant,), **told))
    held = await session_for(house.pool, name, "notifications")
    app = httpx2.ASGITransport(app=make_web(house.running))
    return Visitor(httpx2.AsyncClient(transport=app, base_url=HERE, cookies=held.cookies), held.csrf)


async def test_the_menu_leads_to_the_other_services_for_whoever_has_signed_in(house: Houses) -> None:
    it = await house(
        public_url=HERE, neighbours="Referrals=https://referrals.example, Panels=https://p.example/"
    )
    page = (await (await as_(it, "tom")).get("/")).text
    assert 'href="https://referrals.example">Referrals</a>' in page
    assert 'href="https://p.example">Panels</a>' in page
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=make_web(it.running)), base_url=HERE
    ) as stranger:
        assert "referrals.example" not in (await stranger.get("/")).text
