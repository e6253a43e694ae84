"""People of a test who sign in: one of each role, for two schools, two teams and two areas."""

from dataclasses import dataclass
from typing import Any

import httpx2

from schemas.staff_v1 import Role
from services.referrals.domain.staff.commands import OPERATOR, AppointStaff, Wanted
from tests.referrals.builders import TODAY
from tests.referrals.conftest import Office
from tests.support.sessions import Held, session_for

#: By the name they go by in tests: role and what it is limited to.
EVERYBODY: dict[str, tuple[Role, str | None]] = {
    "school-user": ("school-user", "900001"),
    "other-school-user": ("school-user", "900401"),
    "headteacher": ("headteacher", "900001"),
    "other-headteacher": ("headteacher", "900401"),
    "team": ("team-member", "communication-autism"),
    "other-team": ("team-member", "vision"),
    "outreach": ("outreach-coordinator", "DSPL1"),
    "other-outreach": ("outreach-coordinator", "DSPL5"),
    "sali": ("sali-officer", None),
    "send": ("send-officer", "DSPL1"),
    "other-send": ("send-officer", "DSPL5"),
    "ehc": ("ehc-coordinator", None),
    "panel-coordinator": ("panel-coordinator", None),
    "panel-member": ("panel-member", None),
    "chair": ("chair", None),
    "officer": ("deciding-officer", None),
    "manager": ("service-manager", None),
    "administrator": ("administrator", None),
}


@dataclass
class Browser:
    """Somebody with a session: what their browser gets and posts."""

    office: Office
    id: str
    held: Held

    async def get(self, path: str) -> httpx2.Response:
        """What a page is answered."""
        return await self._send("GET", path)

    async def post(self, path: str, given: dict[str, Any] | None = None) -> httpx2.Response:
        """What a form is answered."""
        return await self._send("POST", path, data={"csrf": self.held.csrf, **(given or {})})

    async def _send(self, method: str, path: str, **given: Any) -> httpx2.Response:
        headers = {
            "Accept": "text/html",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.held.cookies.items()),
        }
        return await self.office.http.request(method, path, headers=headers, **given)


async def signs_in(office: Office, name: str) -> Browser:
    """Appoints one of `EVERYBODY` where that was not done, and signs them in."""
    role, scope = EVERYBODY[name]
    command = AppointStaff(
        name,
        f"idp|{name}",
        name.replace("-", " ").title(),
        f"{name}@council.example",
        (Wanted(role, scope, TODAY),),
        OPERATOR,
    )
    await office.running.runner.command(command)
    return Browser(office, name, await session_for(office.pool, name))
