"""Referral forms come in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from chassis.ids import new_id
from chassis.runner import Once
from chassis.service import Running
from chassis.web.auth import Caller, require
from chassis.web.direct import DirectRoute
from chassis.web.keys import Key
from chassis.web.problems import Problem
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals.domain import commands
from services.referrals.domain.form import About, check
from services.referrals.domain.intake import Book
from services.referrals.domain.referral import local_day
from services.referrals.views import inlined
from services.referrals.web.api.answers import Taken
from services.referrals.web.api.asked import run

Submitting = Annotated[Caller, Depends(require(None))]
_EXAMPLE = {
    "urn": "900001",
    "referrer": {"name": "Sam Okafor", "email": "senco@larkspur.example"},
    "child": {
        "given_name": "Robin",
        "family_name": "Example",
        "born": "2016-04-12",
        "no_upn_reason": "from-abroad",
        "sen_provision": "K",
        "primary_need": "ASD",
    },
    "adults": [
        {
            "given_name": "Kim",
            "family_name": "Example",
            "relation": "mother",
            "email": "kim@example.org",
            "may_be_told": True,
        }
    ],
    "agreement": {"agreed": True, "by": "Kim Example", "on": "2026-02-20"},
    "asks_for": "advice",
    "narrative": "Robin finds changes of plan very hard, and group work.",
}
_FORM = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined(ReferralSubmission), "example": _EXAMPLE}},
    }
}


def router(running: Running, book: Book) -> APIRouter:
    """The route on which forms come in."""
    direct = APIRouter(prefix="/api", route_class=DirectRoute)

    @direct.post("/referrals", status_code=202, response_model=Taken, openapi_extra=_FORM)
    async def submit(request: Request, caller: Submitting, key: Key = None) -> Response:
        """Take a referral form in. Answers its reference, or every fault of the form at once."""
        origin = _origin(caller)
        if not _is_json(request):
            raise HTTPException(415)
        body = await request.body()
        today = local_day(running.clock.now())
        checked = check(body, About(book.register, today, origin == "statutory", caller.owners))
        once = Once(f"submit:{caller.name}", key, body) if key else None
        if isinstance(checked, list):
            answer = await running.runner.earlier(once) if once else None
            if answer is None:
                raise _faulty(checked)
        else:
            command = commands.SubmitReferral(new_id(), checked, origin)
            answer = await run(running, command, once)
        url = f"/api/referrals/{answer['reference']}"
        taken = to_json({**answer, "status_url": url})
        return Response(taken, 202, {"Location": url}, "application/json")

    return direct


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _origin(caller: Caller) -> commands.Origin:
    """A token that may do both is a school's: an EHC co-ordinator's has the statutory scope only."""
    if "referrals:submit" in caller.scopes:
        return "http"
    if "referrals:statutory" in caller.scopes:
        return "statutory"
    raise Problem(403, "scope-missing", "This needs a token with the scope referrals:submit.")


def _faulty(faults: list[Fault]) -> Problem:
    if any(each.code == "urn-not-yours" for each in faults):
        return Problem(403, "urn-not-yours", "This token may send referrals only for its own establishments.")
    number = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    errors = [each.model_dump() for each in faults]
    return Problem(422, "form-faulty", f"The form has {number}; each is named in errors.", errors=errors)
