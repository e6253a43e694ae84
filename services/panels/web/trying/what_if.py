"""The page that asks "What if?": a simulation of the panels, played while a service manager waits, one at a time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.english import capital
from chassis.web.access import record_read
from chassis.web.fields import Fields, options
from chassis.web.forms import Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault
from chassis.web.start import Task
from services.panels import scenarios, storage
from services.panels.domain.cases.case import Case
from services.panels.simulation import showing, tables
from services.panels.simulation.comparing import CHOSEN_BY
from services.panels.simulation.figures import AUTHORITIES, HERTFORDSHIRE
from services.panels.web.desk import Desk
from services.panels.web.out.files import CSV, download
from services.panels.web.trying.trial import DEMANDS, LONGEST_YEARS, SHARES, Answer, Trial, read, tried

TASKS = (
    Task("What if?", "/what-if", "Try other panels on the queue, or on the demand that is published.",
         "what-if:try", "What if?"),
)  # fmt: skip
Trying = Annotated[Person, Depends(signed_in("what-if:try"))]
_BUSY = "Somebody else is trying something just now. It takes some seconds: send this again."
_GIVEN = {
    "demand": "published", "years": "1", "by": "rule", "seed": "1", "numbers": "",
    "cases_per_request": "30", "incomplete": "25", "deferred": "8",
    "panels": (scenarios.AS_IT_IS, "one a month", "twelve a month"),
}  # fmt: skip


class Bench:
    """Where trials are played: beside the event loop, one at a time."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="what-if")
        self._taken = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Keeps others out meanwhile. Raises Busy where somebody is in."""
        if self._taken:
            raise Busy
        self._taken = True
        try:
            yield
        finally:
            self._taken = False

    async def play(self, trial: Trial, cases: Sequence[Case], today: date) -> Answer:
        """What came of it. Raises ValueError where there is nothing to play, or too much."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, tried, trial, cases, today)


class Busy(Exception):
    """Somebody is trying something just now."""


def router(desk: Desk) -> APIRouter:
    """The routes of the page."""
    routes, bench = APIRouter(include_in_schema=False), Bench()
    now = scenarios.Named(scenarios.AS_IT_IS, desk.book)

    async def shipped() -> Sequence[scenarios.Named]:
        return await asyncio.to_thread(scenarios.alternatives, desk.book)

    @routes.get("/what-if")
    async def asked(request: Request, person: Trying) -> Response:
        """The form, with what is tried most."""
        code = desk.running.settings.authority
        given = _GIVEN | {"authority": code if code in AUTHORITIES else HERTFORDSHIRE}
        return _page(desk, request, person, given, await shipped())

    @routes.post("/what-if")
    async def answered(request: Request, person: Trying, form: Posted) -> Response:
        """Plays it and shows what came of it, or answers with all figures as CSV."""
        fields = Fields(form, desk.today)
        given: dict[str, Any] = fields.typed | {
            "panels": form.all("panels"),
            "enough": "enough" in form.names,
        }
        others = await shipped()
        trial = read(form, fields, now, others)
        if trial is None:
            return _page(desk, request, person, given, others, faults=fields.faults)
        try:
            with bench.taken():
                cases = await _queue(desk, person) if trial.demand == "queue" else []
                answer = await bench.play(trial, cases, desk.today)
        except Busy:
            return _page(desk, request, person, given, others, faults=[_fault("busy", _BUSY)], status=503)
        except ValueError as error:
            return _page(desk, request, person, given, others, faults=[_fault("no-play", _sentence(error))])
        if form.get("as") == "csv":
            return download(("\ufeff" + tables.as_csv(answer.outcomes)).encode(), "what-if.csv", CSV)
        return _page(desk, request, person, given, others, answer, trial)

    return routes


def _fault(code: str, message: str) -> Fault:
    return Fault(field="demand", code=code, message=message)


def _sentence(error: ValueError) -> str:
    return f"{capital(str(error))}."


async def _queue(desk: Desk, person: Person) -> list[Case]:
    """All cases that this person may see; that they were looked at is recorded."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        await record_read(conn, person, "what-if", "queue")
        return await desk.open(conn, person, await storage.all_cases(conn), "what-if:try")


def _page(
    desk: Desk,
    request: Request,
    person: Person,
    given: Mapping[str, Any],
    shipped: Sequence[scenarios.Named],
    answer: Answer | None = None,
    trial: Trial | None = None,
    faults: Sequence[Fault] = (),
    status: int = 422,
) -> Response:
    return desk.look.page(
        "what_if.html",
        request,
        person=person,
        status=status if faults else 200,
        problems=faults,
        given=given,
        demands=options(DEMANDS),
        choosing=options(CHOSEN_BY),
        shares=SHARES,
        years=[
            {"value": str(n), "text": f"{n} year{'s' if n > 1 else ''}"} for n in range(1, LONGEST_YEARS + 1)
        ],
        authorities=[
            {"value": each.code, "text": each.name, "selected": each.code == given.get("authority")}
            for each in sorted(AUTHORITIES.values(), key=lambda each: each.name)
        ],
        panels=options({each: each for each in (scenarios.AS_IT_IS, *(each.name for each in shipped))}),
        **_shown(answer, trial),
    )


def _shown(answer: Answer | None, trial: Trial | None) -> dict[str, Any]:
    """The results, as far as there are any."""
    if answer is None or trial is None:
        return {"answer": None}
    charts = [
        {"svg": each.svg, "caption": each.title, "heads": each.headings, "rows": each.rows}
        for each in showing.charts(answer.outcomes)
    ]
    heads, rows = tables.turned(answer.outcomes)
    figures = {"caption": "All figures", "heads": heads, "rows": rows}
    return {"answer": answer, "charts": charts, "figures_of": figures, "command": trial.command}
