"""Pages of places: how many each setting has, in use, out of use and coming, and the form to say so."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from chassis.web.fields import Fields, options
from chassis.web.forms import Form, Posted
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from chassis.web.sheets import Sheet, refused
from chassis.web.start import Task
from schemas.places_v1 import Coming, OutOfUse, PlaceKind
from services.panels import placed
from services.panels.domain.permissions import allows
from services.panels.domain.placing.centre import CENTRE
from services.panels.domain.placing.commands import CountPlaces
from services.panels.domain.placing.offering import FURTHEST
from services.panels.domain.placing.places import Places, places_id_of
from services.panels.domain.placing.story import KINDS, OUT
from services.panels.placing_views import of_places
from services.panels.web.desk import Desk
from services.panels.web.out.lists import FileOf, Lists
from services.panels.web.placing.acts import PlacesSeeing
from services.panels.web.placing.choosing import kinds

PlacesKeeping = Annotated[Person, Depends(signed_in("places:keep"))]
_MOST = 2000
_FOUND = 20
_UNKNOWN = Problem(404, "unknown-setting", "There is no such setting: look for it on the page of places.")
_EMPTY = Sheet()
TASKS = (
    Task(
        "Places of bases and schools",
        "/places",
        "How many each has, in use, out of use, coming and free.",
        "placement:see",
        "Places",
    ),
)


def router(desk: Desk) -> APIRouter:
    """The routes of places."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/places")
    async def listed(
        request: Request,
        person: PlacesSeeing,
        school: Annotated[str, Query(max_length=100)] = "",
        file: FileOf = None,
    ) -> Response:
        """All settings whose places are known; and those found by name, to say how many they have."""
        if file:
            return await Lists(desk.running, desk.book, person).file("places", file)
        async with desk.running.pool.acquire() as conn:
            known = await placed.all_places(conn)
            names = await placed.school_names(conn, [each.setting for each in known])
            found = await placed.schools_like(conn, school.strip(), _FOUND) if school.strip() else []
        rows = [of_places(each, desk.today, names) for each in known]
        return desk.look.page(
            "placing/places.html",
            request,
            person=person,
            parts=[(words, [row for row in rows if row["kind"] == code]) for code, words in KINDS.items()],
            may=allows(person, "places:keep"),
            today=desk.today.isoformat(),
            school=school,
            found=found,
        )

    @routes.get("/places/{setting}")
    async def one(request: Request, person: PlacesKeeping, setting: str, kind: str = "") -> Response:
        """The numbers of one kind at one setting, to be changed."""
        return await _form(desk, request, person, setting, kind)

    @routes.post("/places/{setting}")
    async def count(request: Request, person: PlacesKeeping, setting: str, form: Posted) -> Response:
        """The numbers from now on."""
        kind = form.get("kind")
        before = await _known(desk, setting, kind)
        fields = Fields(form, desk.today)
        command = _counted(fields, form, before, person.id)
        beside = {"no-place-free": "because"}
        faults = fields.faults or await refused(desk.running.runner, command, beside=beside)
        if faults:
            return await _form(desk, request, person, setting, kind, Sheet(form, faults))
        return desk.look.redirect("/places", "The places are saved.")

    return routes


async def _known(desk: Desk, setting: str, kind: str) -> Places:
    """The places as they are. Raises Problem 404 for a setting or a kind that is not known."""
    async with desk.running.pool.acquire() as conn:
        known = await placed.all_places(conn, setting)
        listed = setting == kind == CENTRE or await placed.is_known(conn, setting)
    if kind not in KINDS or not listed:
        raise _UNKNOWN
    code: PlaceKind = kind
    empty = Places(places_id=places_id_of(setting, code), setting=setting, kind=code)
    return next((each for each in known if each.kind == code), empty)


def _counted(fields: Fields, form: Form, before: Places, by: str) -> CountPlaces:
    """What a form says: spells that are not taken off stay, and one of each may be added."""
    gone = set(form.all("gone"))
    out = [each for n, each in enumerate(before.out_of_use) if f"out-{n}" not in gone]
    coming = [each for n, each in enumerate(before.coming) if f"coming-{n}" not in gone]
    number = _number(fields, "number", "Write how many places there are, as a number.")
    if _said(fields, "out_of_use", "reason", "from_on", "until_on"):
        many = _number(fields, "out_of_use", "Write how many are out of use, as a number.")
        reason = fields.choice("reason", OUT, "Choose why they are out of use.")
        last = fields.today + FURTHEST
        first = fields.day("from_on", "Give the first day on which they are out of use.", last=last)
        until = fields.day("until_on", "", last=last) if fields.has_day("until_on") else None
        out.append(OutOfUse.model_construct(count=many, reason=reason, from_on=first, until_on=until))
    if _said(fields, "coming", "coming_on"):
        many = _number(fields, "coming", "Write how many are coming, as a number.")
        day = fields.day(
            "coming_on", "Give the day on which they come.", first=fields.today, last=fields.today + FURTHEST
        )
        coming.append(Coming(count=many, from_on=day))
    because = fields.optional("because") or ""
    return CountPlaces(
        before.setting,
        before.kind,
        number,
        by,
        tuple(out),
        tuple(coming),
        because,
        fields.number("seen"),
    )


def _said(fields: Fields, *names: str) -> bool:
    """Whether anything was typed of what belongs together: a day without its number is not lost in silence."""
    return any(fields.optional(name) or fields.has_day(name) for name in names)


def _number(fields: Fields, name: str, missing: str) -> int:
    found = fields.number(name)
    if found is None or found > _MOST:
        fields.fault(name, "no-number", missing)
        return 0
    return found


async def _which_kind(desk: Desk, request: Request, person: Person, setting: str) -> Response:
    """The question of which kind the places are. Raises Problem 404 for a setting that is not known."""
    async with desk.running.pool.acquire() as conn:
        names = await placed.school_names(conn, [setting])
        if not await placed.is_known(conn, setting):
            raise _UNKNOWN
    return desk.look.page(
        "placing/kind.html",
        request,
        person=person,
        setting=setting,
        name=names.get(setting),
        kinds=kinds(True),
    )


async def _form(
    desk: Desk,
    request: Request,
    person: Person,
    setting: str,
    kind: str,
    sheet: Sheet = _EMPTY,
) -> Response:
    if kind not in KINDS:
        return await _which_kind(desk, request, person, setting)
    places = await _known(desk, setting, kind)
    async with desk.running.pool.acquire() as conn:
        names = await placed.school_names(conn, [setting])
    return desk.look.page(
        "placing/setting.html",
        request,
        person=person,
        places=of_places(places, desk.today, names),
        kind=kind,
        since=places.beyond.at if places.beyond else None,
        kind_words=KINDS[places.kind],
        out=OUT,
        reasons=options(OUT),
        **sheet.values(places.changes, lists=("gone",)),
    )
