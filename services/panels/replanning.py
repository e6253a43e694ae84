"""Sees to it that each panel has a plan of things as they are, and shows it beside them.

A planner makes it, beside the service (`services.panels.planner_process`); of all processes that look for what has
changed one has plans made, by an advisory lock. Whoever needs a plan that is not made yet has it made on the spot:
the same input has the same plan, whoever makes it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from time import monotonic

import asyncpg

from chassis.beside import OutOfMemory, Unanswered
from chassis.database import OUTAGES
from chassis.pause import pause
from chassis.service import Running
from chassis.storage import Connection
from chassis.telemetry import get_logger
from services.panels import planned
from services.panels.asking import Asked, asked
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.plans import Plan
from services.panels.drafting import Made, Planner, Price, digest_of
from services.panels.troubles import FAILED, NOT_PROVED, TOO_LARGE, TOO_MANY, Troubles

log = get_logger(__name__)

#: Seconds between two looks for what has changed, so that many changes at once make one plan.
EVERY = 2.0
#: After a plan it rests so many times as long as that took, but at most so many seconds: a stream of referrals then
#: costs it a thirtieth of a processor and not a whole one. Who looks meanwhile has the plan made on the spot.
RESTS, LONGEST_REST = 29, 300.0
#: Seconds until it is tried again where it went wrong.
AFTER_FAILURE = 15.0
#: How long a page or a caller waits for a plan that is made on the spot.
PATIENCE = 8.0
#: A plan that was under way already when somebody asked may be of things as they were before: the next one is not.
ROUNDS = 2
LOCK_CLASS = 1_179_601_994


@dataclass(frozen=True, slots=True)
class Standing:
    """A panel's question as it is now, and its plan; ``fresh``: it is the plan of this very question.

    ``plan`` is None while the first one is being made. ``too_large``: no plan can be made of so many cases in the
    memory that the planner may use.
    """

    asked: Asked
    plan: Plan | None
    fresh: bool
    too_large: bool = False


class Planning:
    """The plans of all panels, as one process makes and reads them."""

    def __init__(self, running: Running, book: PanelBook, in_turn: Planner, at_once: Planner) -> None:
        """``in_turn`` makes plans for which nobody waits, ``at_once`` those of somebody who looks."""
        self._running, self._book = running, book
        self._in_turn, self._at_once = in_turn, at_once
        self._troubles = Troubles(running.parts)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._marks: dict[str, object] = {}
        # The mark of what was too large for the planner's memory: the same again would need as much. Whoever begins
        # knows of none, for it may have been given more.
        self._too_large: dict[str, object] = {}

    async def standing(self, panel: str, patience: float = PATIENCE) -> Standing:
        """How the plan of a panel stands. One that is missing or stale is made on the spot, if that is soon done.

        Where it is not, or the planner cannot be had, the plan that was made last is shown as what it is.
        """
        until = monotonic() + patience
        standing = await self._as_it_is(panel)
        for _ in range(ROUNDS):
            if standing.fresh or await self._is_too_large(panel):
                break
            try:
                left = max(0.0, until - monotonic())
                await asyncio.wait_for(asyncio.shield(self._made(panel)), left)
            except (TimeoutError, Unanswered):
                break
            standing = await self._as_it_is(panel)
        too_large = not standing.fresh and await self._is_too_large(panel)
        if too_large:
            self._troubles.passes(TOO_LARGE, 2 * AFTER_FAILURE)
        return replace(standing, too_large=too_large)

    async def _is_too_large(self, panel: str) -> bool:
        """Whether things are as they were when a plan of them needed too much memory."""
        return panel in self._too_large and self._too_large[panel] == await self._mark(panel)

    async def _mark(self, panel: str) -> object:
        async with self._running.pool.acquire() as conn:
            return await planned.mark(conn, panel, self._running.clock.now())

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
        try:
            return await asyncio.wait_for(asked_for, PATIENCE)
        except Unanswered as error:
            self._log("pricing_failed", panel, error)
            raise

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
            self._under_way[panel] = asyncio.create_task(self._on_the_spot(panel))
            self._under_way[panel].add_done_callback(done)
        return self._under_way[panel]

    async def _on_the_spot(self, panel: str) -> None:
        mark = await self._mark(panel)
        try:
            made = await self._at_once.plan(panel, self._running.clock.now())
        except Unanswered as error:
            if isinstance(error, OutOfMemory):
                self._too_large[panel] = mark
            if self._log("planning_failed", panel, error):
                self._troubles.passes(_trouble(error), 2 * AFTER_FAILURE)
            raise
        if _is_proved(panel, made):
            self._troubles.over(panel)
        else:
            self._troubles.passes(NOT_PROVED, 2 * AFTER_FAILURE)

    async def _in_its_turn(self, panel: str, mark: object) -> bool:
        """Whether it went well. What went wrong with one panel's plan keeps no other panel from its own."""
        self._marks[panel] = None  # no mark is like that: it is tried again
        try:
            made = await self._in_turn.plan(panel, self._running.clock.now())
        except Exception as error:
            if self._log("planning_failed", panel, error):
                self._troubles.stays(panel, _trouble(error))
            if isinstance(error, OutOfMemory):
                self._marks[panel] = self._too_large[panel] = mark
            return False
        self._marks[panel] = mark
        if _is_proved(panel, made):
            self._troubles.over(panel)
        else:
            self._troubles.stays(panel, NOT_PROVED)
        return True

    def _log(self, what: str, panel: str, error: Exception) -> bool:
        """Whether it is an error: a planner that ends with the service is none."""
        if self._running.stopping.is_set():
            return False
        if isinstance(error, Unanswered):
            log.error(what, panel=panel, why=str(error), there=error.there)
        else:
            log.error(what, panel=panel, error=error)
        return True

    async def run(self) -> None:
        """Looks every two seconds for what has changed, and plans anew, until the service stops; long plans seldom.

        What goes wrong is told by health and tried again: without a plan all else goes on.
        """
        while not self._running.stopping.is_set():
            began = monotonic()
            try:
                well = await self.once()
            except OUTAGES:
                raise
            except Exception as error:  # not of a plan, but of looking what has changed
                log.error("planning_failed", error=error)
                self._troubles.passes(FAILED, 2 * AFTER_FAILURE)
                well = False
            await pause(
                self._running.stopping, until_next_look(monotonic() - began) if well else AFTER_FAILURE
            )

    async def once(self) -> bool:
        """Plans anew for each panel of which anything changed, unless another process is at it.

        Answers whether no plan failed. Raises what the database does where it is away.
        """
        async with self._running.pool.acquire() as conn:
            now = self._running.clock.now()
            marks = {code: await planned.mark(conn, code, now) for code in self._book.codes}
        for code in (code for code, mark in marks.items() if mark is None):
            self._marks[code] = None
            self._troubles.stays(code, TOO_MANY)
        changed = [
            code for code, mark in marks.items() if mark is not None and mark != self._marks.get(code, 0)
        ]
        if not changed:
            return True
        async with self._alone() as alone:
            if not alone:
                self._troubles.elsewhere(changed)
                return True
            return all([await self._in_its_turn(code, marks[code]) for code in changed])

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


def _trouble(error: Exception) -> str:
    return TOO_LARGE if isinstance(error, OutOfMemory) else FAILED


def _is_proved(panel: str, made: Made) -> bool:
    if made.one_by_one:
        log.warning("plan_not_proved", panel=panel, cases=made.cases, sittings=made.sittings)
    return not made.one_by_one


async def _unlock(conn: Connection) -> None:
    try:
        await conn.execute("SELECT pg_advisory_unlock($1, 0)", LOCK_CLASS)
    except BaseException as error:
        # The pool undoes nothing: the lock would stay on its connection, and nobody would plan any more.
        with suppress(asyncpg.InterfaceError):
            conn.terminate()
        if not isinstance(error, OUTAGES):
            raise
