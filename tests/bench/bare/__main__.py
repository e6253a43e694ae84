"""One process of the bare pipeline; its plan is in the environment variable BARE_PLAN."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import asyncpg
import uvloop

from tests.bench.bare import door, sender
from tests.bench.bare.common import TABLES, Heard, Out, Relay, consume, event, filled, write
from tests.bench.bare.plan import Plan

#: Otherwise claims gather all that was sent since the last vacuum, and a backlog is never worked off.
_BY_INDEX = {"jit": "off", "enable_bitmapscan": "off", "enable_seqscan": "off", "enable_sort": "off"}
HEARS = {
    "referrals": ("panels.v1", "notifications.v1"),
    "panels": ("referrals.v1", "personal-details.v1", "referral-papers.v1", "notifications.v1"),
    "notifications": ("referrals.v1", "panels.v1", "personal-details.v1"),
}


async def main(plan: Plan) -> None:
    """Runs until it is killed."""
    pool = await asyncpg.create_pool(plan.dsn, min_size=1, max_size=8, server_settings=_BY_INDEX)
    await pool.execute(TABLES)
    relay = Relay(plan, pool)
    apply = {"referrals": _noted, "panels": _opened, "notifications": _told}[plan.role]
    async with asyncio.TaskGroup() as tasks:
        if plan.door_only:
            tasks.create_task(door.serve(plan, pool, relay.wake.set))
            return
        tasks.create_task(relay.run())
        tasks.create_task(consume(plan, pool, HEARS[plan.role], partial(apply, plan), relay.wake))
        if plan.role == "referrals":
            tasks.create_task(door.serve(plan, pool, relay.wake.set))
        if plan.role == "notifications":
            for _ in range(plan.lanes):
                tasks.create_task(sender.lane(plan, pool, relay.wake.set))


async def _noted(plan: Plan, conn: Any, heard: Sequence[Heard]) -> None:
    rows = {
        f"referral:{content['referral_id']}": filled({}, plan.sizes.rows["referral"])
        for _, _, content in heard
        if content
    }
    await write(conn, rows, ())


async def _opened(plan: Plan, conn: Any, heard: Sequence[Heard]) -> None:
    rows: dict[str, str] = {}
    out: list[Out] = []
    for topic, key, content in heard:
        if content and content["kind"] == "referral.routed.v1":
            rows[f"case:{key}"] = filled({}, plan.sizes.rows["placement_case"])
            out.append(event(plan.sizes, "panels.v1", "case.opened.v1", key, key))
        elif topic == "personal-details.v1" and key.startswith("child"):
            rows[key] = filled({}, plan.sizes.rows["child"])
        elif topic == "referral-papers.v1":
            rows[f"words:{key}"] = filled({}, plan.sizes.rows["referral_words"])
        elif content and content["kind"] == "message.sent.v1":
            rows[f"told:{content['referral_id']}"] = filled({}, plan.sizes.rows["told"])
    await write(conn, rows, out)


async def _told(plan: Plan, conn: Any, heard: Sequence[Heard]) -> None:
    rows: dict[str, str] = {}
    born: list[str] = []
    for _, key, content in heard:
        if content is None:
            rows[f"contact:{key}"] = filled({}, plan.sizes.rows["contact"])
            continue
        rows[f"story:{content['referral_id']}"] = filled({}, plan.sizes.rows["story"])
        if content["kind"] == "case.opened.v1":
            rows[f"opened:{content['referral_id']}"] = "{}"
        if content["kind"] == "referral.routed.v1":
            born.append(content["referral_id"])
    await write(conn, rows, ())
    await sender.bear(conn, born, filled({}, plan.sizes.rows["message"]))


if __name__ == "__main__":
    given = Plan.load()
    with asyncio.Runner(loop_factory=None if given.plain else uvloop.new_event_loop) as runner:
        runner.run(main(given))
