"""A mistake that is mended: of a decision by the authority, of a recommendation that was signed off by a chair."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter

from chassis.calendar import london_date
from chassis.storage import Connection
from chassis.web.fields import Fields, options
from chassis.web.people import Person
from schemas.words import PROVISIONS
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.day.commands import CorrectDecision, CorrectRecommendation
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import Action
from services.panels.domain.words import OUTCOMES
from services.panels.web.desk import Desk
from services.panels.web.small_page import CASES, Sight, SmallPage, TooLate
from services.panels.web.wording import judged_of, typed_of


def router(desk: Desk) -> APIRouter:
    """The routes of a correction."""
    routes = APIRouter(include_in_schema=False)
    CORRECT.add(routes, desk)
    return routes


def corrects(book: PanelBook, case: Case) -> Action | None:
    """What somebody has to be allowed to do who mends what stands of a case; None where nothing can be mended."""
    if case.decision is not None:
        panel = book.at(case.panel, london_date(case.decision.decided_at))
        return "case:chair" if panel and panel.decides == "chair" else "case:decide"
    made = case.recommendation
    stands = case.status == "heard" and made is not None and (made.signed_at or not made.sitting_id)
    return "case:chair" if stands else None


async def _mine(desk: Desk, conn: Connection, person: Person, case_id: str, action: Action) -> Case:
    """The case, for whoever may mend what stands of it. Raises Problem as `Desk.case` does, and TooLate."""
    needed = corrects(desk.book, await desk.case(conn, person, case_id, action))
    if needed is None:
        raise TooLate
    return await desk.case(conn, person, case_id, needed)


async def _correction(fields: Fields, at: Sight[Case]) -> CorrectDecision | CorrectRecommendation:
    """What holds from now on, and what the mistake was."""
    after = judged_of(fields)
    why = fields.words("why", "Write what the mistake was.")
    kind = CorrectDecision if at.thing.status == "decided" else CorrectRecommendation
    return kind(at.thing.case_id, at.person.id, after, why, fields.number("seen") or 0)


async def _stands(at: Sight[Case]) -> Mapping[str, Any]:
    """What stands, to be changed."""
    stands = at.thing.in_force if at.thing.status == "decided" else at.thing.recommendation
    assert stands is not None
    return typed_of(judgement(stands))


async def _choices(at: Sight[Case]) -> Mapping[str, Any]:
    return {
        "decided": at.thing.status == "decided",
        "outcomes": options(OUTCOMES),
        "provisions": options(PROVISIONS),
    }


CORRECT = SmallPage(
    replace(CASES, find=_mine), "correct", "Correct a mistake", "case:see", _correction, "It is corrected.",
    shows=_choices, offers=_stands, template="day/correct.html", button="Correct it", warns=True,
)  # fmt: skip
