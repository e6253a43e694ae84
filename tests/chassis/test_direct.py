"""Routes that are answered without FastAPI's machinery behave as all others do."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from starlette.testclient import TestClient

from chassis import telemetry
from chassis.settings import TokenGrant
from chassis.web.app import create_app
from chassis.web.auth import Caller, every_route_has_an_owner, require
from chassis.web.direct import DirectRoute
from tests.chassis.test_web import CANARY, ERRORS, bearer, grant

Writing = Annotated[Caller, Depends(require("shop:write"))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=5)]
TOKENS: list[TokenGrant] = [grant("till", "shop:write"), grant("reader", "shop:read")]


def orders(direct: bool) -> APIRouter:
    """The same routes, answered directly or by FastAPI."""
    kind: dict[str, Any] = {"route_class": DirectRoute} if direct else {}
    routes = APIRouter(prefix="/api", **kind)

    @routes.post("/orders", status_code=202, response_model=Mapping[str, Any])
    async def order(request: Request, caller: Writing, key: Key = None) -> Response:
        """Take an order."""
        if request.headers.get("x-fail"):
            raise ERRORS[request.headers["x-fail"]]
        taken = {"by": caller.name, "key": key, "size": len(await request.body())}
        taken["correlation"] = telemetry.correlation()
        return Response(json.dumps(taken), 202, media_type="application/json")

    return routes


def app_of(direct: bool) -> FastAPI:
    outer = APIRouter()
    outer.include_router(orders(direct))
    return create_app("Shop", "1", TOKENS, [outer])


@pytest.fixture
def both() -> list[TestClient]:
    """The direct route first, FastAPI's second."""
    telemetry.configure("shop")
    return [TestClient(app_of(direct), raise_server_exceptions=False) for direct in (True, False)]


Change = Mapping[str, str]
REQUESTS: list[tuple[str, str, Change, bytes]] = [
    ("POST", "/api/orders", {}, b"{}"),
    ("POST", "/api/orders?n=1", {}, b"{}"),
    ("POST", "/api/orders", {"Idempotency-Key": "abc"}, b"{}"),
    ("POST", "/api/orders", {"Idempotency-Key": ""}, b"{}"),
    ("POST", "/api/orders", {"Idempotency-Key": CANARY}, b"{}"),
    ("POST", "/api/orders", {"Authorization": ""}, b"{}"),
    ("POST", "/api/orders", {"Authorization": "", "Idempotency-Key": CANARY}, b"{}"),
    ("POST", "/api/orders", bearer("reader"), b"{}"),
    ("POST", "/api/orders", {}, b"x" * 1_000_001),
    ("POST", "/api/orders", {}, b'"\\u0000"'),
    ("POST", "/api/orders/", {}, b"{}"),
    ("GET", "/api/orders", {}, b""),
    *[("POST", "/api/orders", {"X-Fail": kind}, b"{}") for kind in ERRORS],
]


@pytest.mark.parametrize(("method", "path", "headers", "body"), REQUESTS)
def test_a_direct_route_answers_as_fastapi_does(
    both: list[TestClient], method: str, path: str, headers: Change, body: bytes
) -> None:
    same = {**bearer("till"), "X-Request-ID": "0af7651916cd43dd8448eb211c80319c", **headers}
    direct, fastapi = (client.request(method, path, headers=same, content=body) for client in both)
    assert (direct.status_code, direct.json()) == (fastapi.status_code, fastapi.json())
    assert sorted(direct.headers.items()) == sorted(fastapi.headers.items())
    assert CANARY not in direct.text


def test_its_access_line_names_the_template_the_caller_and_the_status(
    both: list[TestClient], capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[dict[str, Any]] = []
    for client in both:
        client.post("/api/orders?name=" + CANARY, headers=bearer("till"))
        out = capsys.readouterr().out
        assert CANARY not in out
        lines.append(json.loads(out))
    told = ("method", "route", "status", "caller")
    assert [lines[0][key] for key in told] == [lines[1][key] for key in told]
    assert lines[0]["route"] == "/api/orders"


def test_it_is_documented_and_has_an_owner() -> None:
    assert app_of(direct=True).openapi() == app_of(direct=False).openapi()
    every_route_has_an_owner(app_of(direct=True), [])


async def _with_a_query(request: Request, caller: Writing, n: int = 1) -> Response:
    return Response()


async def _without_a_caller(request: Request) -> Response:
    return Response()


async def _with_a_header_that_must_be_there(
    request: Request, caller: Writing, key: Annotated[str, Header()]
) -> Response:
    return Response()


async def _with_a_body(request: Request, caller: Writing, body: dict[str, str]) -> Response:
    return Response()


@pytest.mark.parametrize(
    "endpoint", [_with_a_query, _without_a_caller, _with_a_header_that_must_be_there, _with_a_body]
)
def test_a_route_that_asks_for_more_than_it_can_be_given_stops_the_start(
    endpoint: Callable[..., Any],
) -> None:
    routes = APIRouter(route_class=DirectRoute)
    routes.post("/orders")(endpoint)
    with pytest.raises(TypeError, match="/orders cannot be a direct route"):
        create_app("Shop", "1", TOKENS, [routes])
