"""Which referrals each tab, list and figure finds: what is due, whose it is, and what is restricted to others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.storage import Stored
from services.referrals import storage
from services.referrals.domain.permissions import Reach
from services.referrals.domain.referral import Referral
from services.referrals.storage import SCHOOL_TABS, TABS, Asked, Filter, Wanted
from tests.referrals.builders import NOW, TODAY, form
from tests.referrals.conftest import Offices

DAY = timedelta(days=1)
YESTERDAY, TOMORROW = TODAY - DAY, TODAY + DAY
ALL = Asked(Reach("me", everything=True), frozenset({"me", "stood-in-for"}), TODAY, NOW)


@pytest.fixture
async def queue(office: Offices) -> "Queue":
    it = await office()
    reference = await it.refer(form())
    async with it.pool.acquire() as conn:
        example = await storage.by_reference(conn, reference)
    await it.pool.execute("TRUNCATE referral CASCADE")
    assert example is not None
    return Queue(it.pool, example)


class Queue:
    """Puts referrals there that are like an example, and asks for them by their ids."""

    def __init__(self, pool: asyncpg.Pool, example: Referral) -> None:
        self.pool, self._example = pool, example

    async def put(self, **referrals: dict[str, Any]) -> None:
        usual: dict[str, Any] = {
            "answer_by": TODAY,
            "received_at": NOW,
            "urn": "900001",
            "destination": "autism",
        }
        states = [
            self._example.model_copy(update={"id": id, "reference": id, "child_id": id, **usual, **given})
            for id, given in referrals.items()
        ]
        await storage.REFERRALS.insert(self.pool, [Stored(state.id, 1, 0, state) for state in states])

    async def restrict(self, id: str, *named: str) -> None:
        names = ", ".join(f'"{name}"' for name in named)
        await self.pool.execute(
            "INSERT INTO restriction VALUES ($1, 1, 0, $2::text::json, $3, 0)",
            id,
            f'{{"named": [{names}]}}',
            bool(named),
        )

    async def listed(self, asked: Asked) -> list[str]:
        async with self.pool.acquire() as conn:
            return [each.id for each in await storage.listed(conn, asked)]

    async def tabs(self, asked: Asked) -> dict[str, set[str]]:
        """What each tab lists, as far as it lists anything; it is what is counted."""
        found = {tab: set(await self.listed(replace(asked, tab=tab))) for tab in asked.tabs}
        async with self.pool.acquire() as conn:
            assert await storage.counts(conn, asked) == {tab: len(ids) for tab, ids in found.items()}
        return {tab: ids for tab, ids in found.items() if ids}


def mine(**given: Any) -> dict[str, Any]:
    return {"assigned_to": "me", "assigned_at": NOW - 8 * DAY, **given}


async def test_each_tab_of_a_team_holds_its_own(queue: Queue) -> None:
    late = {"answer_by": YESTERDAY}
    await queue.put(
        new={"status": "routed"},
        late={"status": "routed", **late},
        mine=mine(status="accepted", accepted_at=NOW),
        stood_in=mine(status="asked", assigned_to="stood-in-for", **late),
        lately={
            "status": "accepted",
            "assigned_to": "other",
            "assigned_at": NOW - 6 * DAY,
            "accepted_at": NOW,
        },
        at_panel=mine(status="queued", assigned_at=NOW, **late),
        over=mine(status="closed", assigned_at=NOW, **late),
    )
    assert await queue.tabs(replace(ALL, tabs=TABS)) == {
        "new": {"new", "late"},
        "unassigned": {"new", "late"},
        "awaiting": {"stood_in"},
        "mine": {"mine", "stood_in"},
        "recent": {"lately"},
        "overdue": {"late"},
        "panel": {"at_panel"},
        "completed": {"over"},
    }


async def test_each_tab_of_a_school_holds_its_own(queue: Queue) -> None:
    await queue.put(
        with_team={"status": "routed", "answer_by": YESTERDAY},
        asked={"status": "asked", "school_answers_by": TOMORROW},
        asked_and_late={"status": "asked", "school_answers_by": YESTERDAY},
        helped_today={"status": "concluded", "review_on": TODAY},
        helped_long_ago={"status": "concluded", "review_on": YESTERDAY},
        helped_later={"status": "concluded", "review_on": TOMORROW},
    )
    assert await queue.tabs(replace(ALL, tabs=SCHOOL_TABS)) == {
        "todo": {"asked", "asked_and_late", "helped_today", "helped_long_ago"},
        "late": {"asked_and_late", "helped_long_ago"},
        "open": {"with_team", "asked", "asked_and_late"},
        "completed": {"helped_today", "helped_long_ago", "helped_later"},
    }


@pytest.mark.parametrize(
    "reach",
    [
        Reach("me", urns=frozenset({"900002"})),
        Reach("me", areas=frozenset({"DSPL9"})),
        Reach("me", destinations=frozenset({"outreach-9"})),
        Reach("me", kinds=frozenset({"outreach"})),
        Reach("me", assigned=frozenset({"me"})),
        Reach("me", patches=frozenset({("DSPL9", "outreach")})),
    ],
    ids=["urns", "areas", "destinations", "kinds", "assigned", "patches"],
)
async def test_a_list_shows_what_lies_within_reach_and_nothing_else(queue: Queue, reach: Reach) -> None:
    patch = {"area": "DSPL9", "destination_kind": "outreach"}
    await queue.put(
        within={"urn": "900002", "destination": "outreach-9", "assigned_to": "me", **patch},
        without={},
    )
    await queue.restrict("without")
    assert await queue.listed(replace(ALL, reach=reach)) == ["within"]


async def test_a_patch_is_an_area_and_a_kind_together(queue: Queue) -> None:
    await queue.put(of_area={"area": "DSPL9"}, of_kind={"destination_kind": "outreach"})
    patch = Reach("me", patches=frozenset({("DSPL9", "outreach")}))
    assert await queue.listed(replace(ALL, reach=patch)) == []


async def restricted_in_every_way(queue: Queue, **given: Any) -> None:
    """One stands open, of one a restriction was lifted, one opens to me, and one to another."""
    await queue.put(**dict.fromkeys(("open", "lifted", "to_me", "to_another"), given))
    await queue.restrict("lifted")
    await queue.restrict("to_me", "me")
    await queue.restrict("to_another", "other")


async def test_what_is_restricted_to_others_is_in_no_list_and_opens_again_when_that_is_lifted(
    queue: Queue,
) -> None:
    await restricted_in_every_way(queue)
    assert (await queue.tabs(ALL))["new"] == {"open", "lifted", "to_me"}


async def test_programs_list_what_is_restricted_to_nobody(queue: Queue) -> None:
    await restricted_in_every_way(queue)
    async with queue.pool.acquire() as conn:
        assert [each.id for each in await storage.page(conn, Wanted())] == ["lifted", "open"]


async def test_families_that_could_not_be_reached_are_listed_by_the_same_rule(queue: Queue) -> None:
    await restricted_in_every_way(queue)
    await queue.pool.execute("UPDATE referral SET to_reach = true")
    await queue.put(reached={})
    async with queue.pool.acquire() as conn:
        found = await storage.to_reach(conn, ALL.reach)
        assert sorted(each.id for each in found) == ["lifted", "open", "to_me"]
        assert await storage.to_reach(conn, Reach("me", urns=frozenset({"900002"}))) == []


async def test_programs_narrow_a_list_by_status_destination_and_school(queue: Queue) -> None:
    await queue.put(
        a={},
        b={"status": "accepted"},
        c={"destination": "other"},
        d={"urn": "900002"},
        e={"status": "closed"},
    )

    async def found(**given: Any) -> Sequence[str]:
        async with queue.pool.acquire() as conn:
            return [each.id for each in await storage.page(conn, Wanted(**given))]

    assert await found() == ["a", "b", "c", "d", "e"]
    assert await found(status="accepted") == ["b"]
    assert await found(status="closed") == ["e"]
    assert await found(destination="other") == ["c"]
    assert await found(urns={"900002"}) == ["d"]
    assert await found(after="b", limit=2) == ["c", "d"]


async def test_a_long_list_goes_on_behind_the_last_in_either_direction(queue: Queue) -> None:
    await queue.put(**{id: {} for id in "abc"})
    assert await queue.listed(replace(ALL, after="b")) == ["c"]
    assert await queue.listed(replace(ALL, sort="newest", after="b")) == ["a"]


async def test_the_filter_for_what_is_overdue_leaves_out_whoever_waits_for_a_school(queue: Queue) -> None:
    late = {"answer_by": YESTERDAY}
    await queue.put(late=late, today={}, asked={"status": "asked", **late}, over={"status": "closed", **late})
    overdue = replace(ALL, reach=ALL.reach, filter=Filter(overdue=True))
    assert await queue.tabs(overdue) == {"new": {"late"}, "unassigned": {"late"}, "overdue": {"late"}}


async def test_what_somebody_has_to_do_is_their_open_work(queue: Queue) -> None:
    late = {"answer_by": YESTERDAY}
    await queue.put(
        late=mine(**late), today=mine(), asked=mine(status="asked", **late), over=mine(status="closed", **late),
        another=mine(assigned_to="other"),
    )  # fmt: skip
    async with queue.pool.acquire() as conn:
        load, idle = await storage.loads(conn, ["me", "idle"], TODAY)
    assert (load.working, load.with_school, load.overdue) == (2, 1, 1)
    assert idle.points == 0


async def test_a_panel_that_sits_again_finds_what_has_waited_for_it(queue: Queue) -> None:
    await queue.put(
        waits={"status": "waiting", "destination": "panel-1"}, queued={"status": "queued", "destination": "panel-1"},
        elsewhere={"status": "waiting", "destination": "panel-2"},
    )  # fmt: skip
    async with queue.pool.acquire() as conn:
        assert await storage.waiting_for(conn, ["panel-1"]) == ["waits"]


async def test_the_queues_are_counted_for_one_s_own_schools(queue: Queue) -> None:
    late = {"answer_by": YESTERDAY}
    await queue.put(
        late=late, today={}, accepted_late={"status": "accepted", **late}, over={"status": "closed"},
        of_another_school={"urn": "900002"},
    )  # fmt: skip
    async with queue.pool.acquire() as conn:
        (own,) = await storage.queues(conn, TODAY, {"900001"})
        (every,) = await storage.queues(conn, TODAY, None)
    assert (own.waiting, own.under_way, own.ended, own.overdue) == (2, 1, 1, 1)
    assert every.waiting == 3
