"""What every answer tells the browser that shows it."""

import pytest
from starlette.testclient import TestClient

from chassis.web.app import create_app
from tests.chassis.test_web import bearer, make_app, shop


@pytest.mark.parametrize("path", ["/health/live", "/nothing", "/api/forms/1", "/api/errors/bug"])
def test_every_answer_has_the_security_headers(path: str) -> None:
    client = TestClient(make_app(), raise_server_exceptions=False)
    headers = client.get(path, headers=bearer("till")).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers, "it means nothing over plain http"


def test_a_service_behind_https_wants_nothing_else_any_more() -> None:
    app = create_app("Shop", "1", [], [shop()], secure=True)
    assert "max-age=63072000" in TestClient(app).get("/nothing").headers["strict-transport-security"]
