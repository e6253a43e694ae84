"""Deferrals that were escalated: a list for whoever answers for them, and the answer."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.web.fields import Fields
from schemas.words import OWNERS
from services.panels import views, waiting_lists
from services.panels.domain.cases.case import Case
from services.panels.domain.day.commands import AnswerEscalation
from services.panels.domain.day.deferrals import escalated
from services.panels.domain.story import listed_in_words
from services.panels.web.desk import Answering, Desk
from services.panels.web.small_page import CASES, Sight, SmallPage


def router(desk: Desk) -> APIRouter:
    """The routes of what is escalated."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/escalated")
    async def listed(request: Request, person: Answering) -> Response:
        """The cases whose escalated deferral waits for an answer; no child is named."""
        async with desk.running.pool.acquire() as conn:
            found = await waiting_lists.waiting_for(conn, "manager", desk.panels_of(person, "case:answer"))
            mine = await desk.open(conn, person, found, "case:answer")
        rows = [{**views.of_case(desk.book, case), "last": case.deferrals[-1]} for case in mine]
        return desk.look.page("day/escalated.html", request, person=person, rows=rows)

    ANSWER.add(routes, desk)
    return routes


async def _answered(fields: Fields, at: Sight[Case]) -> AnswerEscalation:
    words = fields.words("words", "Write what is done about it.")
    return AnswerEscalation(at.thing.case_id, at.person.id, words, fields.number("seen") or 0)


async def _deferrals(at: Sight[Case]) -> Mapping[str, Any]:
    """Why it was deferred again."""
    rows = [
        {"of": each, "owner": OWNERS[each.owner], "missing": listed_in_words(each.missing)}
        for each in at.thing.deferrals
    ]
    return {"deferrals": rows, "back": {"href": "/escalated", "text": "Escalated"}}


ANSWER = SmallPage(
    CASES, "escalated", "Escalated", "case:answer", _answered, "Your answer is recorded.",
    is_open=lambda case, now: escalated(case), shows=_deferrals, template="day/escalation.html",
    button="Record your answer", then=lambda at: "/escalated",
)  # fmt: skip
