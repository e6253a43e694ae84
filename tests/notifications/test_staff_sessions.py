"""Whoever leaves, or loses a role, is signed out here as soon as this service hears of it."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from schemas.staff_v1 import StaffDetails, StaffGrant
from tests.notifications.conftest import House
from tests.support.sessions import clicks, live

_DAY = date(2026, 1, 5)
_ROLES = (
    StaffGrant(role="panel-coordinator", from_day=_DAY),
    StaffGrant(role="service-manager", from_day=_DAY),
)
_ENDED = (_ROLES[0], StaffGrant(role="service-manager", from_day=_DAY, until=date(2026, 1, 6)))


def told(id: str, *, active: bool = True, grants: tuple[StaffGrant, ...] = _ROLES) -> StaffDetails:
    return StaffDetails(
        staff_id=id, subject=id, name=id.title(), email=f"{id}@council.example", active=active, grants=grants
    )


@pytest.mark.parametrize("change", [{"active": False}, {"grants": _ENDED}, {"grants": _ROLES[:1]}])
async def test_a_live_session_is_sent_to_sign_in_at_its_next_click(
    house: Callable[..., Awaitable[House]], change: dict[str, Any]
) -> None:
    here = await house()
    await here.hear(told("tom"), told("uma"))
    toms, umas = await live(here.running, "tom"), await live(here.running, "uma")
    assert [await clicks(toms), await clicks(umas)] == [200, 200]
    await here.hear(told("tom", **change))
    assert [await clicks(toms), await clicks(umas)] == [303, 200]
    assert await here.pool.fetchval("SELECT count(*) FROM staff_session WHERE staff_id = 'tom'") == 0


async def test_a_new_role_leaves_a_session_open(house: Callable[..., Awaitable[House]]) -> None:
    here = await house()
    await here.hear(told("tom", grants=_ROLES[:1]))
    toms = await live(here.running, "tom")
    await here.hear(told("tom", grants=_ROLES))
    assert await clicks(toms) == 200
