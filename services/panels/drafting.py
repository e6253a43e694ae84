"""Makes the plan of a panel from the database and keeps it there, and works out what a place costs.

It reads thousands of cases and takes a processor for seconds: the service has it done by a process of its own
(`services.panels.planner_process`), which is all but the only one that runs this.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

import asyncpg

from services.panels import planned
from services.panels.asking import Asked, asked
from services.panels.domain.panels.levels import Level
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.plan.commands import KeepPlan
from services.panels.domain.plan.plans import Plan, Planned, Proved, Unplanned
from services.panels.planning.digest import digest
from services.panels.planning.question import Question, without

Objection = Literal["unknown", "locked", "remit", "papers", "quorum", "room"]


@dataclass(frozen=True, slots=True)
class Made:
    """The plan that is kept now; ``one_by_one``: the solver failed. Nought cases: there is nothing to plan."""

    cases: int
    sittings: int
    one_by_one: bool = False


@dataclass(frozen=True, slots=True)
class Price:
    """What a place costs: what forbids it (None: nothing), or by how much each level of the plan gets worse."""

    objection: Objection | None
    lost: tuple[tuple[Level, int], ...] = ()


class Planner(Protocol):
    """Whoever makes plans: `Drafts`, or a process that has one. May raise `chassis.beside.Unanswered`."""

    async def plan(self, panel: str, now: datetime) -> Made:
        """Sees to it that the plan of a panel as it is now is kept; one that is kept already is not made again."""

    async def price(self, panel: str, places: Mapping[str, str], now: datetime) -> Price:
        """What it costs that these cases have these sittings."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """The planner's work itself, over the database; ``command`` has a message decided and written."""

    pool: asyncpg.Pool
    book: PanelBook
    command: Callable[[object], Awaitable[Any]]

    async def plan(self, panel: str, now: datetime) -> Made:
        async with self.pool.acquire() as conn:
            read_at = await planned.moment(conn)
            question = await asked(conn, self.book, panel, now)
            kept = await planned.plan_of(conn, panel)
        if not question.cases:
            return Made(0, len(question.filled))
        if kept is not None and kept.digest == digest_of(question):
            # Said all the same: somebody may still be at the plan of what was so before it was so again.
            plan = kept.model_copy(update={"read_at": read_at})
        else:
            plan = _plan(question, now, read_at)
        await self.command(KeepPlan(plan))
        return Made(len(question.cases), len(question.filled), plan.one_by_one)

    async def price(self, panel: str, places: Mapping[str, str], now: datetime) -> Price:
        async with self.pool.acquire() as conn:
            return _price(await asked(conn, self.book, panel, now), places)


def digest_of(question: Asked) -> str:
    """What stands for a question: the same digest, the same plan."""
    return digest(_question(question), question.order)


def _question(question: Asked, but: Collection[str] = ()) -> Question:
    """The question in the planner's words: who was placed by hand is not asked about, except for the cases ``but``."""
    whole = Question.of(question.plan_cases, question.plan_sittings)
    freed = {case.siblings for case in question.cases if case.case_id in but} - {None}
    free = {case.case_id for case in question.cases if case.case_id in but or case.siblings in freed}
    return without(whole, {id: place for id, place in question.held.items() if id not in free})


# Only when there is something to plan: what plans takes 26 MB of memory, in a process that may never need it.
def _plan(question: Asked, now: datetime, read_at: datetime) -> Plan:
    from services.panels.planner import plan

    rest = _question(question)
    made = plan(rest.cases, rest.sittings, question.order)
    return Plan(
        panel=question.panel,
        digest=digest(rest, question.order),
        made_at=now,
        read_at=read_at,
        listings=tuple(
            Planned(case_id=e.case_id, sitting_id=e.sitting_id, reason=e.reason) for e in made.listings
        ),
        unlisted=tuple(Unplanned(case_id=e.case_id, reason=e.reason) for e in made.unlisted),
        proofs=tuple(
            Proved(level=e.level, value=e.value, bound=e.bound, how=e.how, nodes=e.nodes) for e in made.proofs
        ),
    )


def _price(question: Asked, places: Mapping[str, str]) -> Price:
    from services.panels.planning.fixed import costs, objection

    whole = _question(question, but=places)
    for case_id, sitting_id in places.items():
        if forbidden := objection(whole, case_id, sitting_id):
            return Price(forbidden)
    return Price(None, tuple((cost.level, cost.lost) for cost in costs(whole, places, question.order)))
