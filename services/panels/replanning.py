"""Sees to it that each panel has a plan of things as they are, and shows it beside them.

A planner makes it, beside the service (`services.panels.planner_process`); of all processes that look for what has
changed one has plans made, by an advisory lock. Whoever needs a plan that is not made yet has it made on the spot:
the same input has the same plan, whoever makes it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

import asyncpg

from chassis.beside import Unanswered
from chassis.database import OUTAGES
from chassis.pause import pause
from chassis.service import Running
from chassis.storage import Connection
from chassis.telemetry import get_logger
from services.panels import planned
from services.panels.asking import Asked, asked
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.plans import Plan
from services.panels.drafting import Planner, Price, digest_of

log = get_logger(__name__)

#: Seconds between two looks for what has changed, so that many changes at once make one plan.
EVERY = 2.0
#: After a plan it rests so many times as long as that took, but at most so many seconds: a stream of referrals then
#: costs it a tenth of a processor and not a whole one. Who looks meanwhile has the plan made on the spot.
RESTS, LONGEST_REST = 9, 60.0
#: Seconds until it is tried again where it went wrong.
AFTER_FAILURE = 15.0
#: How long a page or a caller waits for a plan that is made on the spot.
PATIENCE = 8.0
#: A plan that was under way already when somebody asked may be of things as they were before: the next one is not.
ROUNDS = 2
LOCK_CLASS = 1_179_601_994
PART = "planner"
_FAILED = "no plan can be made: the service's log says why, and the one that was made last stays"
_NOT_PROVED = "the solver failed: the plan takes cases one after the other, and nothing of it is proved"


@dataclass(frozen=True, slots=True)
class Standing:
    """A panel's question as it is now, and its plan; ``fresh``: it is the plan of this very question.

    ``plan`` is None while the first one is being made.
    """

    asked: Asked
    plan: Plan | None
    fresh: bool


class Planning:
    """The plans of all panels, as one process makes and reads them."""

    def __init__(self, running: Running, book: PanelBook, in_turn: Planner, at_once: Planner) -> None:
        """``in_turn`` makes plans for which nobody waits, ``at_once`` those of somebody who looks."""
        self._running, self._book = running, book
        self._in_turn, self._at_once = in_turn, at_once
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._marks: dict[str, object] = {}

    async def standing(self, panel: str, patience: float = PATIENCE) -> Standing:
        """How the plan of a panel stands. One that is missing or stale is made on the spot, if that is soon done.

        Where it is not, or the planner cannot be had, the plan that was made last is shown as what it is.
        """
        until = monotonic() + patience
        standing = await self._as_it_is(panel)
        for _ in range(ROUNDS):
            if standing.fresh:
                break
            try:
                left = max(0.0, until - monotonic())
                await asyncio.wait_for(asyncio.shield(self._made(panel)), left)
            except (TimeoutError, Unanswered):
                break
            standing = await self._as_it_is(panel)
        return standing

    async def as_kept(self, panel: str) -> Standing:
        """The plan as it was made last, over things as they are now: for whoever accepts what they have seen of it."""
        async with self._running.pool.acquire() as conn:
            question = await asked(conn, self._book, panel, self._running.clock.now())
            return Standing(question, await planned.plan_of(conn, panel), fresh=False)

    async def price(self, panel: str, places: Mapping[str, str]) -> Price:
        """What it costs that these cases have these sittings.

        Raises TimeoutError where that takes long to find out, Unanswered where the planner cannot be had.
        """
        asked_for = self._at_once.price(panel, places, self._running.clock.now())
        return await asyncio.wait_for(asked_for, PATIENCE)

    async def _as_it_is(self, panel: str) -> Standing:
        standing = await self.as_kept(panel)
        question, kept = standing.asked, standing.plan
        if not question.cases:
            nothing = Plan(panel=panel, digest="nothing", made_at=self._running.clock.now())
            return Standing(question, nothing, fresh=True)
        # In a thread: nobody else waits for it.
        digest = await asyncio.to_thread(digest_of, question)
        return Standing(question, kept, fresh=kept is not None and kept.digest == digest)

    def _made(self, panel: str) -> asyncio.Task[None]:
        """Whoever asks for it while it is being made for somebody waits for the same plan."""

        def done(task: asyncio.Task[None]) -> None:
            del self._under_way[panel]
            if not task.cancelled():
                task.exception()  # it has been told, and whoever asked may have gone away

        if panel not in self._under_way:
            self._under_way[panel] = asyncio.create_task(self._make(self._at_once, panel))
            self._under_way[panel].add_done_callback(done)
        return self._under_way[panel]

    async def _make(self, planner: Planner, panel: str) -> None:
        try:
            made = await planner.plan(panel, self._running.clock.now())
        except Unanswered as error:
            self._failed(str(error))
            raise
        if made.one_by_one:
            log.warning("plan_not_proved", cases=made.cases, sittings=made.sittings)
            self._running.parts.stopped(PART, _NOT_PROVED, lasts=60)
        else:
            self._running.parts.well(PART)

    def _failed(self, why: str) -> None:
        if not self._running.stopping.is_set():
            log.error("planning_failed", why=why)
            self._running.parts.stopped(PART, _FAILED, lasts=2 * AFTER_FAILURE)

    async def run(self) -> None:
        """Looks every two seconds for what has changed, and plans anew, until the service stops; long plans seldom.

        What goes wrong is told by health and tried again: without a plan all else goes on.
        """
        while not self._running.stopping.is_set():
            began = monotonic()
            try:
                await self.once()
                wait = until_next_look(monotonic() - began)
            except OUTAGES:
                raise
            except Unanswered:
                wait = AFTER_FAILURE
            except Exception as error:
                self._failed(type(error).__name__)
                wait = AFTER_FAILURE
            await pause(self._running.stopping, wait)

    async def once(self) -> None:
        """Plans anew for each panel of which anything changed, unless another process is at it. Raises TooManyCases."""
        async with self._running.pool.acquire() as conn:
            now = self._running.clock.now()
            marks = {code: await planned.mark(conn, code, now) for code in self._book.codes}
        changed = [
            code for code, mark in marks.items() if mark is not None and mark != self._marks.get(code, 0)
        ]
        if changed:
            async with self._alone() as alone:
                for code in changed if alone else ():
                    await self._make(self._in_turn, code)
                    self._marks[code] = marks[code]
        if None in marks.values():
            raise planned.TooManyCases

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[bool]:
        """Whether this is the only process that plans; the lock goes with its connection."""
        async with self._running.pool.acquire() as conn:
            locked = await conn.fetchval("SELECT pg_try_advisory_lock($1, 0)", LOCK_CLASS)
            try:
                yield bool(locked)
            finally:
                if locked:
                    await _unlock(conn)


def until_next_look(took: float) -> float:
    """Seconds from the end of a look that ``took`` so many to the next one."""
    return min(max(EVERY, RESTS * took), LONGEST_REST)


async def _unlock(conn: Connection) -> None:
    try:
        await conn.execute("SELECT pg_advisory_unlock($1, 0)", LOCK_CLASS)
    except BaseException as error:
        # The pool undoes nothing: the lock would stay on its connection, and nobody would plan any more.
        with suppress(asyncpg.InterfaceError):
            conn.terminate()
        if not isinstance(error, OUTAGES):
            raise
