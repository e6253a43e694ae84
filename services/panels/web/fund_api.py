"""Local high needs funding for programs: the funds, and what is asked and recommended for one case."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from chassis.web.keys import Key
from services.panels.bodies import Amount, Granted
from services.panels.domain.commands import RecordRecommendation
from services.panels.domain.funds import codes_of
from services.panels.domain.judged import Funding
from services.panels.domain.sittings.arranging import AskAmount
from services.panels.web.desk import Desk
from services.panels.web.fund import in_year, year_of
from services.panels.web.sitting.arranged_api import Answer, Coordinator, Reader, ask_for, shown


def router(desk: Desk) -> APIRouter:
    """All routes, each behind a token with the scope that it names."""
    routes = APIRouter(prefix="/api")

    @routes.get("/funds")
    async def all_funds(_: Reader, year: Annotated[str, Query(max_length=7)] = "") -> dict[str, Any]:
        """Each area's fund in a financial year, such as 2026-27; by default in the present one. Amounts in pounds."""
        async with desk.running.pool.acquire() as conn:
            found = await in_year(desk, conn, codes_of(desk.book), year)
        return {"year": year_of(desk, year), "funds": [asdict(each) | {"left": each.left} for each in found]}

    @routes.post("/cases/{case_id}/amount")
    async def amount(
        case_id: str, body: Amount, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """What a case asks of its area's fund."""
        await shown(desk, case_id)
        return await ask_for(desk, request, caller, key, AskAmount(case_id, body.amount))

    @routes.post("/cases/{case_id}/funding")
    async def funding(
        case_id: str, body: Granted, request: Request, caller: Coordinator, key: Key = None
    ) -> Answer:
        """What the panel recommends: funding, support or both where it is agreed."""
        await shown(desk, case_id)
        given = (
            Funding(gives=body.gives, asked=body.asked, agreed=body.agreed)
            if body.gives is not None
            else None
        )
        command = RecordRecommendation(
            case_id, body.sitting_id, body.outcome, None, body.reasons, funding=given
        )
        return await ask_for(desk, request, caller, key, command)

    return routes
