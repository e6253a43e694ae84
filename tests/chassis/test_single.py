"""A body in which a field stands twice is refused: nobody can know which of the two values was meant."""

import pytest
from starlette.testclient import TestClient

from chassis import telemetry
from tests.chassis.test_web import bearer, make_app

JSON = {**bearer("till"), "Content-Type": "application/json"}


@pytest.fixture
def client() -> TestClient:
    telemetry.configure("shop")
    return TestClient(make_app(), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"child": {"upn": "x"}, "child": {"upn": "y"}}', "child"),
        (rb'{"child": {"upn": "x", "\u0075pn": "y"}}', "child.upn"),
        (b'{"child": {"upn": "x"}, "others": [{"upn": "a"}, {"upn": "a", "upn": "a"}]}', "others.1.upn"),
        (b'{"child": {"upn": "x", "Zed": 1, "Zed": 2}}', "child.*"),
    ],
)
def test_a_field_that_stands_twice_is_named(client: TestClient, body: bytes, field: str) -> None:
    for pieces in ([body], [body[:20], body[20:]]):
        answer = client.post("/api/forms", content=iter(pieces), headers=JSON)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        (error,) = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, "repeated-field")
        assert "Zed" not in answer.text


def test_two_parts_of_a_body_may_have_the_same_fields(client: TestClient) -> None:
    body = b'{"child": {"upn": "x"}, "others": [{"upn": "x"}, {"upn": "x"}]}'
    assert client.post("/api/forms", content=body, headers=JSON).status_code == 202


def test_a_body_that_is_too_large_is_not_looked_through(client: TestClient) -> None:
    pieces = (b'{"a": 1, "a": 1' + b" " * 10_000 for _ in range(101))
    assert client.post("/api/forms", content=pieces, headers=JSON).status_code == 413
