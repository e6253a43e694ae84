"""The planner in a process of its own: both ends of what the service asks of it.

A plan of thousands of cases takes a processor for seconds, and so does reading them. In the service's own process that
would hold up everything else that it does, on the road of each referral; here nothing of it passes through the service.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chassis.beside import Beside
from chassis.clock import SystemClock
from chassis.database import connect
from chassis.outbox import Outbox
from chassis.runner import Runner
from chassis.sealing import KeyRings
from chassis.work import Work
from services.panels import handlers, storage
from services.panels.drafting import Drafts, Made, Price
from services.panels.panel_files import read_book
from services.panels.settings import Settings

if TYPE_CHECKING:
    from chassis.service import Running

#: Seconds after which a plan that is not made yet never will be: the process hangs, and another one is begun.
LONGEST = 600.0


class PlannerProcess:
    """The process as the service has it; what it is asked in vain raises `chassis.beside.Unanswered`."""

    def __init__(self, running: "Running", nice: int) -> None:
        """``nice``: by how much its priority is lower than the service's."""
        settings = running.settings
        assert isinstance(settings, Settings)
        told = {
            "database": settings.database.get_secret_value(),
            "folder": str(settings.folder),
            "closures": str(settings.closures),
        }
        self.beside = Beside(
            __name__,
            told,
            running.stopping,
            nice=nice,
            memory=settings.planner_megabytes * 1_000_000,
            hidden=f"{running.name.upper()}_",
        )

    async def plan(self, panel: str, now: datetime) -> Made:
        """Sees to it that the plan of a panel as it is now is kept."""
        return Made(**await self.beside.ask({"plan": panel, "now": now.isoformat()}, LONGEST))

    async def price(self, panel: str, places: Mapping[str, str], now: datetime) -> Price:
        """What it costs that these cases have these sittings."""
        asked = {"price": panel, "places": dict(places), "now": now.isoformat()}
        found = await self.beside.ask(asked, LONGEST)
        return Price(found["objection"], tuple((level, lost) for level, lost in found["lost"]))


@asynccontextmanager
async def answering(told: Mapping[str, str]) -> AsyncIterator[Callable[[Any], Awaitable[Any]]]:
    """What the process does, over its own connections to the service's database."""
    book = read_book(Path(told["folder"]), Path(told["closures"]))
    pool = await connect(told["database"], 2)
    # A plan is kept by the same rule and in the same way as all else; it says nothing, so that no key is needed.
    work = Work(handlers.build(book), storage.ALL, Outbox("", KeyRings({})), SystemClock())
    drafts = Drafts(pool, book, Runner(pool, work, committed=lambda: None).command)

    async def answer(asked: Mapping[str, Any]) -> Any:
        now = datetime.fromisoformat(asked["now"])
        if "plan" in asked:
            return asdict(await drafts.plan(asked["plan"], now))
        return asdict(await drafts.price(asked["price"], asked["places"], now))

    yield answer
