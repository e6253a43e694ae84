"""What programs say of a case: what its family asks for, papers that somebody is asked for, exceptions."""

from fastapi import APIRouter, Request

from chassis.web.keys import Key
from services.panels.bodies import Claim, Requested, SettingOut
from services.panels.domain.commands import ClaimException, RequestPapers, SetOutCase
from services.panels.domain.legal.dates import Transfer
from services.panels.web.api import Answer, Coordinator, asking
from services.panels.web.desk import Desk


def router(desk: Desk) -> APIRouter:
    """The routes, each behind a token with the scope that it names."""
    routes, ask = APIRouter(prefix="/api/cases"), asking(desk.running)

    @routes.post("/{case_id}/set-out")
    async def set_out(
        case_id: str, body: SettingOut, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Say what triggered the case and what its family asks for."""
        change = body.transfer
        command = SetOutCase(
            case_id=case_id,
            trigger=body.trigger,
            provision=body.provision,
            asked_setting=body.asked_setting,
            personal_budget=body.personal_budget,
            transfer=Transfer(to=change.to, year=change.year, starts_on=change.starts_on) if change else None,
            seen=body.seen,
        )
        return await ask(request, caller, key, command)

    @routes.post("/{case_id}/papers")
    async def request_papers(
        case_id: str, body: Requested, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Ask somebody for papers that are missing, by a day."""
        command = RequestPapers(case_id, body.items, body.owner, body.bring_by, body.seen)
        return await ask(request, caller, key, command)

    @routes.post("/{case_id}/exceptions")
    async def claim(
        case_id: str, body: Claim, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """Claim an exception to a time limit; no clock stops."""
        command = ClaimException(
            case_id, body.kind, body.first, body.last, caller.name, body.words, body.seen
        )
        return await ask(request, caller, key, command)

    return routes
