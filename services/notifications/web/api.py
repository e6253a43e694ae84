"""HTTP: the families' page behind its private link, and what programs do about messages."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from chassis import restrictions
from chassis.database import OUTAGES
from chassis.service import Running
from chassis.web.access import record_read, record_reads
from chassis.web.auth import Caller, require
from chassis.web.problems import Problem
from services.notifications import storage
from services.notifications.domain import page
from services.notifications.domain.background import entry_of
from services.notifications.domain.message import Release, SettleByHand

_FOLDER = Path(__file__).parent.parent / "pages"
_CODE = re.compile(r"[A-Za-z0-9_-]{22}")
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
}
#: Routes that need no token: the link itself is the family's.
OPEN_PATHS = ("/f/family.css", "/f/{code}")

UNKNOWN = Problem(404, "unknown-message", "There is no message with this id.")
Operator = Annotated[Caller, Depends(require("notifications:operate"))]
Phase = Literal["pending", "sending", "sent", "failed", "held", "closed"]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class Reason(BaseModel):
    """Why a person decides so; kept with the message."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Text


class Settlement(Reason):
    """``told``: the recipient was told in another way; else they are not to be told."""

    told: bool


def router(running: Running) -> APIRouter:
    """The routes of the service."""
    routes = APIRouter()
    _family(routes, running)
    _staff(routes, running)
    return routes


def _family(routes: APIRouter, running: Running) -> None:
    jinja = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (_FOLDER / "family.css").read_bytes()

    def html(template: str, status: int, **values: object) -> Response:
        settings: Any = running.settings
        known = {"service": settings.sender_name, "enquiries": settings.enquiries, "plain": page.plain}
        text = jinja.get_template(template).render(**known, **values)
        return Response(text, status, _PRIVATE, "text/html; charset=utf-8")

    @routes.api_route("/f/family.css", methods=["GET", "HEAD"], include_in_schema=False)
    async def style() -> Response:
        return Response(css, 200, {"Cache-Control": "public, max-age=3600"}, "text/css; charset=utf-8")

    @routes.api_route("/f/{code}", methods=["GET", "HEAD"], include_in_schema=False)
    async def family(code: str, request: Request) -> Response:
        """The whole story of a referral, for whoever holds the link. Looking changes nothing."""
        try:
            shown = await _opened(running, code, viewed=request.method == "GET")
        except OUTAGES:
            return html("unavailable.html", 503, title="Please try again in a few minutes")
        if shown is None:
            return html("not-found.html", 404, title="This page cannot be found")
        return html("family.html", 200, title=f"Your referral {shown.reference}", page=shown)


async def _opened(running: Running, code: str, viewed: bool) -> page.Page | None:
    if not _CODE.fullmatch(code):
        return None
    async with running.pool.acquire(timeout=5) as conn:
        seen = await storage.visit(conn, code, running.clock.now())
        if seen is None:
            return None
        named = [fact.text("panel") or fact.text("destination") for fact in seen.story.facts]
        directory = await storage.directory(conn, [entry_of(name) for name in named if name])
        if viewed:
            await storage.record_view(conn, seen)
    return page.page(seen.story, directory, seen.reasons)


async def shut_to_programs(running: Running, conn: Any) -> list[str]:
    """The referrals that are restricted: they open to people who are named, and so to no program."""
    return await restrictions.shut(conn, lambda _: False, running.clock.now())


async def _listed(
    running: Running,
    caller: Caller,
    phases: list[str] | None,
    referral: str | None,
    after: int,
    person: str | None = None,
) -> Any:
    async with running.pool.acquire() as conn, conn.transaction():
        shut = await shut_to_programs(running, conn)
        found = await storage.messages(conn, phases, referral, after, person_id=person, without=shut)
        await record_reads(conn, caller, "messages", storage.whose(found, referral or person))
        return {"messages": found}


async def _open(running: Running, conn: Any, message_id: str) -> Any:
    """The message; None where there is none. Raises Problem 404 where its referral is restricted."""
    found = await storage.message(conn, message_id)
    if found is not None and found["referral_id"] in await shut_to_programs(running, conn):
        raise UNKNOWN
    return found


def _staff(routes: APIRouter, running: Running) -> None:
    _reads(routes, running)

    async def done(message_id: str, command: object) -> Any:
        async with running.pool.acquire() as conn:
            await _open(running, conn, message_id)
        return {"id": message_id, "state": await running.runner.command(command)}

    @routes.post("/api/messages/{message_id}/release")
    async def release(message_id: str, body: Reason, caller: Operator) -> Any:
        """Send a held or failed message (again)."""
        return await done(message_id, Release(message_id, caller.name, body.reason))

    @routes.post("/api/messages/{message_id}/settle")
    async def settle(message_id: str, body: Settlement, caller: Operator) -> Any:
        """Close a held or failed message without sending it."""
        return await done(message_id, SettleByHand(message_id, body.told, caller.name, body.reason))

    @routes.post("/api/referrals/{referral_id}/links/revoke")
    async def revoke(referral_id: str, body: Reason, caller: Operator) -> Any:
        """Make all links of a referral's messages lead nowhere, as after one was passed on."""
        async with running.pool.acquire() as conn, conn.transaction():
            await record_read(conn, caller, "links-revoked", referral_id)
            return {"referral_id": referral_id, "revoked": await storage.revoke_links(conn, referral_id)}


def _reads(routes: APIRouter, running: Running) -> None:
    @routes.get("/api/messages")
    async def messages(
        caller: Operator,
        state: Annotated[list[Phase] | None, Query()] = None,
        referral_id: Annotated[str | None, Query(max_length=64)] = None,
        person_id: Annotated[str | None, Query(max_length=64)] = None,
        after: Annotated[int, Query(ge=0, le=2**62, description="the seq of the last one seen")] = 0,
    ) -> Any:
        """Messages in the order in which they were made, a hundred at a time; no addresses.

        With a person's id, those under all ids that this person has.
        """
        return await _listed(running, caller, list(state) if state else None, referral_id, after, person_id)

    @routes.get("/api/held")
    async def held(caller: Operator, after: Annotated[int, Query(ge=0, le=2**62)] = 0) -> Any:
        """What waits for a person: messages that are held, and those that were refused for good."""
        return await _listed(running, caller, ["held", "failed"], None, after)

    @routes.get("/api/messages/{message_id}")
    async def message(message_id: str, caller: Operator) -> Any:
        """One message: its state, its history, and when its recipient opened the page."""
        async with running.pool.acquire() as conn, conn.transaction():
            found = await _open(running, conn, message_id)
            if found is None:
                raise UNKNOWN
            await record_read(conn, caller, "message", message_id)
            return found
