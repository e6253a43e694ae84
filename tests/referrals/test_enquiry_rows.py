"""What each tab of those who answer holds, for whom, and how a long list goes on."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from services.referrals.domain.permissions import Reach
from services.referrals.storage import enquiries
from services.referrals.storage.enquiries import Asked
from tests.referrals.builders import NOW, TODAY
from tests.referrals.conftest import Offices

_PUT = (
    "INSERT INTO enquiry (id, version, said, state, reference, urn, area, destination, destination_kind, status, "
    "taken_by, asked_at, answer_by) VALUES ($1, 1, 0, '{}', $1, $2, $3, $4, $5, $6, $7, $8, $9)"
)
ALL = Reach("me", everything=True)


async def put(pool: asyncpg.Pool, id: str, **given: Any) -> None:
    """An enquiry of Oak's to Ask SALI, due today; ``given`` is what is otherwise."""
    row = {
        "urn": "900001", "area": "DSPL1", "destination": "ask-sali", "destination_kind": None, "status": "new",
        "taken_by": None, "asked_at": NOW, "answer_by": TODAY,
    } | given  # fmt: skip
    await pool.execute(_PUT, id, *row.values())


@pytest.fixture
async def pool(office: Offices) -> asyncpg.Pool:
    return (await office()).pool


async def counts(pool: asyncpg.Pool, reach: Reach = ALL) -> dict[str, int]:
    async with pool.acquire() as conn:
        found = await enquiries.counts(conn, Asked(reach, frozenset({"me", "stood-in-for"}), TODAY))
    return {tab: n for tab, n in found.items() if n}


async def test_each_tab_holds_its_own(pool: asyncpg.Pool) -> None:
    yesterday = TODAY - timedelta(days=1)
    await put(pool, "new")
    assert await counts(pool) == {"new": 1}
    await put(pool, "new and late", answer_by=yesterday)
    await put(pool, "taken by me", status="taken", taken_by="me")
    await put(
        pool,
        "taken by whom I stand in for, and late",
        status="taken",
        taken_by="stood-in-for",
        answer_by=yesterday,
    )
    await put(pool, "taken by another", status="taken", taken_by="other")
    for status in ("answered", "converted", "closed"):
        await put(pool, status, status=status, taken_by="me", answer_by=yesterday)
    assert await counts(pool) == {"new": 2, "mine": 2, "taken": 3, "late": 2, "answered": 3}


@pytest.mark.parametrize(
    "reach",
    [
        Reach("me", urns=frozenset({"900002"})),
        Reach("me", areas=frozenset({"DSPL2"})),
        Reach("me", destinations=frozenset({"autism"})),
        Reach("me", kinds=frozenset({"outreach"})),
        Reach("me", patches=frozenset({("DSPL2", "outreach")})),
    ],
    ids=lambda reach: next(
        name for name in ("urns", "areas", "destinations", "kinds", "patches") if getattr(reach, name)
    ),
)
async def test_what_lies_within_reach_is_counted_and_nothing_else(pool: asyncpg.Pool, reach: Reach) -> None:
    await put(pool, "within", urn="900002", area="DSPL2", destination="autism", destination_kind="outreach")
    await put(pool, "without")
    assert await counts(pool, reach) == {"new": 1}


async def test_a_patch_is_an_area_and_a_kind_together(pool: asyncpg.Pool) -> None:
    await put(pool, "of the area alone", area="DSPL2", destination_kind="advisory")
    await put(pool, "of the kind alone", area="DSPL1", destination_kind="outreach")
    assert await counts(pool, Reach("me", patches=frozenset({("DSPL2", "outreach")}))) == {}
