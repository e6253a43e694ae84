"""Referrals and queues are looked up."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query

from chassis.calendar import london_date
from chassis.service import Running
from chassis.web.access import record_read
from chassis.web.problems import Problem
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.referral import Referral, Status
from services.referrals.views import as_it_was, brief, full, queue
from services.referrals.web.api import answers
from services.referrals.web.api.asked import Reading, says, standard, visible
from services.referrals.web.api.parts import Reference
from services.referrals.web.desk import left_to


def router(running: Running, book: Book) -> APIRouter:
    """The routes that change nothing."""
    api = APIRouter(prefix="/api")

    @api.get("/referrals", responses=says(answers.ReferralPage))
    async def listing(
        caller: Reading,
        status: Status | None = None,
        destination: Annotated[str | None, Query(max_length=60, pattern="^[a-z0-9-]*$")] = None,
        after: Annotated[str | None, Query(max_length=40)] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Any:
        """Referrals, the oldest first, a page at a time."""
        last = None if after is None else standard(after)
        wanted = storage.Wanted(status, destination, caller.owners, last, limit)
        found = await _found(running, wanted)
        today = london_date(running.clock.now())
        return {
            "referrals": [brief(each, book, today) for each in found],
            "next": _next(found, status, destination, limit),
        }

    @api.get("/referrals/{reference}", responses=says(answers.WholeReferral))
    async def one(reference: Reference, caller: Reading) -> Any:
        """One referral with its story. The read is recorded.

        Where the child has gone to another school, the former one is shown what it sent, as it was on ``left_on``.
        """
        async with running.pool.acquire() as conn, conn.transaction():
            try:
                referral = await visible(conn, caller, reference)
            except Problem:
                if (before := await left_to(conn, caller.owners or frozenset(), reference)) is None:
                    raise
                await record_read(conn, caller, "referral", before.referral.id)
                return as_it_was(before, book)
            papers = await storage.papers_of(conn, referral.id)
            await record_read(conn, caller, "referral", referral.id)
        return full(referral, papers, book, london_date(running.clock.now()))

    @api.get("/former-referrals", responses=says(answers.FormerReferrals))
    async def former(caller: Reading) -> Any:
        """What the schools of this token sent of children who have gone to another one, the latest first."""
        async with running.pool.acquire() as conn:
            found = await storage.left_by(conn, caller.owners or frozenset())
        return {
            "referrals": [
                {"reference": each.referral.reference, "left_on": london_date(each.at).isoformat()}
                for each in found
            ]
        }

    @api.get("/queues", responses=says(answers.Queues))
    async def queues(caller: Reading) -> Any:
        """How many wait for each destination, how many are under way, and the oldest that waits."""
        today = london_date(running.clock.now())
        async with running.pool.acquire() as conn:
            found = await storage.queues(conn, today, caller.owners)
        return {"queues": [queue(each, book) for each in found]}

    return api


async def _found(running: Running, wanted: storage.Wanted) -> list[Referral]:
    async with running.pool.acquire() as conn:
        return await storage.page(conn, wanted)


def _next(found: list[Referral], status: str | None, destination: str | None, limit: int) -> str | None:
    if len(found) < limit:
        return None
    given = {"status": status, "destination": destination, "after": found[-1].reference, "limit": limit}
    return f"/api/referrals?{urlencode({name: value for name, value in given.items() if value is not None})}"
