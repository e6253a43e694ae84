"""The health probe of the images: its exit status is all that a container engine sees."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chassis.probe import main


@contextmanager
def service(answers: dict[str, int]) -> Iterator[int]:
    """A server that answers these paths with these statuses; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.get(self.path, 404))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "exit_status"), [(200, 0), (503, 1), (404, 1)])
def test_it_ends_well_only_if_the_service_says_that_it_is_ready(status: int, exit_status: int) -> None:
    with service({"/health/ready": status}) as port:
        assert main(["--port", str(port)]) == exit_status


def test_alive_is_asked_apart_from_ready() -> None:
    with service({"/health/ready": 503, "/health/live": 200}) as port:
        assert main(["live", "--port", str(port)]) == 0
        assert main(["ready", "--port", str(port)]) == 1


def test_a_service_that_is_not_there_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    with service({}) as port:
        pass
    assert main(["--port", str(port)]) == 1
    assert f"no answer at 127.0.0.1:{port}" in capsys.readouterr().out
