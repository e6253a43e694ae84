"""Chair's action: the co-ordinator asks for it, a chair answers; and the list of what waits for a chair."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from chassis.web.fields import Fields, options
from schemas.words import ITEMS, PROVISIONS
from services.panels import storage, views, waiting_lists
from services.panels.domain.cases.case import Case
from services.panels.domain.day.chairs_action import asked, may_be_asked
from services.panels.domain.day.commands import AgreeChairAction, AskChair, DeclineChairAction
from services.panels.domain.words import OUTCOMES
from services.panels.web.day.overview import names_of
from services.panels.web.desk import Chairing, Desk
from services.panels.web.small_page import CASES, Sight, SmallPage
from services.panels.web.wording import judged_of

_ANSWERS = {
    "agreed": "Recommend now, in the panel’s place",
    "declined": "Let it wait for a sitting",
}


def router(desk: Desk) -> APIRouter:
    """The routes of chair's action."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/chair-actions")
    async def listed(request: Request, person: Chairing) -> Response:
        """The cases that wait for a chair's answer; no child is named."""
        async with desk.running.pool.acquire() as conn:
            found = await waiting_lists.waiting_for(conn, "chair", desk.panels_of(person, "case:chair"))
            mine = await desk.open(conn, person, found, "case:chair")
        rows = [{**views.of_case(desk.book, case), "asked": case.chair_action} for case in mine]
        return desk.look.page("day/chair_actions.html", request, person=person, rows=rows)

    ASK.add(routes, desk)
    ANSWER.add(routes, desk)
    return routes


async def _asking(fields: Fields, at: Sight[Case]) -> AskChair:
    why = fields.words("why", "Write why it cannot wait for a sitting.")
    return AskChair(at.thing.case_id, at.person.id, why, fields.number("seen") or 0)


async def _answered(fields: Fields, at: Sight[Case]) -> object:
    case_id, by, seen = at.thing.case_id, at.person.id, fields.number("seen") or 0
    if fields.choice("answer", _ANSWERS, "Choose whether it can wait.") == "declined":
        return DeclineChairAction(case_id, by, fields.words("reasons", "Write why it can wait."), seen)
    return AgreeChairAction(case_id, by, judged_of(fields), seen)


async def _to_answer(at: Sight[Case]) -> Mapping[str, Any]:
    """What is asked, with what matters to it."""
    case, action = at.thing, at.thing.chair_action
    assert action is not None
    known = await storage.background(at.conn, case)
    names = await names_of(at.conn, [action.asked_by])
    return {
        "case": views.of_case_in_full(at.desk.book, case, known),
        "back": {"href": "/chair-actions", "text": "Chair’s action"},
        "asked": action,
        "asked_by": names[action.asked_by],
        "missing": [ITEMS[each] for each in case.missing],
        "asks_for": PROVISIONS[case.provision] if case.provision else None,
        "answers": options(_ANSWERS),
        "outcomes": options(OUTCOMES),
        "provisions": options(PROVISIONS),
    }


ASK = SmallPage(
    CASES, "ask-chair", "Ask for chair’s action", "case:coordinate", _asking, "A chair of the panel is asked.",
    is_open=lambda case, now: may_be_asked(case), template="day/ask_chair.html", button="Ask a chair",
)  # fmt: skip
ANSWER = SmallPage(
    CASES, "chair-action", "Chair’s action", "case:chair", _answered, "Your answer is recorded.",
    is_open=lambda case, now: case.chair_action is not None and asked(case), shows=_to_answer,
    template="day/chair_action.html", button="Record your answer", warns=True, then=lambda at: "/chair-actions",
)  # fmt: skip
