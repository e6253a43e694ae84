"""Routes of several modules are put together, each as it was made."""

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from chassis.web.app import create_app
from chassis.web.routes import Routes


def named(word: str, prefix: str = "") -> APIRouter:
    """A router with one route that answers its word."""
    routes = APIRouter(prefix=prefix)

    @routes.get(f"/{word}")
    async def answer() -> str:
        return word

    return routes


def together(*routers: APIRouter) -> Routes:
    routes = Routes()
    for router in routers:
        routes.include_router(router)
    return routes


def test_routes_are_found_under_the_prefix_they_were_made_with() -> None:
    inner = together(named("acorn", prefix="/api"), named("beech"))
    client = TestClient(create_app("Wood", "1", [], [together(inner, named("cedar"))]))
    assert [client.get(path).json() for path in ("/api/acorn", "/beech", "/cedar")] == [
        "acorn",
        "beech",
        "cedar",
    ]


def test_no_route_is_made_a_second_time() -> None:
    made = [named("acorn"), named("beech")]
    app = create_app("Wood", "1", [], [together(*made)])
    assert [route for route in app.routes if route in (*made[0].routes, *made[1].routes)] == [
        *made[0].routes,
        *made[1].routes,
    ]


def test_what_fastapi_includes_in_its_own_way_is_found_too_and_says_the_same_of_itself() -> None:
    outer = APIRouter()
    outer.include_router(named("acorn"))
    theirs, ours = (create_app("Wood", "1", [], [router]) for router in (outer, together(named("acorn"))))
    assert TestClient(theirs).get("/acorn").json() == "acorn"
    assert theirs.openapi() == ours.openapi()
    assert "404" in ours.openapi()["paths"]["/acorn"]["get"]["responses"]


def test_options_are_refused_since_nothing_would_come_of_them() -> None:
    with pytest.raises(TypeError, match="give prefix and options to the APIRouter"):
        Routes().include_router(named("acorn"), prefix="/late")
    with pytest.raises(TypeError, match="give prefix and options to the APIRouter"):
        Routes(prefix="/early").include_router(named("acorn"))
