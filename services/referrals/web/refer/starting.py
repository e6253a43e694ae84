"""The drafts of a school, and the beginning of a new form."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis.web.access import record_read
from chassis.web.fields import brought_id
from chassis.web.forms import Form, Posted
from chassis.web.people import Person
from services.referrals import storage
from services.referrals.domain import asking
from services.referrals.domain.asking.pages import PAGES
from services.referrals.domain.intake.drafts import WARNED, DiscardDraft, Draft, StartDraft
from services.referrals.domain.permissions import reach
from services.referrals.web.refer.desk import Desk, Filling, Said, Sending, home_of

_FEW = 30  # schools that are shown to choose from; beyond it a URN is typed


def router(desk: Desk) -> APIRouter:
    """The routes of drafts."""
    routes = APIRouter()

    @routes.get("/refer")
    async def drafts(request: Request, person: Sending) -> Response:
        """The drafts of the school, and the way to a new one."""
        return await _list(desk, request, person)

    @routes.post("/refer")
    async def start(request: Request, person: Sending, form: Posted) -> Response:
        """Begins a form; the same page posted twice begins one."""
        urn = _school(desk, person, form)
        if urn is None:
            fault = Said("urn", "Choose the school, or enter its URN")
            return await _list(desk, request, person, [fault], form.get("urn"))
        id, role = brought_id(form.get("draft")), "SENCo" if person.scopes("school-user") else "Headteacher"
        await desk.run(
            StartDraft(id, urn, person.id, person.name, {"referrer": await referrer_of(desk, person, role)})
        )
        return desk.look.redirect(f"/refer/{id}/{PAGES[0].slug}")

    @routes.get("/refer/{id}")
    async def tasks(request: Request, person: Filling, id: str) -> Response:
        """How far the form is, page by page, and what the destination will ask for."""
        draft = await desk.open_draft(person, id)
        return desk.look.page("refer/tasks.html", request, person=person, **_progress(desk, draft))

    @routes.get("/refer/{id}/delete")
    async def ask(request: Request, person: Filling, id: str) -> Response:
        """Asks whether the draft is to be deleted."""
        draft = await desk.open_draft(person, id)
        return desk.look.page("refer/delete.html", request, person=person, draft=draft)

    @routes.post("/refer/{id}/delete")
    async def discard(person: Filling, id: str, _: Posted) -> Response:
        """Deletes the draft with its files."""
        draft = await desk.draft(person, id)
        await desk.run(DiscardDraft(draft.id, person.id))
        return desk.look.redirect(home_of(draft), "The draft is deleted.")

    return routes


async def waiting(conn: Any, person: Person) -> int:
    """How many forms of this person's schools are not sent yet."""
    found = reach(person, "referral:send")
    drafts = await storage.drafts_of(
        conn, None if found.everything else found.urns, person.id if found.everything else None
    )
    return len(drafts)


async def referrer_of(desk: Desk, person: Person, role: str) -> dict[str, str]:
    """What is known of who refers, so that they need not type it."""
    async with desk.running.pool.acquire() as conn:
        member = (await storage.staff.people(conn, [person.id])).get(person.id)
    address = {"email": member.email} if member and member.email else {}
    return {"name": person.name, "role": role, **address}


async def _list(
    desk: Desk, request: Request, person: Person, faults: list[Said] | None = None, typed: str = ""
) -> Response:
    schools = desk.schools(person)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        found = await storage.drafts_of(conn, schools, person.id if schools is None else None)
        for urn in sorted({each.urn for each in found}):  # the list names children
            await record_read(conn, person, "drafts", urn)
    now, choices = desk.running.clock.now(), _choices(desk, schools)
    return desk.look.page(
        "refer/start.html",
        request,
        person=person,
        status=422 if faults else 200,
        problems=faults or [],
        drafts=[line(desk, each, now) for each in found],
        schools=choices,
        choices=[
            {"value": "", "text": "Choose"},
            *({"value": urn, "text": name} for urn, name in choices or ()),
        ],
        typed=typed,
        token=str(uuid4()),
    )


def _choices(desk: Desk, schools: frozenset[str] | None) -> list[tuple[str, str]] | None:
    """URN and name of each school to choose from; None where a URN is typed."""
    if schools is None or len(schools) > _FEW:
        return None
    found = [(urn, setting.name) for urn in schools if (setting := desk.book.register.find(urn))]
    return sorted(found, key=lambda each: each[1])


def _school(desk: Desk, person: Person, form: Form) -> str | None:
    schools = desk.schools(person)
    typed = form.get("urn").upper()
    if schools is not None and len(schools) == 1 and not typed:
        typed = next(iter(schools))
    mine = schools is None or typed in schools
    return typed if mine and desk.book.register.find(typed) else None


def line(desk: Desk, draft: Draft, now: datetime) -> dict[str, Any]:
    """What a list of drafts shows of one."""
    setting = desk.book.register.find(draft.urn)
    named = (asking.value_at(draft.answers, f"child.{part}") for part in ("given_name", "family_name"))
    return {
        "draft": draft,
        "child": " ".join(str(each) for each in named if each) or "No name yet",
        "school": setting.name if setting else draft.urn,
        "soon": now >= draft.kept_until - WARNED,
    }


def _progress(desk: Desk, draft: Draft) -> dict[str, Any]:
    way = asking.way_of(draft.answers, desk.book, desk.today)
    sections: dict[str, list[Any]] = {}
    for each in asking.progress(draft.answers, desk.about(draft)):
        sections.setdefault(each.page.section, []).append(each)
    return {
        "draft": draft,
        "sections": sections,
        "way": way,
        "wanted": asking.wanted(draft.answers, way, desk.today),
    }
