"""HTTP: what programs do about messages."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from chassis import restrictions
from chassis.service import Running
from chassis.web.access import record_read, record_reads
from chassis.web.auth import Caller, require
from chassis.web.problems import Problem
from services.notifications import acting, storage
from services.notifications.domain.by_hand import Release, SettleByHand
from services.notifications.web.desk import Reason

UNKNOWN = Problem(404, "unknown-message", "There is no message with this id.")
Operator = Annotated[Caller, Depends(require("notifications:operate"))]
Phase = Literal["pending", "sending", "sent", "failed", "held", "closed"]


class Settlement(Reason):
    """``told``: the recipient was told in another way; else they are not to be told."""

    told: bool


def router(running: Running) -> APIRouter:
    """The routes of the service."""
    routes = APIRouter()
    _staff(routes, running)
    return routes


async def shut_to_programs(running: Running, conn: Any) -> list[str]:
    """The referrals that are restricted: they open to people who are named, and so to no program."""
    return await restrictions.shut(conn, lambda _: False, running.clock.now())


async def _listed(
    running: Running,
    caller: Caller,
    phases: list[str] | None,
    referral: str | None,
    after: int,
    person: str | None = None,
) -> Any:
    async with running.pool.acquire() as conn, conn.transaction():
        shut = await shut_to_programs(running, conn)
        found = await storage.messages(conn, phases, referral, after, person_id=person, without=shut)
        await record_reads(conn, caller, "messages", storage.whose(found, referral or person))
        return {"messages": found}


async def open_to_programs(running: Running, conn: Any, message_id: str) -> Any:
    """The message. Raises Problem 404 where there is none, or its referral is restricted."""
    found = await _open(running, conn, message_id)
    if found is None:
        raise UNKNOWN
    return found


async def _open(running: Running, conn: Any, message_id: str) -> Any:
    """The message; None where there is none. Raises Problem 404 where its referral is restricted."""
    found = await storage.message(conn, message_id)
    if found is not None and found["referral_id"] in await shut_to_programs(running, conn):
        raise UNKNOWN
    return found


def _staff(routes: APIRouter, running: Running) -> None:
    _reads(routes, running)

    async def done(message_id: str, command: acting.Act) -> Any:
        async with running.pool.acquire() as conn:
            await _open(running, conn, message_id)
        return {"id": message_id, "state": await acting.done(running, command)}

    @routes.post("/api/messages/{message_id}/release")
    async def release(message_id: str, body: Reason, caller: Operator) -> Any:
        """Send a held or failed message (again)."""
        return await done(message_id, Release(message_id, caller.name, body.reason))

    @routes.post("/api/messages/{message_id}/settle")
    async def settle(message_id: str, body: Settlement, caller: Operator) -> Any:
        """Close a held or failed message without sending it."""
        return await done(message_id, SettleByHand(message_id, body.told, caller.name, body.reason))

    @routes.post("/api/referrals/{referral_id}/links/revoke")
    async def revoke(referral_id: str, body: Reason, caller: Operator) -> Any:
        """Make all links of a referral's messages lead nowhere, as after one was passed on."""
        async with running.pool.acquire() as conn, conn.transaction():
            await record_read(conn, caller, "links-revoked", referral_id)
            return {"referral_id": referral_id, "revoked": await storage.revoke_links(conn, referral_id)}


def _reads(routes: APIRouter, running: Running) -> None:
    @routes.get("/api/messages")
    async def messages(
        caller: Operator,
        state: Annotated[list[Phase] | None, Query()] = None,
        referral_id: Annotated[str | None, Query(max_length=64)] = None,
        person_id: Annotated[str | None, Query(max_length=64)] = None,
        after: Annotated[int, Query(ge=0, le=2**62, description="the seq of the last one seen")] = 0,
    ) -> Any:
        """Messages in the order in which they were made, a hundred at a time; no addresses.

        With a person's id, those under all ids that this person has.
        """
        return await _listed(running, caller, list(state) if state else None, referral_id, after, person_id)

    @routes.get("/api/held")
    async def held(caller: Operator, after: Annotated[int, Query(ge=0, le=2**62)] = 0) -> Any:
        """What waits for a person: messages that are held, and those that were refused for good."""
        return await _listed(running, caller, ["held", "failed"], None, after)

    @routes.get("/api/messages/{message_id}")
    async def message(message_id: str, caller: Operator) -> Any:
        """One message: its state, its history, and when its recipient opened the page."""
        async with running.pool.acquire() as conn, conn.transaction():
            found = await open_to_programs(running, conn, message_id)
            await record_read(conn, caller, "message", message_id)
            return found
