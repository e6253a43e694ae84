"""The stand-in for GOV.UK Notify says of its own accord what became of what it took."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any

import pytest

from deploy.local.notify import TEMPLATES, Account, Fate, Notification, Receipts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FATES = {
    "+447700900001": Fate(),
    "+447700900002": Fate("permanent-failure"),
    "+447700900003": Fate(late=timedelta(hours=30)),
    "+447700900004": Fate(said=False),
}


class Service:
    """Whoever is called back; ``away`` answers 503 so often first."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, str]] = []
        self.away = 0
        self.url = ""

    def hear(self, authorization: str, receipt: dict[str, Any]) -> int:
        if self.away:
            self.away -= 1
            return 503
        self.heard.append((authorization, receipt["to"], receipt["status"]))
        return 204

    def wait_for(self, number: int) -> list[tuple[str, str]]:
        end = monotonic() + 10
        while len(self.heard) < number:
            assert monotonic() < end, self.heard
            sleep(0.01)
        return [(to, status) for _, to, status in self.heard]


@pytest.fixture
def service() -> Iterator[Service]:
    it = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receipt = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(it.hear(self.headers["Authorization"], receipt))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        it.url = f"http://127.0.0.1:{server.server_port}/"
        yield it
        server.shutdown()


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def receipts(account: Account, service: Service) -> Iterator[Receipts]:
    headers = {"Authorization": "Bearer a-token"}
    with Receipts(account, service.url, headers, lambda one: FATES[one.to], NOW) as receipts:
        yield receipts


def take(account: Account, number: str) -> Notification:
    asked = {"template_id": TEMPLATES["sms"], "phone_number": number, "personalisation": {"body": "Hello"}}
    account.take("sms", asked)
    return account.sent[-1]


def test_what_became_of_a_text_is_said_at_once_with_the_token(
    account: Account, receipts: Receipts, service: Service
) -> None:
    take(account, "+447700900001")
    take(account, "+447700900002")
    assert sorted(service.wait_for(2)) == [
        ("+447700900001", "delivered"),
        ("+447700900002", "permanent-failure"),
    ]
    assert {authorization for authorization, _, _ in service.heard} == {"Bearer a-token"}


def test_what_is_late_is_said_once_the_business_clock_has_moved_on(
    account: Account, receipts: Receipts, service: Service
) -> None:
    one = take(account, "+447700900003")
    receipts.tick(NOW + timedelta(hours=29))
    assert (one.status, receipts.why_busy()) == ("sending", None)
    receipts.tick(NOW + timedelta(hours=30))
    assert service.wait_for(1) == [("+447700900003", "delivered")]
    end = monotonic() + 10
    while not receipts.said and monotonic() < end:
        sleep(0.01)  # it counts what was said once the service has answered
    assert receipts.said == {"late": 1}


def test_what_is_late_comes_at_the_end_at_the_latest(
    account: Account, receipts: Receipts, service: Service
) -> None:
    take(account, "+447700900003")
    receipts.finish()
    assert service.wait_for(1) == [("+447700900003", "delivered")]


def test_of_some_nothing_is_said_until_somebody_asks(
    account: Account, receipts: Receipts, service: Service
) -> None:
    one = take(account, "+447700900004")
    assert receipts.unasked() == [one.id]
    assert account.one(one.id)["status"] == "delivered"
    assert receipts.unasked() == []
    assert service.heard == []


def test_a_service_that_is_away_for_a_moment_is_called_again(
    account: Account, receipts: Receipts, service: Service
) -> None:
    service.away = 1
    take(account, "+447700900001")
    assert receipts.why_busy() is not None
    assert service.wait_for(1) == [("+447700900001", "delivered")]
