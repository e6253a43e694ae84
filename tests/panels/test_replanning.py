"""The plan of a panel is made from all its cases, kept, and made anew only where something has changed."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from operator import itemgetter
from time import monotonic
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.beside import OutOfMemory, Unanswered
from schemas.referrals_v1 import WithdrawalRequested
from schemas.staff_v1 import ReferralRestricted, StaffDetails, StaffGrant
from services.panels import drafting, planned, replanning, storage
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.commands import KeepPlan
from services.panels.domain.plan.plans import Plan
from services.panels.domain.plan.rearranging import keep
from services.panels.drafting import Made, Planner, Price
from services.panels.planning import solve
from services.panels.replanning import LOCK_CLASS, Planning, until_next_look
from tests.panels.builders import BOOK, MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House, here
from tests.support.soon import soon

FIRST = "placement-2026-02-10"


def case_id(n: int = 1) -> str:
    return case_id_of(a_referral_id(n))


def planning_of(house: House) -> Planning:
    return Planning(house.running, BOOK, here(house.running), here(house.running))


async def kept(house: House) -> Plan | None:
    async with house.pool.acquire() as conn:
        return await planned.plan_of(conn, "placement")


async def made(house: House) -> Plan:
    plan = await kept(house)
    assert plan is not None
    return plan


async def test_a_plan_is_made_of_what_came_and_not_again_while_nothing_changes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    planning = planning_of(house)
    await planning.once()
    assert await kept(house) is None  # nothing waits, so nothing is planned
    await house.hear(a_routed_referral(1))
    await planning.once()
    first = await made(house)
    assert first.place_of(case_id(1)) == FIRST
    assert first.proved
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(drafting, "_plan", None)
        await planning.once()
        await planning_of(house).once()  # a process that was started anew
    await house.hear(a_routed_referral(2))
    await planning.once()
    assert {each.case_id for each in (await made(house)).listings} == {case_id(1), case_id(2)}


@pytest.mark.parametrize(
    ("took", "rest"), [(0.01, 2.0), (0.05, 2.0), (1.0, 29.0), (4.0, 116.0), (30.0, 300.0)]
)
def test_a_plan_that_takes_long_is_made_seldom(took: float, rest: float) -> None:
    assert until_next_look(took) == rest


async def test_where_no_case_waits_no_planner_is_needed(house: House) -> None:
    nobody = cast(Planner, None)
    await Planning(house.running, BOOK, in_turn=nobody, at_once=nobody).once()
    assert await kept(house) is None


async def test_while_one_process_plans_another_one_does_not(house: House) -> None:
    await house.hear(a_routed_referral(1))
    async with house.pool.acquire() as other:
        await other.execute("SELECT pg_advisory_lock($1, 0)", LOCK_CLASS)
        planning = planning_of(house)
        await planning.once()
        assert await kept(house) is None
        await other.execute("SELECT pg_advisory_unlock($1, 0)", LOCK_CLASS)
        await planning.once()
        assert await kept(house) is not None
        assert await other.fetchval("SELECT pg_try_advisory_lock($1, 0)", LOCK_CLASS)  # given back


async def test_who_looks_at_a_stale_plan_has_it_made_on_the_spot_or_is_told_so(house: House) -> None:
    planning = planning_of(house)
    await house.hear(a_routed_referral(1))
    assert (await planning.standing("placement")).fresh
    await house.hear(a_routed_referral(2))
    late = await planning.standing("placement", patience=0)
    assert not late.fresh
    assert late.plan is not None
    assert late.plan.place_of(case_id(2)) is None
    now = await planning.standing("placement")
    assert now.fresh
    assert now.plan == await made(house)
    assert now.plan.place_of(case_id(2)) is not None


async def test_places_go_to_restricted_cases_too_and_others_only_hear_how_many(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in range(1, 13)))
    shut = [
        ReferralRestricted(referral_id=a_referral_id(n), named=("max",), restricted_at=MONDAY) for n in (1, 2)
    ]
    await house.hear(*shut)
    proposal = await house.get(f"/sittings/{FIRST}/proposal")
    assert (len(proposal["case_ids"]), proposal["further"]) == (10, 2)
    assert not {case_id(1), case_id(2)} & set(proposal["case_ids"])


async def test_a_case_on_a_batch_can_be_moved_and_its_place_is_not_counted_twice(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in range(1, 13)))
    ids = [case_id(n) for n in range(1, 13)]
    answer = await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": ids[:6]})
    assert answer.status_code == 200
    standing = await planning_of(house).standing("placement")
    assert standing.plan is not None
    assert {each.sitting_id for each in standing.plan.listings} == {FIRST}
    await house.step(at("2026-02-26 17:30"))  # papers for 5 March have closed: those six stay
    standing = await planning_of(house).standing("placement")
    assert {case.case_id for case in standing.asked.cases} == set(ids[6:])


async def test_where_the_solver_fails_the_plan_says_so_and_so_does_the_service(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ArithmeticError("no optimum")

    monkeypatch.setattr(solve, "solve", fails)
    await house.hear(a_routed_referral(1))
    await planning_of(house).once()
    assert (await made(house)).one_by_one
    assert "one after the other" in (house.running.parts.why("planner") or "")
    await planning_of(house).once()  # also where that plan stands and no other one is made
    assert "one after the other" in (house.running.parts.why("planner") or "")


SEATS = [{"staff_id": seat, "seat": seat} for seat in ("chair", "educational-psychologist", "head")]


async def seated(house: House, sitting_id: str, **more: object) -> None:
    """The three seats of a quorum are filled, and what else is said of the sitting."""
    state = json.dumps({"members": SEATS} | more)
    await house.pool.execute(
        "UPDATE sitting SET version = version + 1, state = (state::jsonb || $2::jsonb)::json WHERE id = $1",
        sitting_id,
        state,
    )


async def planned_for(house: House) -> str | None:
    standing = await planning_of(house).standing("placement")
    assert standing.plan is not None
    return standing.plan.place_of(case_id(1))


async def test_whoever_stands_aside_and_breaks_the_quorum_leaves_the_case_to_another_sitting(
    house: House,
) -> None:
    await house.hear(a_routed_referral(1))
    aside = [{"staff_id": "head", "case_id": case_id(1), "why": "declared-interest"}]
    await seated(house, FIRST, aside=aside)
    assert await planned_for(house) == "placement-2026-02-12"


async def test_a_member_of_the_childs_own_school_breaks_it_before_anybody_has_noted_that(
    house: House,
) -> None:
    routed = a_routed_referral(1)
    await house.hear(routed)
    await seated(house, FIRST)
    assert await planned_for(house) == FIRST
    grant = StaffGrant(role="headteacher", scope=routed.urn, from_day=MONDAY.date())
    told = {"subject": "idp|head", "name": "Hana", "email": "hana@x.example", "active": True}
    await house.hear(StaffDetails(staff_id="head", grants=(grant,), **told))
    assert await planned_for(house) is None  # the same members sit at all sittings until others are named


class NoPlanner:
    """The planner's process cannot be had."""

    async def plan(self, panel: str, now: datetime) -> Made:
        raise Unanswered("it ended by SIGKILL")

    async def price(self, panel: str, places: Mapping[str, str], now: datetime) -> Price:
        raise Unanswered("it ended by SIGKILL")


async def told(house: House) -> str:
    """What the service says of its planner, once it says something."""

    async def why() -> str | None:
        return house.running.parts.why("planner")

    return await soon(why)


@pytest.mark.parametrize("error", [Unanswered("it ended by SIGKILL"), ValueError("nobody thought of it")])
async def test_what_goes_wrong_while_planning_is_told_and_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(replanning, "AFTER_FAILURE", 0.3)
    planner, planning = NoPlanner(), planning_of(house)

    async def fails(*_: object) -> Made:
        raise error

    monkeypatch.setattr(planner, "plan", fails)
    await house.hear(a_routed_referral(1))
    monkeypatch.setattr(planning, "_in_turn", planner)
    running = asyncio.create_task(planning.run())
    assert "no plan can be made" in await told(house)
    monkeypatch.setattr(planning, "_in_turn", here(house.running))
    await soon(lambda: kept(house))
    house.running.stopping.set()
    await running
    assert house.running.parts.why("planner") is None


class OtherPanels:
    """Plans all panels but some, and notes which."""

    def __init__(self, *but: str) -> None:
        self.but, self.planned = set(but), list[str]()

    async def plan(self, panel: str, now: datetime) -> Made:
        if panel in self.but:
            raise Unanswered("no answer within 600 seconds")
        self.planned.append(panel)
        return Made(1, 1)

    async def price(self, panel: str, places: Mapping[str, str], now: datetime) -> Price:
        raise Unanswered("it ended by SIGKILL")


async def test_the_trouble_of_one_panels_plan_keeps_no_other_from_its_own_and_is_told_until_it_is_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    twin = BOOK.panels[0].model_copy(update={"code": "a-twin"})
    await house.hear(a_routed_referral(1), a_routed_referral(2))
    await house.pool.execute("UPDATE placement_case SET panel = 'a-twin' WHERE id = $1", case_id(1))
    planner = OtherPanels("a-twin")
    planning = Planning(
        house.running, PanelBook((*BOOK.panels, twin), BOOK.working), in_turn=planner, at_once=planner
    )
    await planning.once()
    assert planner.planned == ["placement"]
    monkeypatch.setattr("chassis.parts.monotonic", lambda: monotonic() + 3600)  # the next try may take long
    house.running.parts.forget()
    assert "no plan can be made" in (house.running.parts.why("planner") or "")
    planner.but.clear()
    await planning.once()
    assert planner.planned == ["placement", "a-twin"]
    assert house.running.parts.why("planner") is None


async def test_a_plan_that_cannot_be_made_for_who_looks_is_told_for_a_moment(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.hear(a_routed_referral(1))
    planner = OtherPanels("placement")
    await Planning(house.running, BOOK, in_turn=planner, at_once=planner).standing("placement")
    assert "no plan can be made" in (house.running.parts.why("planner") or "")
    monkeypatch.setattr("chassis.parts.monotonic", lambda: monotonic() + 3600)
    assert house.running.parts.why("planner") is None  # nobody may ever look again


async def test_a_price_that_cannot_be_worked_out_leaves_a_line_in_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, Any]] = []
    monkeypatch.setattr(replanning.log, "error", lambda what, **told: said.append((what, told["why"])))
    planning = Planning(house.running, BOOK, NoPlanner(), NoPlanner())
    with pytest.raises(Unanswered):
        await planning.price("placement", {case_id(1): FIRST})
    house.running.stopping.set()
    with pytest.raises(Unanswered):
        await planning.price("placement", {case_id(1): FIRST})  # it ended with the service
    assert said == [("pricing_failed", "it ended by SIGKILL")]


async def test_of_more_cases_than_memory_holds_no_plan_is_made_and_that_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planned, "MOST_PLANNED", 1)
    await house.hear(a_routed_referral(1))
    await planning_of(house).once()
    await house.hear(a_routed_referral(2))
    running = asyncio.create_task(planning_of(house).run())
    assert "no plan can be made" in await told(house)
    async with house.as_("reader") as client:
        answer = await client.get("/panels/placement/plan")
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-cases")
    house.running.stopping.set()
    await running


class TooSmall(NoPlanner):
    """The planner has too little memory, and counts who asks it all the same."""

    def __init__(self) -> None:
        self.asked = 0

    async def plan(self, panel: str, now: datetime) -> Made:
        self.asked += 1
        raise OutOfMemory


async def test_a_plan_for_which_memory_does_not_suffice_is_tried_again_only_once_something_has_changed(
    house: House,
) -> None:
    planner = TooSmall()
    planning = Planning(house.running, BOOK, planner, planner)
    await house.hear(a_routed_referral(1))
    await planning.once()
    await planning.once()
    assert (await planning.standing("placement")).too_large
    assert planner.asked == 1
    assert "more cases wait than the planner has memory for" in (house.running.parts.why("planner") or "")
    await house.hear(a_routed_referral(2))
    await planning.once()
    assert planner.asked == 2
    await Planning(
        house.running, BOOK, planner, NoPlanner()
    ).once()  # after a restart, with more memory perhaps
    assert planner.asked == 3


async def test_who_looks_at_a_plan_for_which_memory_does_not_suffice_is_told_so_and_does_not_wait_for_it_again(
    house: House,
) -> None:
    planner = TooSmall()
    planning = Planning(house.running, BOOK, NoPlanner(), planner)
    await house.hear(a_routed_referral(1))
    looks = [await planning.standing("placement") for _ in range(2)]
    assert [(look.plan, look.too_large) for look in looks] == [(None, True), (None, True)]
    assert planner.asked == 1
    assert "more cases wait than the planner has memory for" in (house.running.parts.why("planner") or "")
    await house.hear(a_routed_referral(2))
    await planning.standing("placement")
    assert planner.asked == 2
    await planning_of(house).once()  # another process has more memory
    assert not (await planning.standing("placement")).too_large


async def test_without_the_planner_the_last_plan_is_shown_as_what_it_is(house: House) -> None:
    await house.hear(a_routed_referral(1))
    await planning_of(house).once()
    await house.hear(a_routed_referral(2))
    planning = Planning(house.running, BOOK, here(house.running), NoPlanner())
    standing = await planning.standing("placement")
    assert (standing.plan, standing.fresh) == (await made(house), False)
    assert len(standing.asked.cases) == 2
    assert "no plan can be made" in (house.running.parts.why("planner") or "")
    with pytest.raises(Unanswered):
        await planning.price("placement", {case_id(1): FIRST})


async def test_looking_for_what_has_changed_reads_no_case(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are open: the service's own process has other things to do."""
    asked_for: list[str] = []

    class Elsewhere(NoPlanner):
        async def plan(self, panel: str, now: datetime) -> Made:
            asked_for.append(panel)
            return Made(1, 1)

    await house.hear(a_routed_referral(1))
    planning = Planning(house.running, BOOK, Elsewhere(), NoPlanner())
    monkeypatch.setattr(storage.CASES, "read", None)
    await planning.once()
    await planning.once()
    assert asked_for == BOOK.codes


async def test_a_long_plan_of_what_was_so_meanwhile_gives_way_to_the_one_that_is_right_again(
    house: House,
) -> None:
    """Another process was at it all the while, and has found nothing to do."""
    slow: list[object] = []

    async def later(message: object) -> None:
        slow.append(message)

    now, quick = MONDAY, here(house.running)
    await house.hear(a_routed_referral(1))
    await quick.plan("placement", now)
    await house.hear(a_routed_referral(2))
    await replace(quick, command=later).plan("placement", now)
    await house.hear(
        WithdrawalRequested(referral_id=a_referral_id(2), reason="moved-away", requested_at=MONDAY)
    )
    await quick.plan("placement", now)
    (too_late,) = slow
    await house.running.runner.command(too_late)
    assert [each.case_id for each in (await made(house)).listings] == [case_id(1)]


READ = st.integers(0, 5).map(lambda minute: MONDAY + timedelta(minutes=minute))
QUESTIONS = st.lists(st.tuples(READ, st.sampled_from("ab")), min_size=1, max_size=6, unique_by=itemgetter(0))


@given(QUESTIONS)
def test_whoever_is_quicker_the_plan_of_the_latest_question_is_kept(
    questions: list[tuple[datetime, str]],
) -> None:
    """Also where it is the question of before again."""
    state: Plan | None = None
    for read_at, digest in questions:
        plan = Plan(panel="placement", digest=digest, made_at=MONDAY, read_at=read_at)
        state = keep(state, KeepPlan(plan), MONDAY).state or state
    assert state is not None
    assert (state.read_at, state.digest) == max(questions)


def test_a_plan_of_before_that_was_noted_gives_way() -> None:
    old = Plan(panel="placement", digest="old", made_at=MONDAY)
    new = Plan(panel="placement", digest="new", made_at=MONDAY, read_at=MONDAY)
    assert keep(old, KeepPlan(new), MONDAY).state == new
