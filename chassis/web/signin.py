"""Signing in and out: the pages, and the way to the provider and back.

Nothing of a sign-in under way is in the browser but one random cookie: state, nonce and code verifier lie in the
database until they are used, once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import asyncpg
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from chassis import telemetry
from chassis.web import own_sessions
from chassis.web.agents import agent_of
from chassis.web.forms import posted
from chassis.web.look import Look
from chassis.web.people import SIGN_IN, SIGNED_IN_AGAIN, Member, StaffBook, person_of
from chassis.web.provider import NotProven, Provider, ProviderAway
from chassis.web.rates import Counts, Network, address_of
from chassis.web.sessions import Sessions, digest

log = telemetry.get_logger(__name__)

#: Where the provider sends the browser back to: what it must have been told beforehand, behind the public address.
DONE = f"{SIGN_IN}/done"
#: Routes that nobody need have signed in for.
OPEN_PATHS = (SIGN_IN, f"{SIGN_IN}/start", DONE, SIGNED_IN_AGAIN, "/sign-out", "/signed-out")
#: How long one may take at the provider; how often an address may begin, and fail, in ten minutes.
AT_PROVIDER = timedelta(minutes=10)
BEGINNINGS, FAILURES = 300, 30
_COOKIE = "sign-in"
_LONGEST_PATH = 2000
_AGAIN = f"{SIGN_IN}?to={SIGNED_IN_AGAIN}"
_NOT_BACK_TO = (SIGN_IN, "/sign-out", "/signed-out")


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing in needs. Without a ``provider`` it is switched off."""

    pool: asyncpg.Pool
    staff: StaffBook
    sessions: Sessions
    provider: Provider | None
    counts: Counts
    look: Look
    trusted: Sequence[Network] = ()


class Failed(Exception):
    """A sign-in that came to nothing; the word says why."""


def router(desk: Desk) -> APIRouter:
    """The routes."""
    routes = APIRouter(include_in_schema=False)
    _in(routes, desk)
    _out(routes, desk)
    own_sessions.add(routes, desk.pool, desk.sessions, desk.look)
    return routes


def _in(routes: APIRouter, desk: Desk) -> None:
    @routes.get(SIGN_IN)
    async def page(request: Request, to: Annotated[str, Query(max_length=4000)] = "/") -> Response:
        """Where one signs in; one who has goes on."""
        if await person_of(request) is not None:
            return RedirectResponse(path_of(to), 303)
        if desk.provider is None:
            return desk.look.page("sign-in/off.html", request, status=503)
        return desk.look.page("sign-in/sign-in.html", request, start=_start(to))

    @routes.get(f"{SIGN_IN}/start")
    async def start(request: Request, to: Annotated[str, Query(max_length=4000)] = "/") -> Response:
        """Sends the browser to the provider."""
        if desk.provider is None:
            return desk.look.page("sign-in/off.html", request, status=503)
        return await _sent(desk, desk.provider, request, path_of(to))

    @routes.get(DONE)
    async def done(request: Request) -> Response:
        """Where the provider sends the browser back to."""
        if desk.provider is None:
            return desk.look.page("sign-in/off.html", request, status=503)
        return await _back(desk, desk.provider, request)

    @routes.get(SIGNED_IN_AGAIN)
    async def again(request: Request) -> Response:
        """The way back to the page that still holds what somebody wrote."""
        person = await person_of(request)
        return (
            desk.look.page("sign-in/again.html", request, person=person)
            if person
            else RedirectResponse(_AGAIN, 303)
        )


async def _sent(desk: Desk, provider: Provider, request: Request, to: str) -> Response:
    await _count_beginning(desk, request)
    try:
        begun = await provider.begin()
    except ProviderAway:
        return _away(desk, request, to)
    cookie = desk.sessions.cookie
    browser = request.cookies.get(cookie.named(_COOKIE)) or secrets.token_urlsafe(32)
    await desk.pool.execute(
        _KEEP, digest(begun.state), digest(browser), begun.nonce, begun.verifier, to, AT_PROVIDER
    )
    response = RedirectResponse(begun.url, 303)
    cookie.put(response, browser, _COOKIE, int(AT_PROVIDER.total_seconds()))
    return response


async def _back(desk: Desk, provider: Provider, request: Request) -> Response:
    await desk.counts.check(desk.pool, "failed", _address(desk, request), FAILURES)
    begun, to = await _taken(desk, request), "/"
    try:
        to = _is_theirs(desk, request, begun)
        member = await _member(desk, provider, request, begun)
    except ProviderAway:
        return _away(desk, request, to)
    except Failed as error:
        if begun is None and await person_of(request) is not None:
            return RedirectResponse("/", 303)  # an old page, opened again by somebody who has signed in since
        return await _failed(desk, request, str(error), to)
    return await _welcomed(desk, request, member, to)


async def _count_beginning(desk: Desk, request: Request) -> None:
    address = _address(desk, request)
    async with desk.pool.acquire() as conn:
        await desk.counts.check(conn, "failed", address, FAILURES)
        await desk.counts.check(conn, "begun", address, BEGINNINGS)
        await desk.counts.add(conn, "begun", address)


async def _taken(desk: Desk, request: Request) -> Any:
    """The sign-in that the provider answers, or None; it is used up by that."""
    return await desk.pool.fetchrow(_TAKE, digest(request.query_params.get("state", "")))


def _is_theirs(desk: Desk, request: Request, begun: Any) -> str:
    """Where whoever began this sign-in wants to go. Raises Failed where it was not this browser, or is no good."""
    if begun is None or not begun["in_time"]:
        raise Failed("unknown-state")
    browser = request.cookies.get(desk.sessions.cookie.named(_COOKIE), "")
    if not secrets.compare_digest(begun["browser"], digest(browser)):
        raise Failed("another-browser")
    if "error" in request.query_params:
        raise Failed("refused-by-provider")
    return path_of(begun["back_to"])


async def _member(desk: Desk, provider: Provider, request: Request, begun: Any) -> Member:
    code = request.query_params.get("code", "")
    try:
        subject = await provider.finish(
            code, begun["nonce"], begun["verifier"], request.query_params.get("iss")
        )
    except NotProven as error:
        raise Failed(str(error)) from None
    async with desk.pool.acquire() as conn:
        member = await desk.staff.by_subject(conn, subject)
    if member is None:
        raise Failed("not-staff")
    return member


async def _welcomed(desk: Desk, request: Request, member: Member, to: str) -> Response:
    """Signed in: always by a new session, so that nobody has known its cookie before."""
    sessions = desk.sessions
    before = request.cookies.get(sessions.cookie.named())
    async with desk.pool.acquire() as conn, conn.transaction():
        token = await sessions.start(conn, member.id, agent_of(request.headers.get("user-agent", "")), before)
    request.state.caller = f"staff:{member.id}"
    response = RedirectResponse(to, 303)
    sessions.cookie.put(response, token)
    sessions.cookie.take(response, _COOKIE)
    return response


async def _failed(desk: Desk, request: Request, why: str, to: str) -> Response:
    log.warning("sign_in_failed", why=why)
    if why not in _BLAMELESS:
        await desk.counts.add(desk.pool, "failed", _address(desk, request))
    page = "not-staff" if why == "not-staff" else "failed"
    return desk.look.page(f"sign-in/{page}.html", request, status=403, start=_start(to))


def _away(desk: Desk, request: Request, to: str) -> Response:
    return desk.look.page(
        "sign-in/away.html", request, status=503, headers={"Retry-After": "60"}, start=_start(to)
    )


def _out(routes: APIRouter, desk: Desk) -> None:
    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        """Ends the session. One whose session has ended already is signed out as well."""
        response = RedirectResponse("/signed-out", 303)
        if await person_of(request) is not None:
            async for _ in posted(request):
                token = request.cookies[desk.sessions.cookie.named()]
                await desk.sessions.end(desk.pool, token)
        desk.sessions.cookie.take(response)
        return response

    @routes.get("/signed-out")
    async def signed_out(request: Request) -> Response:
        """What is left to do on a computer that others use."""
        leave = await desk.provider.leave() if desk.provider else None
        return desk.look.page("sign-in/signed-out.html", request, leave=leave)


def path_of(to: str) -> str:
    """A path of this site to go on to; its first page where ``to`` is another site's, or nothing to go back to."""
    if not to.startswith("/") or to.startswith("//") or "\\" in to or len(to) > _LONGEST_PATH:
        return "/"
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in to):
        return "/"
    parts = urlsplit(to)
    if parts.path == SIGNED_IN_AGAIN:
        return SIGNED_IN_AGAIN
    if parts.scheme or parts.netloc or parts.path.startswith(_NOT_BACK_TO):
        return "/"
    return to


def _start(to: str) -> str:
    return f"{SIGN_IN}/start?to={quote(path_of(to), safe='')}"


def _address(desk: Desk, request: Request) -> str:
    return address_of(request.scope, desk.trusted)


#: What happens to people who did nothing wrong, and to nobody who guesses.
_BLAMELESS = ("refused-by-provider", "not-staff")

_KEEP = """
INSERT INTO sign_in (digest, browser, nonce, verifier, back_to, ends_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)
"""
_TAKE = """
DELETE FROM sign_in WHERE digest = $1
RETURNING browser, nonce, verifier, back_to, ends_at > clock_timestamp() AS in_time
"""
