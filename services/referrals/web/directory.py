"""The public directory: who can help, how one comes to them, how long it takes, and who helps meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request, Response

from chassis.calendar import london_date
from chassis.database import OUTAGES
from chassis.english import capital
from chassis.service import Running
from chassis.web.look import Look
from chassis.web.people import Person, person_of
from chassis.web.problems import Fault
from chassis.web.start import Task
from schemas.codes import Area, Need
from schemas.words import NEEDS
from services.referrals.domain.book import Book
from services.referrals.domain.directory.guide import Wanted, area_of, helpers
from services.referrals.domain.routing.teams import Support
from services.referrals.domain.words import KIND_HEADINGS, wait_words
from services.referrals.storage.directory import ListedWait, listed_waits

OPEN_PATHS = ("/directory",)
TASKS = (
    Task(
        "Who can help",
        "/directory",
        "Each team and area: what they do, for whom, how to refer, how long it takes, and whom to call now.",
        menu="Who can help",
    ),
)
_OLDEST = 25


@dataclass(frozen=True, slots=True)
class Asked:
    """What was searched for, as it was typed, and what of it could be understood."""

    need: str = ""
    age: str = ""
    town: str = ""

    def wanted(self, towns: list[str]) -> tuple[Wanted, list[Fault]]:
        """What to look for, and what is wrong with the rest."""
        faults = []
        need = next((each for each in get_args(Need) if each == self.need), None)
        if self.need and need is None:
            faults.append(Fault(field="need", code="unknown", message="Choose a need from the list"))
        age = self._age()
        if self.age.strip() and age is None:
            message = f"Enter the age in years, as a whole number from 0 to {_OLDEST}"
            faults.append(Fault(field="age", code="out-of-range", message=message))
        town = next((each for each in towns if each.casefold() == self.town.strip().casefold()), None)
        if self.town.strip() and town is None:
            faults.append(Fault(field="town", code="unknown", message="Choose a town from the list"))
        return Wanted(need, age, town), faults

    def _age(self) -> int | None:
        text = self.age.strip()
        return (
            int(text)
            if text.isascii() and text.isdecimal() and len(text) < 4 and int(text) <= _OLDEST
            else None
        )


Typed = Annotated[str, Query(max_length=200)]


def router(running: Running, book: Book, look: Look) -> APIRouter:
    """The route of the directory."""
    routes = APIRouter(include_in_schema=False)
    towns = sorted(town for area in book.register.areas.values() for town in area.towns)

    @routes.get("/directory")
    async def directory(request: Request, need: Typed = "", age: Typed = "", town: Typed = "") -> Response:
        """Everybody in it, or those who may fit a need, an age and a town."""
        asked = Asked(need, age, town)
        wanted, faults = asked.wanted(towns)
        today = london_date(running.clock.now())
        found = [] if faults else helpers(book, wanted, today)
        area = area_of(book, wanted.town)
        person, waits = await _known(running, request)
        return look.page(
            "directory/directory.html",
            request,
            person=person,
            status=422 if faults else 200,
            problems=faults,
            asked=asked,
            wanted=wanted,
            groups=[
                (heading, [each for each in found if each.destination.kind == kind])
                for kind, heading in KIND_HEADINGS.items()
            ],
            areas=[each for each in book.register.areas.values() if area in (None, each.code)],
            support=[each for each in book.support if _helps(each, area, signed_in=person is not None)],
            waits=waits,
            wait_words=wait_words,
            needs={need: capital(words) for need, words in NEEDS.items()},
            town_choices=[(each, each) for each in towns],
            today=today,
        )

    return routes


async def _known(running: Running, request: Request) -> tuple[Person | None, Mapping[str, ListedWait]]:
    """Who asks, and today's waits. A database that is away takes neither the directory nor the advice lines away."""
    try:
        person = await person_of(request)
        async with running.pool.acquire(timeout=5) as conn:
            return person, await listed_waits(conn)
    except OUTAGES:
        return None, {}


def _helps(support: Support, area: Area | None, *, signed_in: bool) -> bool:
    """Whether it is shown here; what is for schools and settings alone is never offered to families."""
    return (support.families or signed_in) and (area is None or not support.areas or area in support.areas)
