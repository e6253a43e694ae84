"""Evidence of a form on its way, papers that are added after it was sent, and the way to open a file."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.web.people import Person, signed_in
from chassis.web.uploading import Upload, received
from services.referrals.domain import asking
from services.referrals.domain.evidence import DropEvidence
from services.referrals.domain.intake.drafts import Draft
from services.referrals.sniffing import NotTaken
from services.referrals.web.refer.desk import Desk, Filling, Said
from services.referrals.web.refer.entries import drop_file, entries_of, entry, kept
from services.referrals.web.refer.files import explained, give, take, title_of
from services.referrals.web.refer.steps import page_of

Reading = Annotated[Person, Depends(signed_in(None))]
PAGE = page_of("evidence", of_list=True)


def router(desk: Desk) -> APIRouter:
    """The routes of evidence."""
    routes = APIRouter()

    @routes.post("/refer/{id}/evidence/{number}")
    async def save(request: Request, person: Filling, id: str, number: int) -> Response:
        """Saves a paper, with its file if one was chosen."""
        draft = await desk.open_draft(person, id)
        upload = await received(request, person)
        return await _saved(desk, request, person, draft, number, upload)

    @routes.get("/evidence/{file_id}")
    async def download(person: Reading, file_id: str) -> Response:
        """The file, for those who may see the referral or draft that it belongs to. The read is recorded."""
        return await give(desk, person, file_id)

    return routes


class Fields:
    """The fields of an upload as questions read them."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def get(self, name: str, default: str = "") -> str:
        return self._fields.get(name, default)

    def all(self, name: str) -> list[str]:
        return [self._fields[name]] if name in self._fields else []


async def _saved(
    desk: Desk, request: Request, person: Person, draft: Draft, number: int, upload: Upload
) -> Response:
    typed = Fields(upload.fields)
    back, before = typed.get("back"), entries_of(draft, PAGE)
    if not 0 <= number <= len(before):
        return desk.look.redirect(f"/refer/{draft.id}/evidence")
    was = before[number] if number < len(before) else {}
    value = values(typed) | ({"file": was["file"]} if was.get("file") else {})
    try:
        file = await take(desk, person, draft.urn, upload, draft.id)
    except NotTaken as refusal:
        shown = draft.model_copy(
            update={
                "answers": {**draft.answers, "evidence": [*before[:number], value, *before[number + 1 :]]}
            }
        )
        said = [Said("file", explained(desk, refusal))]
        return await entry(desk, request, person, shown, PAGE, number, back=back, status=422, said=said)
    seen = typed.get("seen")
    shown_save = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 9 else 0
    if file is None:
        return await kept(desk, request, person, draft, PAGE, number, value, back, shown_save)
    value = {"title": title_of(file.name), **value, "file": file.id}
    answer = await kept(desk, request, person, draft, PAGE, number, value, back, shown_save)
    now = await desk.draft(person, draft.id)
    if asking.value_at(now.answers, f"evidence.{number}.file") == file.id:
        await drop_file(desk, draft, was)
    else:
        await desk.run(DropEvidence(file.id))
    return answer


def values(typed: Fields) -> dict[str, Any]:
    """What was said of a paper."""
    given = {each.path: asking.parsed(each, typed) for each in PAGE.questions}
    return {name: value for name, value in given.items() if value is not None}
