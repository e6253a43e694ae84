"""Who may sign in, and as what: as each service answers it from what it was told."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.staff import COLLEAGUES, Staff, keep
from chassis.storage import Stored
from chassis.web.people import Grant, Member
from schemas.staff_v1 import COVER, StaffCover, StaffDetails, StaffGrant

TODAY = date(2026, 3, 4)
TABLE = "CREATE TABLE staff (id text PRIMARY KEY, version int, said int, state json, subject text)"


class Noon:
    """A clock that stands at noon of a day."""

    def __init__(self, day: date = TODAY) -> None:
        self.day = day

    def now(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 12, tzinfo=UTC)


class House:
    """A service that hears of staff, and its staff book."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool, self.clock = pool, Noon()
        self.book = Staff(self.clock)

    async def hears(self, id: str, **fields: Any) -> None:
        told = {"subject": f"idp|{id}", "name": id.title(), "email": f"{id}@council.example", "active": True}
        details = StaffDetails(staff_id=id, **{**told, **fields})
        state = keep(None, details, self.clock.now()).state
        async with self.pool.acquire() as conn:
            await conn.execute("DELETE FROM staff WHERE id = $1", id)
            await COLLEAGUES.insert(conn, [Stored(id, 1, 0, state)])

    async def finds(self, id: str) -> Member | None:
        async with self.pool.acquire() as conn:
            found = await self.book.by_id(conn, id)
            assert found == await self.book.by_subject(conn, f"idp|{id}")
        return found


@pytest.fixture
async def house(database: Callable[..., Awaitable[asyncpg.Pool]]) -> House:
    return House(await database(extra=[TABLE]))


def held(
    role: Any, scope: str | None = None, *, since: date = TODAY, until: date | None = None
) -> StaffGrant:
    return StaffGrant(role=role, scope=scope, from_day=since, until=until)


async def test_a_stranger_is_nobody(house: House) -> None:
    assert await house.finds("nobody") is None


async def test_a_member_of_staff_has_the_roles_of_the_day(house: House) -> None:
    tomorrow = TODAY + timedelta(days=1)
    grants = (held("team-member", "deaf", until=TODAY), held("chair", since=tomorrow))
    await house.hears("tom", grants=grants)
    assert await house.finds("tom") == Member("tom", "Tom", frozenset({Grant("team-member", "deaf")}))
    house.clock.day = tomorrow
    assert await house.finds("tom") == Member("tom", "Tom", frozenset({Grant("chair")}))


async def test_whoever_has_left_is_nobody(house: House) -> None:
    await house.hears("tom", grants=(held("team-member", "deaf"),))
    await house.hears("tom", grants=(held("team-member", "deaf"),), active=False)
    assert await house.finds("tom") is None


async def test_whoever_stands_in_has_the_roles_of_the_colleague_in_that_time(house: House) -> None:
    await house.hears("tom", grants=(held("team-member", "deaf"), held("chair"), held("administrator")))
    cover = StaffCover(staff_id="tom", from_day=TODAY, until=TODAY)
    await house.hears("uma", grants=(held("team-member", "vision"),), covers=(cover,))
    found = await house.finds("uma")
    assert found is not None
    roles = {("team-member", "vision"), ("team-member", "deaf"), (COVER, "tom")}
    assert {(grant.role, grant.scope) for grant in found.grants} == roles
    house.clock.day = TODAY + timedelta(days=1)
    assert await house.finds("uma") == Member("uma", "Uma", frozenset({Grant("team-member", "vision")}))


async def test_cover_does_not_pass_on(house: House) -> None:
    await house.hears("tom", grants=(held("team-member", "deaf"),))
    await house.hears("uma", covers=(StaffCover(staff_id="tom", from_day=TODAY, until=TODAY),))
    await house.hears("val", covers=(StaffCover(staff_id="uma", from_day=TODAY, until=TODAY),))
    found = await house.finds("val")
    assert found is not None
    assert found.grants == frozenset({Grant(COVER, "uma")})


async def test_no_address_is_kept(house: House) -> None:
    await house.hears("tom", grants=(held("team-member", "deaf"),))
    assert "council.example" not in await house.pool.fetchval("SELECT state::text FROM staff")
