"""Health for whoever runs the service (open, without any data) and its metrics (scope ops:metrics)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from chassis import metrics, telemetry
from chassis.web.auth import Caller, require

log = telemetry.get_logger(__name__)

#: Answers None if all is well, or a few words on why not: constants, never a value or an address.
Check = Callable[[], Awaitable[str | None]]

OPEN_PATHS = ("/health/live", "/health/ready")


def router(live: Mapping[str, Check], ready: Mapping[str, Check], seconds: float = 2.0) -> APIRouter:
    """/health/live, /health/ready and /metrics.

    A failed ``live`` check asks for a restart: the process is stuck. A failed ``ready`` check asks for
    patience: something that it needs is away. Either gives 503, with each check by name. A check that takes
    longer than ``seconds`` has failed.
    """
    routes = APIRouter(tags=["operation"])

    @routes.get("/health/live")
    async def is_live() -> Response:
        """Whether the process does its work; 503 asks for a restart."""
        answer = await _answer(live, seconds)
        metrics.LIVE.set(answer.status_code == 200)
        return answer

    @routes.get("/health/ready")
    async def is_ready() -> Response:
        """Whether what the service needs is there; 503 asks to be left alone for a while."""
        return await _answer(ready, seconds)

    @routes.get("/metrics")
    async def exposition(_: Annotated[Caller, Depends(require("ops:metrics"))]) -> Response:
        """All metrics in Prometheus' text format."""
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _answer(checks: Mapping[str, Check], seconds: float) -> Response:
    outcomes = await asyncio.gather(*(_outcome(name, check, seconds) for name, check in checks.items()))
    body = dict(zip(checks, outcomes, strict=True))
    fine = all(outcome == "ok" for outcome in outcomes)
    return JSONResponse({"status": "ok" if fine else "failing", "checks": body}, 200 if fine else 503)


async def _outcome(name: str, check: Check, seconds: float) -> str:
    try:
        return await asyncio.wait_for(check(), seconds) or "ok"
    except TimeoutError:
        return f"no answer within {seconds:g} seconds"
    except Exception as error:
        log.warning("check_failed", check=name, error=error)
        return f"failed: {type(error).__name__}"
