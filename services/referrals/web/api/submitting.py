"""Referral forms come in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.ids import new_id
from chassis.runner import Once
from chassis.service import Running
from chassis.web.auth import Caller, require
from chassis.web.direct import DirectRoute
from chassis.web.keys import Key
from chassis.web.problems import Problem
from schemas.submissions_v1 import Fault, ReferralSubmission
from services.referrals import storage
from services.referrals.domain import commands
from services.referrals.domain.book import Book
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.identity import id_of_form, reference_of
from services.referrals.domain.intake.repeats import LikelyDuplicate
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
#: How a program says that a likely duplicate is to be taken all the same.
_CONTINUE = "continue"
_FORM = {
    "parameters": [
        {
            "name": "duplicate",
            "in": "query",
            "required": False,
            "schema": {"type": "string", "enum": [_CONTINUE]},
            "description": "A form for the same child, from the same school and to the same destination as one of "
            "the last weeks is answered 409 likely-duplicate, which names the earlier reference. Send it again "
            "with duplicate=continue where it is about something else.",
        }
    ],
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": inlined(ReferralSubmission), "example": _EXAMPLE}},
    },
}


def router(running: Running, book: Book) -> APIRouter:
    """The route on which forms come in."""
    direct = APIRouter(prefix="/api", route_class=DirectRoute)

    @direct.post("/referrals", status_code=202, response_model=Taken, openapi_extra=_FORM)
    async def submit(request: Request, caller: Submitting, key: Key = None) -> Response:
        """Take a referral form in. Answers its reference, every fault of the form at once, or what it may repeat."""
        origin = _origin(caller)
        if not _is_json(request):
            raise HTTPException(415)
        go_on = _continues(request)
        body = await request.body()
        today = london_date(running.clock.now())
        checked = check(body, About(book.register, today, origin == "statutory", caller.owners))
        once = Once(f"submit:{caller.name}", key, body) if key else None
        if isinstance(checked, list):
            # A form that was taken may have faults by now: what it asks is in the past, a school has closed.
            answer = await running.runner.earlier(once) if once else None
            if answer is None:
                raise faulty(checked)
        else:
            id = new_id() if go_on else id_of_form(caller.name, body, today)
            answer = await _taken(running, commands.SubmitReferral(id, checked, origin, not go_on), once)
        url = f"/api/referrals/{answer['reference']}"
        taken = to_json({**answer, "status_url": url})
        return Response(taken, 202, {"Location": url}, "application/json")

    return direct


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _continues(request: Request) -> bool:
    asked = request.query_params.getlist("duplicate")
    if asked not in ([], [_CONTINUE]):
        raise Problem(422, "duplicate-unknown", "Leave duplicate out, or write duplicate=continue.")
    return bool(asked)


async def refuse_duplicate(running: Running, book: Book, form: ReferralSubmission, id: str) -> None:
    """Raises Problem 409 where the school sent the same not long ago."""
    alike = storage.alike_of(book, form, id, running.clock.now())
    async with running.pool.acquire() as conn:
        found = await storage.likely_duplicates(conn, alike)
    if found:
        raise _duplicate(tuple(each.reference for each in found))


async def _taken(running: Running, command: commands.SubmitReferral, once: Once | None) -> Any:
    try:
        return await run(running, command, once)
    except LikelyDuplicate as refusal:
        raise _duplicate(refusal.references) from None
    except Refused as refusal:
        if refusal.code != "referral-known":
            raise
        # The very same form, sent a moment ago: its referral is only now there to be found.
        raise _duplicate((reference_of(command.referral_id),)) from None


def _duplicate(references: tuple[str, ...]) -> Problem:
    errors = [
        {"field": "child", "code": "likely-duplicate", "message": f"Look at {reference}."}
        for reference in references
    ]
    return Problem(
        409,
        "likely-duplicate",
        "This school sent a referral of this child to the same destination not long ago: see errors. "
        "Send the form again with duplicate=continue in the address if it is about something else.",
        errors=errors,
    )


def _origin(caller: Caller) -> commands.Origin:
    """A token that may do both is a school's: an EHC co-ordinator's has the statutory scope only."""
    if "referrals:submit" in caller.scopes:
        return "http"
    if "referrals:statutory" in caller.scopes:
        return "statutory"
    raise Problem(403, "scope-missing", "This needs a token with the scope referrals:submit.")


def faulty(faults: list[Fault]) -> Problem:
    """The answer to a form that has faults."""
    if any(each.code == "urn-not-yours" for each in faults):
        return Problem(403, "urn-not-yours", "This token may send referrals only for its own establishments.")
    number = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    errors = [each.model_dump() for each in faults]
    return Problem(422, "form-faulty", f"The form has {number}; each is named in errors.", errors=errors)
