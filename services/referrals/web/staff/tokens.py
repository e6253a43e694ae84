"""Tokens of school systems: made once and shown once, named, for one school, revoked at any time."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response

from chassis.decision import Refused
from chassis.runner import Once
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain.permissions import Reach, reach
from services.referrals.domain.staff.tokens import MakeToken, RevokeToken
from services.referrals.domain.staff.words import scope_words
from services.referrals.storage import tokens
from services.referrals.web.staff.desk import Desk, faults_of, given

Manages = Annotated[Person, Depends(signed_in("tokens:manage"))]


def router(desk: Desk) -> APIRouter:
    """The list, a new token, and the end of one."""
    routes = APIRouter(prefix="/tokens")

    @routes.get("")
    async def listing(request: Request, me: Manages) -> Response:
        """The tokens of the schools that one looks after."""
        async with desk.running.pool.acquire() as conn:
            found = await tokens.of_schools(conn, _urns(reach(me, "tokens:manage")))
            makers = await storage.staff.people(conn, {each.token.made_by for each in found})
        return desk.look.page(
            "staff/tokens.html",
            request,
            person=me,
            tokens=found,
            makers={id: each.name for id, each in makers.items()},
            school=lambda urn: scope_words(urn, desk.book),
        )

    @routes.get("/new")
    async def new(request: Request, me: Manages) -> Response:
        """What the token is for."""
        return _new(desk, request, me, {"once": uuid4().hex})

    @routes.post("/new")
    async def make(request: Request, me: Manages, form: Posted) -> Response:
        """Makes a token and shows it, this once."""
        secret = f"fp_{secrets.token_urlsafe(32)}"
        urn = _own(me, form.get("urn"))
        digest = hashlib.sha256(secret.encode()).hexdigest()
        command = MakeToken(str(uuid4()), digest, form.get("name"), urn, frozenset(form.all("scopes")), me.id)
        try:
            made = await desk.run(command, Once(f"token:{me.id}", form.get("once") or digest, b"made"))
        except Refused as error:
            typed = {**given(form), "scopes": form.all("scopes")}
            return _new(desk, request, me, typed, faults_of(error))
        if made != command.token_id:
            return desk.look.redirect("/tokens", "This token has been made already. It was shown only once.")
        return desk.look.page(
            "staff/token_made.html", request, person=me, secret=secret, school=scope_words(urn, desk.book)
        )

    @routes.post("/{token_id}/revoke")
    async def revoke(token_id: str, me: Manages, form: Posted) -> Response:
        """Nobody is let in with it any more."""
        async with desk.running.pool.acquire() as conn:
            token = (await tokens.named(conn, [token_id])).get(token_id)
        within = reach(me, "tokens:manage")
        if token is None or not (within.everything or token.urn in within.urns):
            raise Problem(404, "token-unknown", "There is no such token among those of your school.")
        await desk.run(RevokeToken(token.id, me.id))
        return desk.look.redirect(
            "/tokens", "The token is revoked. Within ten seconds nobody is let in with it."
        )

    return routes


def _urns(within: Reach) -> frozenset[str] | None:
    return None if within.everything else within.urns


def _own(me: Person, urn: str) -> str:
    """The school of a new token; one's own where there is only one. Raises Problem 404 for another's."""
    within = reach(me, "tokens:manage")
    if not urn and len(within.urns) == 1 and not within.everything:
        return next(iter(within.urns))
    if urn and not within.everything and urn not in within.urns:
        raise Problem(404, "school-unknown", "You may make tokens only for your own school.")
    return urn


def _new(
    desk: Desk, request: Request, me: Person, typed: Mapping[str, Any], problems: Sequence[Any] = ()
) -> Response:
    own = sorted(_urns(reach(me, "tokens:manage")) or ())
    return desk.look.page(
        "staff/token_new.html",
        request,
        person=me,
        status=422 if problems else 200,
        problems=problems,
        typed=typed,
        schools=[(urn, scope_words(urn, desk.book)) for urn in own],
    )
