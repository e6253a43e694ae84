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

#: Answers metrics in Prometheus' text format.
Exposition = Callable[[], Awaitable[bytes]]

OPEN_PATHS = ("/health/live", "/health/ready")


async def own_metrics() -> bytes:
    """The metrics of this process."""
    return metrics.exposition()


def router(
    live: Mapping[str, Check],
    ready: Mapping[str, Check],
    noted: Mapping[str, Check] | None = None,
    seconds: float = 2.0,
    exposition: Exposition = own_metrics,
) -> APIRouter:
    """/health/live, /health/ready and /metrics.

    A failed ``live`` check asks for a restart: the process is stuck. A failed ``ready`` check asks for
    patience: without this part nobody can be served. Either gives 503. What is only ``noted`` leaves the answer
    at 200, with the status degraded: other requests than those that need this part can be served. Every check
    is named with its state and its reason. A check that takes longer than ``seconds`` has failed.
    """
    routes = APIRouter(include_in_schema=False)  # for those who operate it, see docs/operations.md

    @routes.get("/health/live")
    async def is_live() -> Response:
        """Whether the process does its work; 503 asks for a restart."""
        answer = await _answer(live, {}, seconds)
        metrics.LIVE.set(answer.status_code == 200)
        return answer

    @routes.get("/health/ready")
    async def is_ready() -> Response:
        """Whether what the service needs is there; 503 asks to be left alone for a while."""
        return await _answer(ready, noted or {}, seconds)

    @routes.get("/metrics")
    async def told(_: Annotated[Caller, Depends(require("ops:metrics"))]) -> Response:
        """All metrics in Prometheus' text format."""
        return Response(await exposition(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _answer(needed: Mapping[str, Check], noted: Mapping[str, Check], seconds: float) -> Response:
    checks = [*needed.items(), *noted.items()]
    reasons = await asyncio.gather(*(_reason(name, check, seconds) for name, check in checks))
    body = {
        name: {"state": "failing" if name in needed else "degraded", "reason": reason}
        if reason
        else {"state": "ok"}
        for (name, _), reason in zip(checks, reasons, strict=True)
    }
    states = {part["state"] for part in body.values()}
    status = next((worst for worst in ("failing", "degraded") if worst in states), "ok")
    return JSONResponse({"status": status, "checks": body}, 503 if status == "failing" else 200)


async def _reason(name: str, check: Check, seconds: float) -> str | None:
    try:
        return await asyncio.wait_for(check(), seconds)
    except TimeoutError:
        return f"no answer within {seconds:g} seconds"
    except Exception as error:
        log.warning("check_failed", check=name, error=error)
        return f"failed: {type(error).__name__}"
