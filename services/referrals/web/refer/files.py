"""Files of evidence from pages: sent by people of the school, opened by whoever may see the draft or referral."""

from typing import Any

from fastapi import Response

from chassis.web.access import record_read
from chassis.web.people import Person
from chassis.web.problems import Problem
from chassis.web.uploading import Upload
from services.referrals import storage
from services.referrals.domain.evidence import StoredFile
from services.referrals.domain.permissions import may
from services.referrals.domain.staff.restricted import subject_of
from services.referrals.sniffing import NotTaken
from services.referrals.web.filing import Cabinet, Taking
from services.referrals.web.refer.desk import Desk

_UNKNOWN = Problem(404, "file-unknown", "There is no such file among those that you may see.")


def cabinet(desk: Desk) -> Cabinet:
    """Where the files of these pages are."""
    return Cabinet(desk.running, desk.vault, desk.most)


def explained(desk: Desk, refusal: NotTaken) -> str:
    """Why a file is not taken, and what to do."""
    return cabinet(desk).explained(refusal)


async def take(
    desk: Desk, person: Person, urn: str, upload: Upload, draft_id: str | None = None
) -> StoredFile | None:
    """The file, in the vault and in quarantine; None where none was chosen. Raises NotTaken."""
    return await cabinet(desk).take(Taking(urn, person.id, upload.filename, upload.chunks, draft_id))


def title_of(name: str) -> str:
    """What a file is called where nobody gave it a title."""
    return name.rpartition(".")[0] or name


async def give(desk: Desk, person: Person, id: str) -> Response:
    """The file, as it is saved and never shown in place. Raises Problem 404, 409 before the scan, 410."""
    files = cabinet(desk)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        file = await storage.file_of(conn, id)
        if file is None or not await _may_read(desk, conn, person, file):
            raise _UNKNOWN
        files.check_opens(file)
        await record_read(conn, person, "evidence", file.id)
    return await files.given(file)


async def _may_read(desk: Desk, conn: Any, person: Person, file: StoredFile) -> bool:
    if file.referral_id is None:
        draft = await storage.draft(conn, file.draft_id) if file.draft_id else None
        return desk.opens(person, draft) if draft else file.by == person.id
    now = desk.running.clock.now()
    for id in await storage.referrals_with(conn, file):
        referral = await storage.by_id(conn, id)
        restriction = await storage.staff.restriction_of(conn, id)
        if referral and may(person, "referral:see", subject_of(referral, restriction, now)):
            return True
    return False
