"""A small page: one form about one case or placement. Shown; sent and done once; or shown again with what is wrong.

PAGE = SmallPage(CASES, "escalated", "Escalated", "case:answer", _reads, "Your answer is recorded.")
PAGE.add(routes, desk)

Its template extends ``small_page.html``, or has more than one form and stands by itself.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import APIRouter, Depends, Request, Response

from chassis.runner import IdempotencyConflict
from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.fields import Fields, sent_once
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.sheets import Sheet, refused
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.permissions import Action
from services.panels.web.desk import LATE, Desk


class Versioned(Protocol):
    """What such a page can be about."""

    @property
    def version(self) -> int: ...


Thing = TypeVar("Thing", bound=Versioned)


class TooLate(Exception):
    """What the page is for cannot be done any more: its reader goes back to the thing, and is told so."""


@dataclass(frozen=True, slots=True)
class About(Generic[Thing]):
    """A kind of thing: its ``name`` in addresses and in the record of reads, how it is found, what templates show.

    ``find`` raises Problem for whoever may not do the action, and says who may; so the door asks only whether they
    may see such things (``sees``). ``folder`` is where the templates lie.
    """

    name: str
    find: Callable[[Desk, Connection, Person, str, Action], Awaitable[Thing]]
    shown: Callable[[Desk, Thing], Mapping[str, Any]]
    sees: Action
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Sight(Generic[Thing]):
    """What somebody has before them: the thing as it is by now, and the form as they sent it."""

    desk: Desk
    conn: Connection
    request: Request
    person: Person
    thing: Thing
    sheet: Sheet


async def _nothing(at: Sight[Any]) -> Mapping[str, Any]:
    return {}


def _always(thing: object, now: datetime) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SmallPage(Generic[Thing]):
    """One of them: ``code`` is its end of the address, ``reads`` makes the command, ``done`` is said after it.

    What ``reads`` makes of a form with faults is thrown away. ``shows`` are values for the template, ``offers`` what
    stands in the fields at first, ``lists`` the fields of which several may be chosen, ``beside`` the fields beside
    which refusals are said, by their codes. Where nothing else is said one goes on to the thing itself.
    """

    about: About[Thing]
    code: str
    title: str
    action: Action
    reads: Callable[[Fields, Sight[Thing]], Awaitable[object]]
    done: str
    is_open: Callable[[Thing, datetime], bool] = _always
    shows: Callable[[Sight[Thing]], Awaitable[Mapping[str, Any]]] = _nothing
    offers: Callable[[Sight[Thing]], Awaitable[Mapping[str, Any]]] = _nothing
    button: str = ""
    warns: bool = False
    template: str = ""
    lists: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    then: Callable[[Sight[Thing]], str] | None = None

    def add(self, routes: APIRouter, desk: Desk) -> None:
        """Its two routes."""
        path = f"/{self.about.name}s/{{{self.about.name}_id}}/{self.code}"

        @routes.get(path, name=f"ask_{self.code}", include_in_schema=False)
        async def ask(
            request: Request, person: Annotated[Person, Depends(signed_in(self.about.sees))]
        ) -> Response:
            """The form, the read recorded; back to the thing where it is too late for it."""
            return await _guarded(self, desk, request, person, None)

        @routes.post(path, name=f"do_{self.code}", include_in_schema=False)
        async def do(
            request: Request, person: Annotated[Person, Depends(signed_in(self.about.sees))], form: Posted
        ) -> Response:
            """Does it."""
            return await _guarded(self, desk, request, person, form)


async def _guarded(
    page: SmallPage[Any], desk: Desk, request: Request, person: Person, form: Form | None
) -> Response:
    try:
        if form is None:
            return await _shown(page, desk, request, person, Sheet())
        return await _sent(page, desk, request, person, form)
    except (TooLate, IdempotencyConflict):
        return desk.look.redirect(f"{_home(page, request)}?{LATE}=yes")


async def _sent(page: SmallPage[Any], desk: Desk, request: Request, person: Person, form: Form) -> Response:
    fields = Fields(form, desk.today)
    async with desk.running.pool.acquire() as conn:
        thing = await page.about.find(desk, conn, person, _id(page, request), page.action)
        at = Sight(desk, conn, request, person, thing, Sheet(form))
        command = await page.reads(fields, at)
    once = sent_once(form, f"{request.url.path}:{person.id}")
    faults = fields.faults or await refused(desk.running.runner, command, once, page.beside)
    if faults:
        return await _shown(page, desk, request, person, Sheet(form, faults))
    return desk.look.redirect(page.then(at) if page.then else _home(page, request), page.done)


async def _shown(
    page: SmallPage[Any], desk: Desk, request: Request, person: Person, sheet: Sheet
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        id = _id(page, request)
        thing = await page.about.find(desk, conn, person, id, page.action)
        if not page.is_open(thing, desk.now):
            raise TooLate
        at = Sight(desk, conn, request, person, thing, sheet)
        values = {
            **page.about.shown(desk, thing),
            **sheet.values(thing.version, await page.offers(at), page.lists),
            **await page.shows(at),
        }
        await record_read(conn, person, page.about.name, id)
    template = page.template or f"{page.about.folder}{page.code}.html"
    return desk.look.page(template, request, person=person, page=page, **values)


def _id(page: SmallPage[Any], request: Request) -> str:
    return str(request.path_params[f"{page.about.name}_id"])


def _home(page: SmallPage[Any], request: Request) -> str:
    return f"/{page.about.name}s/{_id(page, request)}"


def _of_case(desk: Desk, case: Case) -> Mapping[str, Any]:
    seen = views.of_case(desk.book, case)
    panel = views.panel_name(desk.book, case.panel)
    return {
        "case": seen,
        "panel": panel,
        "reference": case.reference,
        "caption": f"{panel}, case {case.reference}",
        "story": seen["story"]["happened"],
        "back": {"href": f"/cases/{case.case_id}", "text": "Back to the case"},
    }


CASES: About[Case] = About("case", Desk.case, _of_case, "case:see")
