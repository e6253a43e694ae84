"""Which drafts, colleagues, restrictions, waits and families' words each question finds."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.storage import Stored
from services.referrals import storage
from services.referrals.domain.directory.waits import Expected
from services.referrals.domain.intake.drafts import Draft
from services.referrals.domain.staff.members import Staff
from services.referrals.storage import access_log, staff
from services.referrals.storage.drafts import DRAFTS
from services.referrals.storage.staff import STAFF_TABLE
from tests.referrals.builders import NOW, TODAY
from tests.referrals.conftest import Offices

DAY = timedelta(days=1)


@pytest.fixture
async def pool(office: Offices) -> asyncpg.Pool:
    return (await office()).pool


async def test_drafts_that_are_open_are_listed_by_school_person_and_origin(pool: asyncpg.Pool) -> None:
    drafts: dict[str, dict[str, Any]] = {
        "mine": {}, "colleague's": {"by": "other"}, "of another school": {"urn": "900002"},
        "gone": {"gone": True}, "sent": {"reference": "R"}, "statutory": {"origin": "statutory"},
    }  # fmt: skip
    began = {"name": "", "answers": {}, "started_at": NOW, "changed_at": NOW, "changed_by": "me"}
    for id, given in drafts.items():
        state = Draft(**{"id": id, "urn": "900001", "by": "me", **began, **given})
        await DRAFTS.insert(pool, [Stored(id, 1, 0, state)])

    async def found(*asked: Any) -> list[str]:
        async with pool.acquire() as conn:
            return [each.id for each in await storage.drafts_of(conn, *asked)]

    assert await found(None) == ["colleague's", "mine", "of another school"]
    assert await found({"900001"}) == ["colleague's", "mine"]
    assert await found(None, "me") == ["mine", "of another school"]
    assert await found(None, None, "statutory") == ["statutory"]


async def test_colleagues_are_listed_by_whether_they_work_here_still(pool: asyncpg.Pool) -> None:
    for name, active in (("Ada", True), ("Ben", False)):
        state = Staff(id=name, subject=name, name=name, email="", active=active)
        await STAFF_TABLE.insert(pool, [Stored(name, 1, 0, state)])
    async with pool.acquire() as conn:
        assert [each.name for each in await staff.everybody(conn, active=True)] == ["Ada"]
        assert [each.name for each in await staff.everybody(conn, active=False)] == ["Ben"]
        assert [each.name for each in await staff.everybody(conn)] == ["Ada", "Ben"]


async def test_what_was_said_of_waits_is_the_last_of_that_kind_by_that_day_and_the_first_of_a_day(
    pool: asyncpg.Pool,
) -> None:
    def said(cases: int) -> dict[str, Expected]:
        return {"autism": Expected(cases, 1, 2, 3)}

    async with pool.acquire() as conn:
        await storage.keep_waits(conn, "answer", TODAY - DAY, said(1))
        await storage.keep_waits(conn, "answer", TODAY, said(2))
        await storage.keep_waits(conn, "answer", TODAY, said(20))
        await storage.keep_waits(conn, "answer", TODAY + DAY, said(3))
        await storage.keep_waits(conn, "end", TODAY, said(4))
        assert await storage.waits_said(conn, "answer", TODAY) == said(2)
        assert await storage.waits_said(conn, "end", TODAY) == said(4)
        assert await storage.waits_said(conn, "end", TODAY - DAY) == {}


async def test_who_read_what_is_told_of_the_things_that_are_asked_for(pool: asyncpg.Pool) -> None:
    for subject in ("mine", "other"):
        await pool.execute(
            "INSERT INTO access_log (who, what, subject) VALUES ('w', 'referral', $1)", subject
        )
    async with pool.acquire() as conn:
        assert [read.subject for read in await access_log.reads(conn, ["mine"])] == ["mine"]
