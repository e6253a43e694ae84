"""People who work here, and pages as they see them: for tests of the referrals service over a real database."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx2

from services.referrals.domain.staff.commands import OPERATOR, AppointStaff, Wanted
from tests.referrals.builders import TODAY
from tests.referrals.conftest import Office
from tests.support.sessions import Held, session_for


def staff_id(name: str) -> str:
    """The id of a member of staff in a test."""
    return str(uuid5(NAMESPACE_URL, name))


@dataclass
class Colleague:
    """Somebody who has signed in: what their browser is answered."""

    id: str
    held: Held
    http: httpx2.AsyncClient = field(repr=False)

    async def get(self, path: str) -> httpx2.Response:
        """A page as it comes, redirects not followed."""
        return await self.http.get(path, headers={"Accept": "text/html"})

    async def send(self, path: str, **given: Any) -> httpx2.Response:
        """Posts a form of this site."""
        return await self.http.post(
            path, data={"csrf": self.held.csrf, **given}, headers={"Accept": "text/html"}
        )

    async def fill(self, path: str, **given: Any) -> httpx2.Response:
        """Opens the page of a form and sends it with its hidden fields and these."""
        page = await self.get(path)
        assert page.status_code == 200, (page.status_code, page.text[:500])
        return await self.send(path, **hidden(page.text), **given)


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of a page, without the token of the session."""
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text))
    return {name: value for name, value in found.items() if name != "csrf"}


async def joins(office: Office, name: str, *roles: tuple[Any, str | None]) -> Colleague:
    """Somebody starts to work here with these roles, and signs in."""
    id = staff_id(name)
    wanted: Any = tuple(Wanted(role, scope, TODAY) for role, scope in roles)
    await office.running.runner.command(
        AppointStaff(
            id, f"subject {name}", name, f"{name.lower().replace(' ', '.')}@staff.example", wanted, OPERATOR
        )
    )
    return await signs_in(office, id)


async def signs_in(office: Office, id: str) -> Colleague:
    """Somebody who works here signs in."""
    held = await session_for(office.pool, id)
    http = httpx2.AsyncClient(transport=office.web, base_url="http://here", cookies=held.cookies)
    return Colleague(id, held, http)


def day(name: str, year: int, month: int, number: int) -> dict[str, str]:
    """A day as the three fields of a form."""
    return {f"{name}-day": str(number), f"{name}-month": str(month), f"{name}-year": str(year)}
