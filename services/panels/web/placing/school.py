"""The page on which a school answers, without an account: whoever holds the link may open it, and is recorded.

The first page says nothing of a child: scanners of mail follow links. What the school asked for help wrote is
shown to whoever asks for it there.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from chassis.storage import Connection
from chassis.web.access import record_read
from chassis.web.auth import Caller
from chassis.web.fields import Fields, day_items, options
from chassis.web.forms import Form, check_origin
from chassis.web.problems import Fault
from chassis.web.rates import Counts, address_of
from chassis.web.sheets import refused
from schemas.words import NEEDS
from services.panels import placed, storage
from services.panels.domain.placing.commands import AnswerConsultation
from services.panels.domain.placing.offering import FURTHEST
from services.panels.domain.placing.opening import is_open
from services.panels.domain.placing.placement import Consultation, Placement
from services.panels.domain.placing.story import CAN_MEET
from services.panels.domain.words import PHASES
from services.panels.web.desk import Desk
from services.panels.web.placing.links import is_token, sha256_of, whose

#: Routes that need no sign-in: the link itself is the school's.
OPEN_PATHS = ("/consultations/{token}", "/consultations/{token}/request")
#: How often an address may open what is not there, and send anything, in ten minutes.
GUESSES, POSTS = 30, 60
_MOST_BYTES, _MOST_FIELDS = 100_000, 20
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_TITLE = 200  # characters of a name


@dataclass(frozen=True, slots=True)
class Question:
    """What a link opens."""

    link: str
    placement: Placement
    consultation: Consultation

    @property
    def reader(self) -> Caller:
        """How the record of reads names whoever holds the link."""
        return Caller(f"school:{self.consultation.setting}", frozenset())


async def _posted(request: Request) -> AsyncIterator[Form]:
    """A form of somebody who has not signed in. Raises Problem 403 where it is from another site."""
    check_origin(request)
    if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
        raise HTTPException(413)
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as data:
        if any("\0" in name or "\0" in str(value) for name, value in data.multi_items()):
            raise HTTPException(400)
        yield Form(data)


FromSchool = Annotated[Form, Depends(_posted)]


def router(desk: Desk) -> APIRouter:
    """The routes of a school's link."""
    routes = APIRouter(include_in_schema=False)
    door = _Door(desk)

    @routes.get("/consultations/{token}")
    async def cover(request: Request, token: str) -> Response:
        """That there is a question, and until when; or that it is answered."""
        async with desk.running.pool.acquire() as conn:
            found = await door.open(request, conn, token)
            if found is None:
                return _gone(desk, request)
            names = await placed.school_names(conn, [found.consultation.setting])
        return _page(desk, request, "cover", found, school=names.get(found.consultation.setting), token=token)

    @routes.post("/consultations/{token}/request")
    async def read(request: Request, token: str, form: FromSchool) -> Response:
        """The child's needs, and the form for the answer; the reading is recorded."""
        return await _request(desk, door, request, token)

    @routes.post("/consultations/{token}")
    async def answer(request: Request, token: str, form: FromSchool) -> Response:
        """The school answers."""
        async with desk.running.pool.acquire() as conn:
            found = await door.open(request, conn, token, posts=True)
        if found is None:
            return _gone(desk, request)
        fields = Fields(form, desk.today)
        command = _answer(fields, found)
        faults = fields.faults or await refused(desk.running.runner, command)
        if faults:
            return await _request(desk, door, request, token, form, faults)
        return desk.look.redirect(f"/consultations/{token}", "Thank you. Your answer has arrived.")

    return routes


@dataclass(frozen=True, slots=True)
class _Door:
    desk: Desk

    async def open(
        self, request: Request, conn: Connection, token: str, *, posts: bool = False
    ) -> Question | None:
        """What a token opens; None for nothing. Raises Problem 429 for an address that guesses or sends too often."""
        settings = self.desk.running.settings
        counts = Counts(settings.sign_in_client_secret.get_secret_value())
        address = address_of(request.scope, settings.trusted_proxies)
        await counts.check(conn, "consultation-guess", address, GUESSES)
        if posts:
            await counts.check(conn, "consultation-post", address, POSTS)
            await counts.add(conn, "consultation-post", address)
        found = await self._found(conn, token) if is_token(token) else None
        if found is None:
            await counts.add(conn, "consultation-guess", address)
        return found

    async def _found(self, conn: Connection, token: str) -> Question | None:
        link = await placed.link(conn, sha256_of(token))
        placement = await placed.placement(conn, link.placement_id) if link else None
        if link is None or placement is None:
            return None
        as_it_is = await placed.standing_of(conn, placement, self.desk.now)
        if not is_open(link, placement, link.consultation_id, as_it_is, self.desk.now):
            return None
        asked = [e for e in placement.consultations if e.consultation_id == link.consultation_id]
        return Question(sha256_of(token), placement, asked[0]) if asked else None


def _answer(fields: Fields, found: Question) -> AnswerConsultation:
    missing = "Write why the school can or cannot meet the needs."
    earliest = None
    if fields.has_day("earliest_start_on"):
        last = fields.today + FURTHEST
        earliest = fields.day("earliest_start_on", "", first=fields.today, last=last)
    return AnswerConsultation(
        link=found.link,
        placement_id=found.placement.placement_id,
        consultation_id=found.consultation.consultation_id,
        can_meet=fields.choice("can_meet", CAN_MEET, "Choose whether the school can meet the needs."),
        reasons=fields.words("reasons", missing),
        conditions=fields.optional("conditions") or "",
        earliest_start_on=earliest,
        by=fields.words("by", "Write your name and what you do at the school.", _TITLE),
        **whose(found.placement),
    )


async def _request(
    desk: Desk,
    door: _Door,
    request: Request,
    token: str,
    form: Form | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    async with desk.running.pool.acquire() as conn, conn.transaction():
        found = await door.open(request, conn, token, posts=form is None)
        if found is None:
            return _gone(desk, request)
        if found.consultation.answer is not None:
            return desk.look.redirect(f"/consultations/{token}")
        known = await storage.background(conn, found.placement)
        await record_read(conn, found.reader, "consultation", found.consultation.consultation_id)
    typed = {name: form.get(name) for name in form.names} if form else {}
    return _page(
        desk,
        request,
        "request",
        found,
        faults,
        token=token,
        words=known.words,
        typed=typed,
        can_meet=options(CAN_MEET),
        days=lambda name: day_items(name, typed, faults),
    )


def _page(
    desk: Desk, request: Request, name: str, found: Question, faults: Sequence[Fault] = (), **values: Any
) -> Response:
    return desk.look.page(
        f"placing/school_{name}.html",
        request,
        status=422 if faults else 200,
        problems=faults,
        headers=_PRIVATE,
        reference=found.placement.reference,
        placement=found.placement,
        need=NEEDS[found.placement.need],
        phase=PHASES[found.placement.phase],
        consultation=found.consultation,
        late=desk.today > found.consultation.answer_by,
        **values,
    )


def _gone(desk: Desk, request: Request) -> Response:
    return desk.look.page("placing/school_gone.html", request, status=404, headers=_PRIVATE)
