"""Routes that are asked much more often than all others: FastAPI documents them, `Direct` answers them.

FastAPI finds out anew for every request what an endpoint asks for, and checks and copies what it answers: a
sixth of a millisecond, as much as the whole check of a form. A direct route says these things once, when the
service starts. It may ask for less, and makes its own response; callers, scopes, faults and errors are the same.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.web.auth import Require

_UNKNOWN_HERE = (
    "path_params",
    "query_params",
    "cookie_params",
    "body_params",
    "response_param_name",
    "background_tasks_param_name",
    "http_connection_param_name",
    "security_scopes_param_name",
)


class DirectRoute(APIRoute):
    """``APIRouter(route_class=DirectRoute)``: its endpoints answer a Response, and are answered by `Direct`.

    They may ask for the request, for one caller, and for headers that may be left out.
    """


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A direct route, and what its function is given by name."""

    route: APIRoute
    call: Callable[..., Awaitable[Response]]
    request: str
    caller: str
    owner: Require
    headers: tuple[Any, ...]

    async def answer(self, request: Request) -> Response:
        """What the route answers. Raises what FastAPI would: Problem, RequestValidationError, its own."""
        given: dict[str, Any] = {self.request: request, self.caller: await self.owner(request)}
        for header in self.headers:
            given[header.name] = _read(header, request)
        return await self.call(**given)


def _read(header: Any, request: Request) -> Any:
    text = request.headers.get(header.alias)
    if text is None:
        return header.get_default()
    value, faults = header.validate(text, {}, loc=("header", header.alias))
    if faults:
        raise RequestValidationError(faults)
    return value


def endpoints(app: FastAPI) -> dict[tuple[str, str], Endpoint]:
    """The direct routes of an app by method and path. Raises TypeError for one that asks for too much."""
    found = [each for each in iter_route_contexts(app.routes) if isinstance(each.original_route, DirectRoute)]
    return {(method, each.path or ""): _endpoint(each) for each in found for method in each.methods or ()}


def _endpoint(found: RouteContext) -> Endpoint:
    asked: Dependant = found.dependant
    owners = [each for each in asked.dependencies if isinstance(each.call, Require)]
    too_much = [name for name in _UNKNOWN_HERE if getattr(asked, name)]
    if too_much or len(owners) != 1 or len(asked.dependencies) != 1 or asked.request_param_name is None:
        raise TypeError(
            f"{found.path} cannot be a direct route: let it ask for the request and a caller only"
        )
    if any(header.field_info.is_required() for header in asked.header_params):
        raise TypeError(f"{found.path} cannot be a direct route: let its headers have a default")
    (owner,) = owners
    return Endpoint(
        cast(APIRoute, found.original_route),
        cast("Callable[..., Awaitable[Response]]", asked.call),
        asked.request_param_name,
        owner.name or "",
        cast(Require, owner.call),
        tuple(asked.header_params),
    )


class Direct:
    """ASGI: answers direct routes, and hands everything else on to FastAPI.

    ``explain`` makes an answer of an error, by its class; others are raised.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoints: Mapping[tuple[str, str], Endpoint],
        explain: Mapping[Any, Callable[..., Any]],
    ) -> None:
        self._app, self._endpoints, self._explain = app, endpoints, explain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = endpoint.route
        request = Request(scope, receive)
        try:
            response = await endpoint.answer(request)
        except Exception as error:
            response = await self._explained(request, error)
        await response(scope, receive, send)

    async def _explained(self, request: Request, error: Exception) -> Response:
        for kind in type(error).__mro__:
            if kind in self._explain:
                response: Response = await self._explain[kind](request, error)
                return response
        raise error
