"""For whoever plays a demo or a test: is the service idle, and move its clock. Never mounted in production."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.clock import Clock, ClockRefused
from chassis.settings import ServiceSettings
from chassis.web.auth import Caller, require
from chassis.web.problems import Problem


class Idle(BaseModel):
    """Whether everything is done that can be done at the present business time."""

    idle: bool
    why: str | None
    now: datetime
    next_due: datetime | None


class Step(BaseModel):
    """The instant to which the business clock is to be moved."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    now: AwareDatetime


def router(
    settings: ServiceSettings,
    clock: Clock,
    busy: Callable[[], Awaitable[str | None]],
    next_due: Callable[[], Awaitable[datetime | None]],
    step: Callable[[datetime], Awaitable[None]],
) -> APIRouter:
    """/internal/idle and /internal/clock, for the scope clock:step; no routes at all in production.

    ``busy`` says why the service has not come to rest, or None; ``next_due`` when something falls due next;
    ``step`` moves the clock and raises ClockRefused if that would be backwards.
    """
    routes = APIRouter(prefix="/internal", include_in_schema=False)
    if not settings.rehearsal:
        return routes

    async def state() -> Idle:
        why = await busy()
        return Idle(idle=why is None, why=why, now=clock.now(), next_due=await next_due())

    @routes.get("/idle")
    async def is_idle(_: Annotated[Caller, Depends(require("clock:step"))]) -> Idle:
        return await state()

    @routes.post("/clock")
    async def move_clock(to: Step, _: Annotated[Caller, Depends(require("clock:step"))]) -> Idle:
        try:
            await step(to.now)
        except ClockRefused as error:
            raise Problem(409, "clock-refused", f"The clock was not moved: {error}.") from None
        return await state()

    return routes
