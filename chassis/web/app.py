"""The web application of a service: its routers behind one door that counts, traces and limits."""

import re
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from opentelemetry.trace import Span, SpanKind
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics, telemetry
from chassis.database import OUTAGES
from chassis.ids import new_id
from chassis.redaction import random_id
from chassis.runner import IdempotencyConflict, Unavailable
from chassis.settings import TokenGrant
from chassis.web import contract, problems
from chassis.web.auth import Caller, callers, is_for_people, require
from chassis.web.direct import Direct, endpoints
from chassis.web.single import Single

log = telemetry.get_logger(__name__)

LARGEST_BODY = 1_000_000  # bytes
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = ("/health/", "/metrics", "/internal/", "/assets/", "/favicon.ico")
_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    b"frame-ancestors 'none'; base-uri 'none'"
)
#: In every answer, unless the route gives another; as they go over the wire.
SECURITY = (
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"cache-control", b"no-store"),
)
#: As well, where browsers come by https: for two years they come by nothing else.
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


def create_app(
    title: str,
    version: str,
    tokens: Sequence[TokenGrant],
    routers: Sequence[APIRouter],
    secure: bool = False,
    uploads: Sequence[str] = (),
) -> FastAPI:
    """The application of these routers.

    Errors are problem documents, and every answer carries ``X-Request-ID`` and the security headers. (What the
    gate before it refuses unread, `chassis.web.gate`, stands in no log and so has no id.) The
    OpenAPI document is at /openapi.json for any known token. FastAPI's own telemetry stays off, since it
    records values. ``secure``: the outside reaches it by https. ``uploads`` are patterns of paths whose routes
    limit the body themselves, as they read it.
    """
    app = FastAPI(
        title=title,
        version=version,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.RESPONSES,
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
    )
    app.state.callers = callers(tokens)
    for router in routers:
        _take(app, router)
    _publish_contract(app)
    problems.register(app, unavailable=(Unavailable, *_outages()), conflict=(IdempotencyConflict,))
    app.add_middleware(Single, most=LARGEST_BODY)  # direct routes look for themselves
    app.add_middleware(Direct, endpoints=endpoints(app), explain=app.exception_handlers)
    headers = (*SECURITY, _HTTPS_ONLY) if secure else SECURITY
    app.add_middleware(Door, templates=lambda: _templates(app), headers=headers, uploads=uploads)
    return app


def _outages() -> tuple[type[Exception], ...]:
    return tuple(error for error in OUTAGES if issubclass(error, Exception))


def _leave_out_pages(app: FastAPI) -> None:
    """Takes the pages of people out of the OpenAPI document: it is for programs."""
    for found in iter_route_contexts(app.routes):
        route = found.original_route
        if isinstance(route, APIRoute) and is_for_people(found.dependant):
            route.include_in_schema = False


def _take(app: FastAPI, router: APIRouter) -> None:
    """As FastAPI's `include_router`, which would make each route a second time to say what all may answer."""
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    if len(routes) < len(router.routes):  # a router of routers, made otherwise than by `chassis.web.routes`
        app.include_router(router)
        return
    for route in routes:
        route.responses = {**problems.RESPONSES, **route.responses}
    app.router.routes.extend(routes)


def _publish_contract(app: FastAPI) -> None:
    generated = app.openapi

    @lru_cache
    def document() -> dict[str, Any]:
        _leave_out_pages(app)
        made = generated()
        contract.without_nul(made)
        problems.describe(made)
        return made

    app.openapi = document  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(_: Annotated[Caller, Depends(require(None))]) -> dict[str, Any]:
        return app.openapi()


def _templates(app: FastAPI) -> dict[int, str]:
    """The path template of each route, by the identity that Starlette leaves in the scope."""
    return {id(found.original_route): found.path or "" for found in iter_route_contexts(app.routes)}


class Door:
    """The one middleware, in plain ASGI: correlation, trace, limits, headers, metrics and the access line.

    The access line names the route's template, never the path or the query: they may hold a private code.
    """

    def __init__(
        self,
        app: ASGIApp,
        templates: Callable[[], dict[int, str]],
        headers: Sequence[tuple[bytes, bytes]],
        uploads: Sequence[str] = (),
    ) -> None:
        self._app, self._find, self._templates = app, templates, dict[int, str]()
        self._headers = headers
        self._uploads = [re.compile(pattern) for pattern in uploads]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        answer = _Answer(send, _request_id(headers.get("x-request-id", "")), self._headers)
        scope.setdefault("state", {})["request_id"] = answer.request_id
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        telemetry.bind(correlation=answer.request_id)
        with telemetry.span(method, headers.get("traceparent"), SpanKind.SERVER) as span:
            await self._answered(scope, headers, receive, answer)
            self._record(scope, span, method, answer, time.perf_counter() - began)

    async def _answered(self, scope: Scope, headers: Headers, receive: Receive, answer: "_Answer") -> None:
        try:
            limited = not any(pattern.fullmatch(scope["path"]) for pattern in self._uploads)
            refusal = _refusal(scope, headers, limited)
            if refusal is not None:
                await problems.answer(Request(scope), refusal)(scope, receive, answer)
            else:
                await self._app(scope, _Body(receive) if limited else receive, answer)
        except Exception as error:
            log.error("request_failed", error=error)
            if not answer.status:
                await problems.answer(Request(scope), problems.to_problem(error))(scope, receive, answer)

    def _record(self, scope: Scope, span: Span, method: str, answer: "_Answer", seconds: float) -> None:
        self._templates = self._templates or self._find()
        route = self._templates.get(id(scope.get("route")), "unmatched")
        metrics.HTTP_SECONDS.labels(method, route, str(answer.status)).observe(seconds)
        span.update_name(f"{method} {route}")
        span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": answer.status}
        )
        say = log.debug if route.startswith(_QUIET) and answer.status < 400 else log.info
        caller = scope.get("state", {}).get("caller")
        say(
            "request",
            method=method,
            route=route,
            status=answer.status,
            ms=round(seconds * 1000, 1),
            caller=caller,
        )


class _Answer:
    """``send`` that remembers the status and adds the headers that every answer has."""

    def __init__(self, send: Send, request_id: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self._send, self.request_id, self.status = send, request_id, 0
        self._headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            names = {name.lower() for name, _ in given}
            missing = [header for header in self._headers if header[0] not in names]
            own = (b"x-request-id", self.request_id.encode())
            message = {**message, "headers": [*given, own, *missing]}
        await self._send(message)


class _Body:
    """``receive`` that refuses what is too large, however it arrives, and the character NUL in JSON.

    PostgreSQL keeps no NUL in text, so that it could only fail later, and less politely.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive, self._size, self._tail = receive, 0, b""

    async def __call__(self) -> Message:
        message = await self._receive()
        chunk: bytes = message.get("body", b"")
        self._size += len(chunk)
        if self._size > LARGEST_BODY:
            raise HTTPException(413)
        if b"\\u0000" in self._tail + chunk:
            raise HTTPException(400)
        self._tail = chunk[-5:]
        return message


def _request_id(offered: str) -> str:
    """The caller's own id if it is a random one, else a new one: it goes into logs, headers and topics."""
    return random_id(offered) or new_id().replace("-", "")


def _refusal(scope: Scope, headers: Headers, limited: bool) -> problems.Problem | None:
    length = headers.get("content-length", "0")
    if limited and length.isdecimal() and int(length) > LARGEST_BODY:
        return problems.to_problem(HTTPException(413))
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        return problems.to_problem(HTTPException(400))
    return None
