"""Messages of restricted referrals, and of persons with two records."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest

from chassis.restrictions import shut
from chassis.web.people import Grant
from schemas.children_v1 import PersonMerged, PersonUnmerged
from schemas.staff_v1 import OpenGlass, ReferralRestricted
from services.notifications import storage
from services.notifications.domain.permissions import may
from tests.notifications.builders import FATHER, MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_web import AS_OPERATOR, browser

Houses = Callable[..., Awaitable[House]]


@dataclass(frozen=True)
class Somebody:
    """Somebody who has signed in, as far as permissions look at them."""

    id: str
    grants: frozenset[Grant] = frozenset({Grant("service-manager")})


TOM, MAX = Somebody("tom"), Somebody("max")


def restricted(*named: str, glasses: tuple[OpenGlass, ...] = ()) -> ReferralRestricted:
    return ReferralRestricted(referral_id=REFERRAL, named=named, glasses=glasses, restricted_at=NOW)


async def sees(house: House, who: Somebody) -> bool:
    async with house.pool.acquire() as conn:
        now = house.running.clock.now()
        return REFERRAL not in await shut(conn, lambda only: may(who, "message:see", only), now)


async def test_of_two_managers_only_the_named_one_sees_what_is_told_of_a_restricted_referral(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details(), restricted("tom"))
    assert (await sees(it, TOM), await sees(it, MAX)) == (True, False)
    glass = OpenGlass(staff_id="max", until=NOW + timedelta(hours=4))
    await it.hear(restricted("tom", glasses=(glass,)))
    assert await sees(it, MAX)
    await it.hear(restricted())
    assert await sees(it, MAX)


async def test_what_began_restricted_is_shut_to_all_until_it_is_told_to_whom_it_opens(house: Houses) -> None:
    it = await house()
    await it.hear(received(restricted=True), routed(restricted=True), details())
    assert (await sees(it, TOM), await sees(it, MAX)) == (False, False)
    await it.hear(restricted("tom"))
    assert (await sees(it, TOM), await sees(it, MAX)) == (True, False)


@pytest.mark.parametrize(("named", "seen"), [(("tom",), (True, False)), ((), (True, True))])
async def test_to_whom_it_opens_may_have_been_told_before(
    house: Houses, named: tuple[str, ...], seen: tuple[bool, bool]
) -> None:
    it = await house()
    await it.hear(restricted(*named))
    await it.hear(received(restricted=True), routed(restricted=True), details())
    assert (await sees(it, TOM), await sees(it, MAX)) == seen


async def test_no_program_sees_or_settles_messages_of_a_restricted_referral(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(email=None), restricted("tom"))
    message = await it.pool.fetchval("SELECT id FROM message")
    async with browser(it) as program:
        program.headers.update(AS_OPERATOR)
        assert (await program.get("/api/messages")).json() == {"messages": []}
        assert (await program.get(f"/api/messages/{message}")).status_code == 404
        for act, body in (("release", {}), ("settle", {"told": True})):
            answer = await program.post(f"/api/messages/{message}/{act}", json={"reason": "why", **body})
            assert answer.status_code == 404
        await it.hear(restricted())
        assert (await program.get(f"/api/messages/{message}")).status_code == 200


async def recipients(program: httpx2.AsyncClient, person: str) -> list[str]:
    answer = await program.get("/api/messages", params={"person_id": person}, headers=AS_OPERATOR)
    return [each["person_id"] for each in answer.json()["messages"]]


async def test_the_messages_of_two_records_of_one_person_are_one_list_until_the_merge_is_undone(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    await it.hear(received(referral_id="r-2", tell=(FATHER,)), routed(referral_id="r-2"), details(FATHER))
    before = await it.phases()
    merge = PersonMerged(person_id=FATHER, kept_id=MOTHER, merged_at=NOW)
    async with browser(it) as program:
        assert await recipients(program, MOTHER) == [MOTHER]
        await it.hear(merge, details(FATHER, email=f"{MOTHER}@families.example"))
        assert await recipients(program, MOTHER) == await recipients(program, FATHER) == [MOTHER, FATHER]
        await it.hear(PersonUnmerged(person_id=FATHER, unmerged_at=NOW), details(FATHER))
        assert await recipients(program, MOTHER) == [MOTHER]
    assert await it.phases() == before  # nobody is told anything because of a merge, or of its end


async def test_a_fact_that_is_heard_again_after_a_merge_is_told_to_nobody_again(house: Houses) -> None:
    it = await house()
    facts = [received(), routed(), details()]
    await it.hear(*facts)
    before = await it.phases()
    await it.hear(PersonMerged(person_id=MOTHER, kept_id=FATHER, merged_at=NOW), *facts)
    assert await it.phases() == before
    async with it.pool.acquire() as conn:
        assert len(await storage.messages(conn, person_id=FATHER)) == 1
