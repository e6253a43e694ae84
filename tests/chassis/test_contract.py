"""What the OpenAPI document says beside the routes themselves, and what an address answers to a wrong method."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.testclient import TestClient

from chassis.web.app import create_app
from chassis.web.auth import Caller, require
from tests.chassis.test_web import bearer, grant

Writing = Annotated[Caller, Depends(require("shop:write"))]


class Order(BaseModel):
    what: str
    size: str | None = None


@pytest.fixture
def client() -> TestClient:
    routes = APIRouter(prefix="/api")

    @routes.post("/orders")
    async def order(body: Order, _: Writing) -> str:
        return "taken"

    @routes.get("/orders")
    async def orders(_: Writing, like: str = "") -> str:
        return "all"

    app = create_app("Shop", "1", [grant("till", "shop:write")], [routes])
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def document(client: TestClient) -> Any:
    return client.get("/openapi.json", headers=bearer("till")).json()


def test_every_route_says_what_may_go_wrong_by_one_declaration(document: Any) -> None:
    said = document["paths"]["/api/orders"]["post"]["responses"]
    for status in ("400", "401", "403", "404", "409", "413", "415", "422", "429", "503"):
        assert said[status]["$ref"] == "#/components/responses/Problem"
    problem = document["components"]["responses"]["Problem"]["content"]
    assert problem["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem"
    fault = document["components"]["schemas"]["Problem"]["properties"]["errors"]["items"]["$ref"]
    assert document["components"]["schemas"][fault.rsplit("/", 1)[-1]]["properties"].keys() == {
        "field",
        "code",
        "message",
    }


def test_every_text_is_said_to_hold_no_nul_as_the_door_has_it(document: Any, client: TestClient) -> None:
    order = document["components"]["schemas"]["Order"]["properties"]
    assert order["what"]["pattern"] == "^[^\\u0000]*$"
    assert order["size"]["anyOf"][0]["pattern"] == "^[^\\u0000]*$"
    (like,) = document["paths"]["/api/orders"]["get"]["parameters"]
    assert like["schema"]["pattern"] == "^[^\\u0000]*$"
    sent = client.post("/api/orders", json={"what": "a\0b"}, headers=bearer("till"))
    assert sent.status_code == 400


def test_an_address_names_all_its_methods_to_who_tried_another(client: TestClient) -> None:
    answer = client.put("/api/orders", headers=bearer("till"))
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.json()["code"] == "method-not-allowed"
