"""A restricted referral's case opens to the named and to whoever broke the glass, and to no program."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from chassis.web.people import Grant
from schemas.children_v1 import PersonMerged, PersonUnmerged
from schemas.staff_v1 import OpenGlass, ReferralRestricted
from services.panels import storage
from services.panels.domain.cases.case import Case, case_id_of
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.permissions import Action, allows, may
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral
from tests.panels.conftest import House


@dataclass(frozen=True)
class Somebody:
    """Somebody who has signed in, as far as permissions look at them."""

    id: str
    grants: frozenset[Grant]


def co_ordinator(id: str, panel: str | None = None) -> Somebody:
    return Somebody(id, frozenset({Grant("panel-coordinator", panel)}))


TOM, MAX = co_ordinator("tom"), co_ordinator("max")


def restricted(*named: str, n: int = 1, glasses: tuple[OpenGlass, ...] = ()) -> ReferralRestricted:
    return ReferralRestricted(
        referral_id=a_referral_id(n), named=named, glasses=glasses, restricted_at=MONDAY
    )


async def sees(house: House, who: Somebody, n: int = 1, action: Action = "case:see") -> bool:
    async with house.pool.acquire() as conn:
        cases: list[Case] = await storage.cases_by_id(conn, [case_id_of(a_referral_id(n))])
        ((_, subject),) = await storage.subjects(conn, cases, house.running.clock.now())
    return may(who, action, subject)


async def test_of_two_co_ordinators_only_the_named_one_sees_a_restricted_case(house: House) -> None:
    await house.hear(a_routed_referral(), restricted("tom"))
    assert await sees(house, TOM)
    assert not await sees(house, MAX)
    await house.hear(restricted())
    assert await sees(house, MAX)


async def test_whoever_broke_the_glass_sees_the_case_until_it_is_whole_again(house: House) -> None:
    now = house.running.clock.now()
    glass = OpenGlass(staff_id="max", until=now + timedelta(hours=4))
    await house.hear(a_routed_referral(), restricted("tom", glasses=(glass,)))
    assert await sees(house, MAX)
    await house.step(now + timedelta(hours=5))
    assert not await sees(house, MAX)
    assert await sees(house, TOM)


async def test_a_case_that_begins_restricted_is_shut_until_it_is_told_to_whom_it_opens(house: House) -> None:
    await house.hear(a_routed_referral().model_copy(update={"restricted": True}))
    assert not await sees(house, TOM)
    await house.hear(restricted("tom"))
    assert await sees(house, TOM)
    assert not await sees(house, MAX)


async def test_no_program_reads_or_works_on_a_restricted_case(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in (1, 2)), restricted("tom"))
    shut, open_ = (case_id_of(a_referral_id(n)) for n in (1, 2))
    assert [each["case_id"] for each in (await house.get("/cases"))["cases"]] == [open_]
    proposed = await house.get(f"/sittings/{THURSDAY_5_MARCH}/proposal")
    assert shut not in str(proposed)
    async with house.as_("reader") as program:
        assert (await program.get(f"/cases/{shut}")).status_code == 404
        assert (await program.get(f"/cases/{open_}")).status_code == 200
    confirmed = await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": [open_, shut]})
    assert confirmed.status_code == 404
    assert (await house.post(f"/cases/{shut}/withdraw", {"reason": "moved-away"})).status_code == 404
    assert (await house.post(f"/cases/{shut}/decision", {}, role="officer")).status_code == 404


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("panel-coordinator", {"case:see", "case:complete", "case:coordinate"}),
        ("ehc-coordinator", {"case:see", "case:complete"}),
        ("panel-member", {"case:see"}),
        ("chair", {"case:see"}),
        ("deciding-officer", {"case:see", "case:decide"}),
        ("service-manager", {"case:see", "what-if:try"}),
        ("school-user", set()),
        ("team-member", set()),
        ("administrator", set()),
    ],
)
def test_each_role_does_what_is_its_own_at_the_panels(role: str, allowed: set[str]) -> None:
    who = Somebody("x", frozenset({Grant(role)}))
    actions = ("case:see", "case:complete", "case:coordinate", "case:decide", "what-if:try", "no:such")
    assert {action for action in actions if allows(who, action)} == allowed


async def test_a_role_of_another_panel_opens_nothing_here(house: House) -> None:
    await house.hear(a_routed_referral())
    assert await sees(house, co_ordinator("x", "placement"))
    assert not await sees(house, co_ordinator("x", "exceptional-needs"))


async def same(house: House, n: int) -> list[str]:
    case_id = case_id_of(a_referral_id(n))
    return [each["case_id"] for each in (await house.get(f"/cases/{case_id}"))["same_child"]]


async def test_the_cases_of_two_records_of_one_child_are_shown_together_until_the_merge_is_undone(
    house: House,
) -> None:
    routed = [a_routed_referral(n) for n in (1, 2, 3)]
    first, second, _ = [case_id_of(each.referral_id) for each in routed]
    await house.hear(*routed)
    assert await same(house, 1) == []
    said = await house.said()
    one, two = routed[0].child_id, routed[1].child_id
    await house.hear(PersonMerged(person_id=two, kept_id=one, merged_at=MONDAY))
    assert (await same(house, 1), await same(house, 2), await same(house, 3)) == ([second], [first], [])
    await house.hear(PersonUnmerged(person_id=two, unmerged_at=MONDAY))
    assert await same(house, 1) == []
    assert await house.said() == said  # nothing is told of a case because two records are one child


async def test_no_answer_names_to_a_program_a_restricted_case_that_people_listed(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in (1, 2, 3)))
    shut, open_, more = (case_id_of(a_referral_id(n)) for n in (1, 2, 3))
    await house.running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, (shut, open_), ()))
    await house.hear(restricted("tom"))
    confirmed = await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": [more]})
    assert (confirmed.status_code, confirmed.json()["case_ids"]) == (200, [open_, more])
    moving = {"sits_on": "2026-03-06", "why": "Snow."}
    moved = await house.post(f"/sittings/{THURSDAY_5_MARCH}/move", moving)
    assert (moved.status_code, moved.json()["case_ids"]) == (200, [open_, more])
    ending = {"reason": "no-room", "words": "Snow."}
    cancelled = await house.post(f"/sittings/{moved.json()['sitting_id']}/cancel", ending)
    assert cancelled.json()["back_in_the_queue"] == [open_, more]
    async with house.pool.acquire() as conn:
        (kept,) = await storage.cases_by_id(conn, [shut])
    assert kept.status == "queued", "it went the same way"


async def test_a_restricted_case_of_the_same_child_stays_shut_beside_an_open_one(house: House) -> None:
    routed = [a_routed_referral(n) for n in (1, 2)]
    merged = PersonMerged(person_id=routed[1].child_id, kept_id=routed[0].child_id, merged_at=MONDAY)
    await house.hear(*routed, merged, restricted("tom", n=2))
    assert await same(house, 1) == []
