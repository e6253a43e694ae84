"""What every service's HTTP does: who may ask, how errors are told, what is logged, health."""

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import pytest
from fastapi import APIRouter, Depends, FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.testclient import TestClient

from chassis import telemetry
from chassis.clock import ClockRefused
from chassis.decision import Refused
from chassis.runner import IdempotencyConflict, Unavailable
from chassis.settings import ServiceSettings, TokenGrant
from chassis.web import health, internal
from chassis.web.access import record_read
from chassis.web.app import create_app
from chassis.web.auth import Caller, every_route_has_an_owner, require
from chassis.web.problems import Problem

CANARY = "canary-4711"


class Child(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    upn: str = Field(max_length=13)
    born: str = "2020"
    kind: Literal["a", "b"] = "a"
    id: UUID | None = None

    @field_validator("born")
    @classmethod
    def _year(cls, value: str) -> str:
        if not value.isdecimal():
            raise ValueError("must be a year")
        return value


class Form(BaseModel):
    child: Child
    others: list[Child] = []


class Fault(BaseModel):
    field: str
    code: str
    message: str


ERRORS: dict[str, Exception] = {
    "refused": Refused("too-late", "The month is over: choose another."),
    "faults": Refused(
        "bad-form", "Wrong.", faults=(Fault(field="child.born", code="age", message="Too old."),)
    ),
    "conflict": IdempotencyConflict(CANARY),
    "away": Unavailable(CANARY),
    "refusing": ConnectionRefusedError(CANARY),
    "starting": asyncpg.CannotConnectNowError(CANARY),
    "bug": ValueError(CANARY),
    "problem": Problem(410, "gone", "It was here.", headers={"X-More": "1"}),
}


def shop() -> APIRouter:
    routes = APIRouter(prefix="/api")

    @routes.post("/forms", status_code=202)
    async def take(form: Form, caller: Annotated[Caller, Depends(require("shop:write"))]) -> dict[str, Any]:
        return {
            "by": caller.name,
            "owners": sorted(caller.owners or []),
            "correlation": telemetry.correlation(),
        }

    @routes.get("/forms/{code}")
    async def one(code: str, _: Annotated[Caller, Depends(require("shop:read"))], n: int = 1) -> str:
        return "here"

    @routes.get("/errors/{kind}")
    async def fail(kind: str, _: Annotated[Caller, Depends(require("shop:read"))]) -> None:
        raise ERRORS[kind]

    return routes


def grant(name: str, *scopes: str) -> TokenGrant:
    digest = hashlib.sha256(f"{name}-token".encode()).hexdigest()
    return TokenGrant(name=name, sha256=digest, scopes=frozenset(scopes), owners=frozenset({"117"}))


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}-token"}


def make_app(*routers: APIRouter, **checks: dict[str, health.Check]) -> FastAPI:
    tokens = [grant("till", "shop:write", "shop:read"), grant("reader", "shop:read"), grant("ops", "ops:metrics"),
              grant("driver", "clock:step")]  # fmt: skip
    return create_app(
        "Shop",
        "1",
        tokens,
        [
            shop(),
            health.router(checks.get("live", {}), checks.get("ready", {}), checks.get("noted"), 0.1),
            *routers,
        ],
    )


@pytest.fixture
def spans(capsys: pytest.CaptureFixture[str]) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    telemetry.configure("shop", "INFO", exporter=exporter)
    yield exporter
    logging.root.handlers.clear()


@pytest.fixture
def client(spans: InMemorySpanExporter) -> TestClient:
    return TestClient(make_app(), raise_server_exceptions=False)


FORM = {"child": {"upn": "x"}}


# -- who may ask -----------------------------------------------------------------------------------------


def test_a_known_token_with_the_scope_is_let_in(client: TestClient) -> None:
    answer = client.post("/api/forms", json=FORM, headers=bearer("till"))
    assert answer.status_code == 202
    assert answer.json()["by"] == "till"
    assert answer.json()["owners"] == ["117"]


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer  "}, {"Authorization": "Basic till-token"},
               {"Authorization": "Bearer nobody"}, {"Authorization": "till-token"}]
)  # fmt: skip
def test_without_a_known_token_nobody_is_let_in(client: TestClient, header: dict[str, str]) -> None:
    answer = client.post("/api/forms", json=FORM, headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_configured_digest_is_no_token(client: TestClient) -> None:
    digest = hashlib.sha256(b"till-token").hexdigest()
    assert (
        client.post("/api/forms", json=FORM, headers={"Authorization": f"Bearer {digest}"}).status_code == 401
    )


def test_a_token_without_the_scope_is_told_which_one_it_needs(client: TestClient) -> None:
    answer = client.post("/api/forms", json=FORM, headers=bearer("reader"))
    assert answer.status_code == 403
    assert "shop:write" in answer.json()["detail"]


def test_who_may_not_ask_is_told_nothing_about_the_form(client: TestClient) -> None:
    assert client.post("/api/forms", json={"child": {}}).status_code == 401


def test_every_route_asks_for_a_token_but_health() -> None:
    every_route_has_an_owner(make_app(), health.OPEN_PATHS)


def test_a_route_without_an_owner_is_found_also_inside_a_router() -> None:
    stray = APIRouter(prefix="/stray")

    @stray.get("/open")
    async def forgotten() -> None: ...

    with pytest.raises(AssertionError, match="/stray/open"):
        every_route_has_an_owner(make_app(stray), health.OPEN_PATHS)
    with pytest.raises(AssertionError, match="no routes"):
        every_route_has_an_owner(make_app(), [*health.OPEN_PATHS, "/gone"])


def test_a_caller_without_limits_covers_every_establishment() -> None:
    assert Caller("a", frozenset()).covers("117")
    assert Caller("a", frozenset(), frozenset({"117"})).covers("117")
    assert not Caller("a", frozenset(), frozenset({"117"})).covers("118")


# -- wrong input -----------------------------------------------------------------------------------------


def test_each_wrong_field_is_named_and_no_value_repeated(client: TestClient) -> None:
    wrong = {"upn": CANARY * 3, "born": CANARY, "kind": CANARY, "id": CANARY, "more": CANARY}
    answer = client.post("/api/forms", json={"child": wrong, "others": [{}]}, headers=bearer("till"))
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"child.upn", "child.born", "child.kind", "child.id", "child.more", "others.0.upn"}
    assert "must be a year" in {error["message"] for error in answer.json()["errors"]}
    assert CANARY not in answer.text


def test_a_wrong_parameter_is_named(client: TestClient) -> None:
    answer = client.get("/api/forms/1?n=x", headers=bearer("till"))
    assert [error["field"] for error in answer.json()["errors"]] == ["n"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"child": {"upn": "a\\u0000b"}}', "application/json", 400),
        (b'{"child": {"upn": "\\ud800"}}', "application/json", 422),
        (b"null", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"1" * 5000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "application/xml", 415),
        (b'{"child": {"upn": "x"}}', "application/merge-patch+json", 202),
        (b"x" * 1_000_001, "application/json", 413),
    ],
)
def test_a_body_that_is_no_form_is_refused_politely(
    client: TestClient, body: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/forms", content=body, headers={**bearer("till"), "Content-Type": kind})
    assert answer.status_code == status, answer.text
    if status != 202:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_a_body_without_a_stated_length_is_limited_too(client: TestClient) -> None:
    pieces = (b" " * 10_000 for _ in range(101))
    headers = {**bearer("till"), "Content-Type": "application/json"}
    assert client.post("/api/forms", content=pieces, headers=headers).status_code == 413


def test_a_nul_split_over_two_pieces_is_found(client: TestClient) -> None:
    pieces = iter([b'{"child": {"upn": "a\\u00', b'00"}}'])
    headers = {**bearer("till"), "Content-Type": "application/json"}
    assert client.post("/api/forms", content=pieces, headers=headers).status_code == 400


@tries(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
def test_no_body_whatever_makes_the_service_fail(client: TestClient, body: bytes) -> None:
    headers = {**bearer("till"), "Content-Type": "application/json"}
    assert client.post("/api/forms", content=body, headers=headers).status_code in (400, 422)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/api/forms", 405), ("GET", "/api/forms/", 404), ("GET", "/docs", 404),
     ("GET", "/a%00b", 400), ("GET", "/nothing?x=%00", 400), ("BREW", "/nothing", 404)],
)  # fmt: skip
def test_an_address_that_is_not_there_is_told_as_a_problem(
    client: TestClient, method: str, path: str, status: int
) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


# -- errors ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("refused", 409, "too-late"),
        ("faults", 422, "bad-form"),
        ("conflict", 409, "idempotency-conflict"),
        ("away", 503, "unavailable"),
        ("refusing", 503, "unavailable"),
        ("starting", 503, "unavailable"),
        ("bug", 500, "internal-error"),
        ("problem", 410, "gone"),
    ],
)
def test_each_error_has_its_status_and_tells_no_value(
    client: TestClient, capsys: pytest.CaptureFixture[str], kind: str, status: int, code: str
) -> None:
    answer = client.get(f"/api/errors/{kind}", headers=bearer("till"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["type"] == f"urn:fingerpost:problem:{code}"
    assert ("retry-after" in answer.headers) == (status == 503)
    assert CANARY not in answer.text + capsys.readouterr().out


def test_the_faults_of_a_refusal_are_its_errors(client: TestClient) -> None:
    answer = client.get("/api/errors/faults", headers=bearer("till"))
    assert answer.json()["errors"] == [{"field": "child.born", "code": "age", "message": "Too old."}]


@pytest.mark.parametrize(
    ("given", "shown"), [("surnam", "surnam"), ("Quetzalcoatl", "*"), ("Ann Other", "*")]
)
def test_an_unknown_field_is_named_only_if_it_looks_like_a_field(
    client: TestClient, given: str, shown: str
) -> None:
    answer = client.post("/api/forms", json={"child": {"upn": "x", given: "x"}}, headers=bearer("till"))
    assert [each["field"] for each in answer.json()["errors"]] == [f"child.{shown}"]


# -- ids, headers, log, trace, metrics -------------------------------------------------------------------


@pytest.mark.parametrize(
    "offered", ["0af7651916cd43dd8448eb211c80319c", "d7b5cf1c-6f3e-5b0e-9a53-3b1f1d9c7a10"]
)
def test_the_caller_s_request_id_is_kept_and_is_the_correlation(client: TestClient, offered: str) -> None:
    answer = client.post("/api/forms", json=FORM, headers={**bearer("till"), "X-Request-ID": offered})
    assert answer.headers["x-request-id"] == answer.json()["correlation"] == offered


@pytest.mark.parametrize(
    "offered",
    ["", "a b", "x" * 65, "ä", "a\tb", "07700900123", "A801200001001", "Quetzalcoatl", "2017-08-23"],
)
def test_a_request_id_that_might_hold_something_else_is_replaced(client: TestClient, offered: str) -> None:
    answer = client.get("/nothing", headers=[(b"X-Request-ID", offered.encode())])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_the_access_line_names_the_template_and_the_caller(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get(f"/api/forms/{CANARY}?n=7", headers=bearer("till"))
    client.get(f"/{CANARY}")
    out = capsys.readouterr().out
    assert CANARY not in out
    assert "till-token" not in out
    known, unknown = (json.loads(line) for line in out.splitlines())
    assert known["route"] == "/api/forms/{code}"
    assert (known["method"], known["status"], known["caller"]) == ("GET", 200, "till")
    assert unknown["route"] == "unmatched"


def test_the_trace_of_the_caller_is_continued(client: TestClient, spans: InMemorySpanExporter) -> None:
    parent = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"
    client.get(f"/api/forms/{CANARY}", headers={**bearer("till"), "traceparent": parent})
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /api/forms/{code}"
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}" == "ab" * 16
    assert CANARY not in span.to_json()


def test_the_metrics_are_for_their_scope_and_name_no_paths(client: TestClient) -> None:
    client.get(f"/api/forms/{CANARY}", headers=bearer("till"))
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers=bearer("till")).status_code == 403
    text = client.get("/metrics", headers=bearer("ops")).text
    assert 'fingerpost_http_seconds_count{method="GET",route="/api/forms/{code}",status="200"}' in text
    assert CANARY not in text


def test_the_contract_is_for_every_known_token(client: TestClient) -> None:
    assert client.get("/openapi.json").status_code == 401
    paths = client.get("/openapi.json", headers=bearer("reader")).json()["paths"]
    assert paths["/api/forms"]["post"]["security"] == [{"bearer": []}]
    said = paths["/api/forms"]["post"]["responses"]["409"]
    assert said["$ref"] == "#/components/responses/Problem"


# -- health ----------------------------------------------------------------------------------------------


async def fine() -> str | None:
    return None


async def stuck() -> str | None:
    return "no progress for 60 seconds"


async def slow() -> str | None:
    await asyncio.sleep(30)
    return None


async def broken() -> str | None:
    raise ConnectionError(CANARY)


def test_health_is_open_and_names_each_check(spans: InMemorySpanExporter) -> None:
    client = TestClient(
        make_app(live={"consumer": stuck}, ready={"database": fine, "kafka": slow, "x": broken})
    )
    live = client.get("/health/live")
    stuck_ = {"consumer": {"state": "failing", "reason": "no progress for 60 seconds"}}
    assert (live.status_code, live.json()["checks"]) == (503, stuck_)
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "failing")
    assert ready.json()["checks"] == {
        "database": {"state": "ok"},
        "kafka": {"state": "failing", "reason": "no answer within 0.1 seconds"},
        "x": {"state": "failing", "reason": "failed: ConnectionError"},
    }


# -- the rehearsal's clock -------------------------------------------------------------------------------


class HandMovedClock:
    """A clock for these tests; it refuses to go back as the real one does."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 2, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    async def step(self, to: datetime) -> None:
        if to < self.at:
            raise ClockRefused("the clock goes forwards only: give a later instant")
        self.at = to


def rehearsal(profile: str, busy: str | None = None) -> TestClient:
    clock = HandMovedClock()

    async def is_busy() -> str | None:
        return busy

    async def next_due() -> datetime | None:
        return clock.at + timedelta(hours=1)

    settings = ServiceSettings.model_validate(
        {"database": "postgresql://x", "kafka": "k:1", "profile": profile}
    )
    return TestClient(make_app(internal.router(settings, clock, is_busy, next_due, clock.step)))


def test_the_driver_learns_whether_the_service_is_idle_and_when_something_falls_due() -> None:
    answer = rehearsal("demo", "2 events unpublished").get("/internal/idle", headers=bearer("driver"))
    assert answer.json() == {
        "idle": False,
        "why": "2 events unpublished",
        "now": "2026-11-02T00:00:00Z",
        "next_due": "2026-11-02T01:00:00Z",
    }


def test_the_driver_steps_the_clock_forwards_only() -> None:
    client = rehearsal("test")
    moved = client.post("/internal/clock", json={"now": "2026-11-03T00:00:00Z"}, headers=bearer("driver"))
    assert (moved.status_code, moved.json()["now"]) == (200, "2026-11-03T00:00:00Z")
    back = client.post("/internal/clock", json={"now": "2026-11-02T00:00:00Z"}, headers=bearer("driver"))
    assert (back.status_code, back.json()["code"]) == (409, "clock-refused")
    no_zone = client.post("/internal/clock", json={"now": "2026-11-04T00:00:00"}, headers=bearer("driver"))
    assert no_zone.status_code == 422


def test_nobody_else_steps_the_clock() -> None:
    client = rehearsal("test")
    assert client.post("/internal/clock", json={}).status_code == 401
    assert client.get("/internal/idle", headers=bearer("till")).status_code == 403


def test_production_has_no_clock_to_step() -> None:
    assert rehearsal("production").get("/internal/idle", headers=bearer("driver")).status_code == 404


# -- who read what ---------------------------------------------------------------------------------------


async def test_a_reading_is_recorded_with_its_request(
    database: Callable[..., Awaitable[asyncpg.Pool]],
) -> None:
    pool = await database()
    telemetry.bind(correlation="abc-1")
    await record_read(pool, Caller("till", frozenset()), "form", "42")
    telemetry.bind(correlation=None)
    row = await pool.fetchrow("SELECT who, what, subject, correlation FROM access_log")
    assert row is not None
    assert tuple(row) == ("till", "form", "42", "abc-1")
