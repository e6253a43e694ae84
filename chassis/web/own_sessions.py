"""Where somebody is signed in, and how they end that from another browser."""

from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, Request, Response

from chassis.web.forms import Form, Posted
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from chassis.web.sessions import Sessions


def add(routes: APIRouter, pool: asyncpg.Pool, sessions: Sessions, look: Look) -> None:
    """Adds the routes of ``/sessions``."""
    Own = Annotated[Person, Depends(signed_in(None))]

    @routes.get("/sessions")
    async def own(request: Request, person: Own) -> Response:
        """Where one is signed in."""
        found = await sessions.listed(pool, person.id)
        return look.page("sign-in/sessions.html", request, person=person, sessions=found)

    @routes.post("/sessions")
    async def end(person: Own, form: Posted) -> Response:
        """Ends one of one's sessions, or all but this."""
        await _end(pool, sessions, person, form)
        return look.redirect("/sessions", "That browser is signed out.")


async def _end(pool: asyncpg.Pool, sessions: Sessions, person: Person, form: Form) -> None:
    if form.get("end") == "others":
        for session in await sessions.listed(pool, person.id):
            if session.id != person.session:
                await sessions.end_one(pool, person.id, session.id)
    else:
        await sessions.end_one(pool, person.id, form.get("end"))
