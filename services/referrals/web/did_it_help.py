"""Did it help? A month's reviews, counted: for the service manager."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.english import capital
from chassis.web.access import record_read
from chassis.web.people import Person, signed_in
from chassis.web.start import Task
from schemas.codes import Need
from schemas.words import NEEDS
from services.referrals.domain.work.helped import Line, Review, lines, month_of, months_to
from services.referrals.storage.reviews import reviews
from services.referrals.web.desk import Desk

Reporting = Annotated[Person, Depends(signed_in("service:report"))]
TASKS = (
    Task(
        "Did it help?",
        "/did-it-help",
        "What schools and families said at the reviews of a month, by area, need and team.",
        "service:report",
    ),
)
_SHOWN = 13  # this month, and a year


def router(desk: Desk) -> APIRouter:
    """The one route."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/did-it-help")
    async def page(
        request: Request,
        person: Reporting,
        month: Annotated[str | None, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] = None,
    ) -> Response:
        """A month's reviews, this one's if none is named; that somebody looked is recorded."""
        months = months_to(desk.today, _SHOWN)
        first = min(date.fromisoformat(f"{month}-01"), months[0]) if month else months[0]
        _, last = month_of(first)
        async with desk.running.pool.acquire() as conn, conn.transaction():
            await record_read(conn, person, "report", f"did-it-help-{first:%Y-%m}")
            found = await reviews(conn, first, min(last, desk.today))
        return desk.look.page(
            "reports/did_it_help.html", request, person=person, month=first, months=months,
            tables=_tables(desk, found), so_far=last >= desk.today,
        )  # fmt: skip

    return routes


def _need(review: Review) -> str:
    return capital(NEEDS.get(cast(Need, review.need), review.need))


def _tables(desk: Desk, found: Sequence[Review]) -> list[tuple[str, list[Line]]]:
    teams = desk.book.destinations

    def team(each: Review) -> str:
        known = teams.get(each.destination)
        return known.name if known else each.destination

    by: tuple[tuple[str, Callable[[Review], str]], ...] = (
        ("area", lambda each: each.area),
        ("need", _need),
        ("team", team),
    )
    return [(name, lines(found, name_of)) for name, name_of in by]
