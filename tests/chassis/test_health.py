"""What a load balancer is told."""

from fastapi import APIRouter
from fastapi.testclient import TestClient

from chassis.web import health
from chassis.web.app import create_app


async def well() -> str | None:
    return None


async def stuck() -> str | None:
    return "no progress for 60 seconds"


def asked(router: APIRouter) -> TestClient:
    return TestClient(create_app("shop", "1", (), [router]))


def test_a_healthy_service_says_so() -> None:
    client = asked(health.router({}, {"database": well}))
    assert client.get("/health/live").json() == {"status": "ok", "checks": {}}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")


def test_a_part_that_only_some_requests_need_leaves_the_service_ready_and_is_named() -> None:
    ready = TestClient(
        create_app("shop", "1", (), [health.router({}, {"database": well}, {"mail": stuck})])
    ).get("/health/ready")
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "status": "degraded",
            "checks": {
                "database": {"state": "ok"},
                "mail": {"state": "degraded", "reason": "no progress for 60 seconds"},
            },
        },
    )
