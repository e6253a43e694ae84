"""Makes the plan of each panel anew when a case or a sitting changes, and keeps it.

One process plans at a time, by an advisory lock; it plans beside its event loop and outside any transaction. Whoever
needs a plan that is not made yet makes it on the spot: the same input has the same plan, whoever makes it.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, cast

import asyncpg

from chassis.database import OUTAGES
from chassis.pause import pause
from chassis.service import Running
from chassis.storage import Connection
from chassis.telemetry import get_logger
from services.panels import storage
from services.panels.asking import Asked, asked
from services.panels.domain.panels.levels import Level
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.commands import KeepPlan
from services.panels.domain.plan.plans import Plan, Planned, Proved, Unplanned

if TYPE_CHECKING:
    from services.panels.planning.question import Question

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
Objection = Literal["unknown", "locked", "remit", "papers", "quorum", "room"]
LOCK_CLASS = 1_179_601_994
PART = "planner"
_FAILED = "no plan can be made: the service's log says why, and the one that was made last stays"
_NOT_PROVED = "the solver failed: the plan takes cases one after the other, and nothing of it is proved"

# A plan of hundreds of cases takes a second of a processor; the solver lets others go on meanwhile.
_PLANNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="planner")


@dataclass(frozen=True, slots=True)
class Standing:
    """A panel's question as it is now, and its plan; ``fresh``: it is the plan of this very question.

    ``plan`` is None while the first one is being made.
    """

    asked: Asked
    plan: Plan | None
    fresh: bool


@dataclass(frozen=True, slots=True)
class Price:
    """What a place costs: what forbids it (None: nothing), or by how much each level of the plan gets worse."""

    objection: Objection | None
    lost: tuple[tuple[Level, int], ...] = ()


class Planning:
    """The plans of all panels, as one process makes and reads them."""

    def __init__(self, running: Running, book: PanelBook) -> None:
        self._running, self._book = running, book
        self._under_way: dict[str, asyncio.Task[Plan]] = {}
        self._marks: dict[str, object] = {}

    async def standing(self, panel: str, patience: float = PATIENCE) -> Standing:
        """How the plan of a panel stands. One that is missing or stale is made on the spot, if that is soon done."""
        now = self._running.clock.now()
        async with self._running.pool.acquire() as conn:
            question = await asked(conn, self._book, panel, now)
            kept = await storage.plan_of(conn, panel)
        if not question.cases:
            return Standing(question, Plan(panel=panel, digest="nothing", made_at=now), fresh=True)
        # Not behind the solver: whoever looks at a plan does not wait for another one to be made.
        digest = await asyncio.to_thread(_digest, question)
        if kept is not None and kept.digest == digest:
            return Standing(question, kept, fresh=True)
        try:
            made = await asyncio.wait_for(asyncio.shield(self._made(question, digest, now)), patience)
        except TimeoutError:
            return Standing(question, kept, fresh=False)
        return Standing(question, made, fresh=True)

    async def as_kept(self, panel: str) -> Standing:
        """The plan as it was made last, over things as they are now: for whoever accepts what they have seen of it."""
        async with self._running.pool.acquire() as conn:
            question = await asked(conn, self._book, panel, self._running.clock.now())
            return Standing(question, await storage.plan_of(conn, panel), fresh=False)

    async def price(self, panel: str, places: Mapping[str, str]) -> Price:
        """What it costs that these cases have these sittings. Raises TimeoutError where that takes long to find out."""
        async with self._running.pool.acquire() as conn:
            question = await asked(conn, self._book, panel, self._running.clock.now())
        return cast(Price, await asyncio.wait_for(_beside(_price, question, places), PATIENCE))

    def _made(self, question: Asked, digest: str, now: datetime) -> asyncio.Task[Plan]:
        """Whoever asks the same while it is being made waits for the same plan."""
        if digest not in self._under_way:
            task = asyncio.create_task(self._make(question, digest, now))
            self._under_way[digest] = task
            task.add_done_callback(lambda _: self._under_way.pop(digest))
        return self._under_way[digest]

    async def _make(self, question: Asked, digest: str, now: datetime) -> Plan:
        made: Plan = await _beside(_plan, question, digest, now)
        if made.one_by_one:
            log.warning("plan_not_proved", cases=len(question.cases), sittings=len(question.filled))
            self._running.parts.stopped(PART, _NOT_PROVED, lasts=60)
        else:
            self._running.parts.well(PART)
        await self._running.runner.command(KeepPlan(made))
        return made

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
            except Exception as error:
                log.error("planning_failed", error=type(error).__name__)
                self._running.parts.stopped(PART, _FAILED, lasts=2 * AFTER_FAILURE)
                wait = AFTER_FAILURE
            await pause(self._running.stopping, wait)

    async def once(self) -> None:
        """Plans anew for each panel of which anything changed, unless another process is at it."""
        async with self._running.pool.acquire() as conn:
            now = self._running.clock.now()
            marks = {code: await storage.mark(conn, code, now) for code in self._book.codes}
        changed = [code for code, mark in marks.items() if self._marks.get(code) != mark]
        if not changed:
            return
        async with self._alone() as alone:
            if alone:
                for code in changed:
                    await self.standing(code, patience=600)
                    self._marks[code] = marks[code]

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


async def replan(book: PanelBook, running: Running) -> None:
    """The background part of the service that plans."""
    await Planning(running, book).run()


async def _beside(work: Any, *given: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(_PLANNER, work, *given)


# Only when there is something to plan: what plans takes 26 MB of memory, in a process that may never need it.
def _question(question: Asked, but: Collection[str] = ()) -> "Question":
    """The question in the planner's words: who was placed by hand is not asked about, except for the cases ``but``."""
    from services.panels.planning.fixed import without
    from services.panels.planning.question import Question

    whole = Question.of(question.plan_cases, question.plan_sittings)
    freed = {case.siblings for case in question.cases if case.case_id in but} - {None}
    free = {case.case_id for case in question.cases if case.case_id in but or case.siblings in freed}
    return without(whole, {id: place for id, place in question.held.items() if id not in free})


def _digest(question: Asked) -> str:
    from services.panels.planning.digest import digest

    return digest(_question(question), question.order)


def _plan(question: Asked, digest: str, now: datetime) -> Plan:
    from services.panels.planner import plan

    rest = _question(question)
    made = plan(rest.cases, rest.sittings, question.order)
    proofs = [_proved(each) for each in made.proofs]
    return Plan(
        panel=question.panel,
        digest=digest,
        made_at=now,
        listings=tuple(
            Planned(case_id=e.case_id, sitting_id=e.sitting_id, reason=e.reason) for e in made.listings
        ),
        unlisted=tuple(Unplanned(case_id=e.case_id, reason=e.reason) for e in made.unlisted),
        proofs=tuple(proofs),
    )


def _price(question: Asked, places: Mapping[str, str]) -> Price:
    from services.panels.planning.fixed import costs, objection

    whole = _question(question, but=places)
    for case_id, sitting_id in places.items():
        if forbidden := objection(whole, case_id, sitting_id):
            return Price(forbidden)
    return Price(None, tuple((cost.level, cost.lost) for cost in costs(whole, places, question.order)))


def _proved(proof: Any) -> Proved:
    return Proved(level=proof.level, value=proof.value, bound=proof.bound, how=proof.how, nodes=proof.nodes)
