"""A paper that the school adds to a referral after it was sent."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import TypeAdapter

from chassis.decision import Refused
from chassis.runner import Once
from chassis.web.access import record_read
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from chassis.web.uploading import received
from schemas.submissions_v1 import Evidence
from services.referrals.domain import asking
from services.referrals.domain.commands import AddEvidence
from services.referrals.domain.evidence import DropEvidence
from services.referrals.domain.form.about import About
from services.referrals.domain.permissions import may
from services.referrals.domain.referral import ENDED, Referral
from services.referrals.sniffing import NotTaken
from services.referrals.web import desk as shared
from services.referrals.web.refer.desk import Desk, Said, fields
from services.referrals.web.refer.evidence import PAGE, Fields, values
from services.referrals.web.refer.files import explained, take, title_of

Changing = Annotated[Person, Depends(signed_in("referral:change"))]
_LONGEST_REASON = 2000
_PAPER: TypeAdapter[Evidence] = TypeAdapter(Evidence)


def router(desk: Desk) -> APIRouter:
    """The routes of adding evidence."""
    routes = APIRouter()

    @routes.get("/referrals/{reference}/evidence")
    async def show(request: Request, person: Changing, reference: str) -> Response:
        """The form for one more paper."""
        referral = await _mine(desk, person, reference)
        return _page(desk, request, person, referral)

    @routes.post("/referrals/{reference}/evidence")
    async def add(request: Request, person: Changing, reference: str) -> Response:
        """Adds the paper, with its file if one was chosen."""
        referral = await _mine(desk, person, reference)
        upload = await received(request, person)
        typed = Fields(upload.fields)
        value, reason = values(typed), typed.get("reason")[:_LONGEST_REASON]
        try:
            file = await take(desk, person, referral.urn, upload)
        except NotTaken as refusal:
            said = [Said("file", explained(desk, refusal))]
            return _page(desk, request, person, referral, value, reason, said, status=422)
        value = value if file is None else {"title": title_of(file.name), **value, "file": file.id}
        said = await _add(desk, person, referral, value, reason, typed.get("form"))
        if not said:
            done = "The paper is added. It is checked for viruses before anybody can open it."
            return desk.look.redirect(f"/referrals/{referral.reference}", done)
        if file is not None:
            await desk.run(DropEvidence(file.id))
            said.append(Said("file", "Choose the file once more"))
        return _page(desk, request, person, referral, value, reason, said, status=422)

    return routes


async def _mine(desk: Desk, person: Person, reference: str) -> Referral:
    """The school's own referral, while papers may be added. Raises Problem 404, 403, 409."""
    async with desk.running.pool.acquire() as conn, conn.transaction():
        whole = shared.Desk(desk.running, desk.book, desk.look)
        referral, subject = await shared.visible(conn, whole, person, reference)
        if not may(person, "referral:change", subject):
            raise Problem(403, "not-yours-to-do", "You may read this referral; only its school adds to it.")
        await record_read(conn, person, "referral", referral.id)
    if referral.status in ENDED:
        raise Problem(409, "ended", "This referral has ended. Reopen it first, or refer again.")
    return referral


async def _add(
    desk: Desk, person: Person, referral: Referral, value: dict[str, Any], reason: str, token: str
) -> list[Said]:
    """What is wrong; nothing where the paper was added, once however often the same page is sent."""
    answers = {"urn": referral.urn, "evidence": [value]}
    about = About(desk.book.register, desk.today)
    found = asking.on_page(PAGE, asking.problems(answers, about), 0)
    said = fields(PAGE, answers, found, "evidence.0.")[1]
    if not reason:
        said.append(Said("reason", "Say why you add it"))
    if said:
        return said
    dated = value.get("dated")
    paper = _PAPER.validate_python({**value, "dated": date.fromisoformat(dated) if dated else None})
    command = AddEvidence(referral.id, by=person.id, papers=(paper,), reason=reason)
    once = Once(f"add-evidence:{referral.id}:{person.id}", token[:100] or str(uuid4()), b"")
    try:
        await desk.run(command, once)
    except Refused as refusal:
        return [Said("file", each.message) for each in refusal.faults] or [Said("", refusal.detail)]
    return []


def _page(
    desk: Desk,
    request: Request,
    person: Person,
    referral: Referral,
    value: dict[str, Any] | None = None,
    reason: str = "",
    said: Sequence[Said] = (),
    status: int = 200,
) -> Response:
    shown, _ = fields(PAGE, value or {}, ())
    for each in shown:
        wrong = [
            one.message
            for one in said
            if one.field in (each["question"].name, f"{each['question'].name}-day")
        ]
        each["error"] = {"text": " ".join(wrong)} if wrong else None
    return desk.look.page(
        "refer/add.html",
        request,
        person=person,
        status=status,
        problems=said,
        reference=referral.reference,
        fields=shown,
        reason=reason,
        token=str(uuid4()),
        takes_files=desk.vault is not None,
        most_mb=desk.most // 1_000_000,
    )
