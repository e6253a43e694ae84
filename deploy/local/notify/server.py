"""The stand-in's HTTP: it answers what the official client asks."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from deploy.local.notify.account import A_MINUTE, Account, No
from deploy.local.ports import HOST


class NotifyServer(Account):
    """An account of its own, served on a free port for as long as the block runs."""

    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer((HOST, 0), type("_Mine", (_Handler,), {"notify": self}))
        self._server.daemon_threads = True
        self.url = f"http://{HOST}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hold.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    notify: Account

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(lambda: self._taken(asked))

    def do_GET(self) -> None:
        self._answer(self._looked_up)

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""

    def _answer(self, work: Callable[[], tuple[int, Any]]) -> None:
        try:
            self.notify.admit(self.headers["Authorization"])
            if self.notify.strikes("storm"):
                raise No(
                    429,
                    "RateLimitError",
                    "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds",
                )
            status, said = work()
        except No as no:
            status, said = no.status, no.body
        except ConnectionAbortedError:
            self.close_connection = True
            return
        self._write(status, said)

    def _write(self, status: int, said: Any) -> None:
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(said, str) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _taken(self, asked: dict[str, Any]) -> tuple[int, Any]:
        if self.notify.strikes("broken"):
            raise No(500, "Exception", "Internal server error")
        if self.notify.strikes("gateway"):
            return 502, "<h1>Bad gateway</h1>"
        kind: Any = self.path.rpartition("/")[2]
        said = self.notify.take(kind, asked)
        if self.notify.strikes("drops"):
            raise ConnectionAbortedError
        if self.notify.strikes("silent", "deaf"):
            self.notify.hold.wait(A_MINUTE)
            raise ConnectionAbortedError
        if self.notify.strikes("denies"):
            raise No(500, "Exception", "Internal server error")
        if self.notify.strikes("garbled"):
            return 200, "<h1>Thank you</h1>"
        return 201, said

    def _looked_up(self) -> tuple[int, Any]:
        if self.notify.strikes("deaf", "broken"):
            raise No(500, "Exception", "Internal server error")
        path = urlsplit(self.path)
        if path.path == "/v2/templates":
            return 200, {"templates": list(self.notify.templates.values())}
        if path.path == "/v2/notifications":
            return 200, self.notify.listed({name: values[0] for name, values in parse_qs(path.query).items()})
        return 200, self.notify.one(path.path.rpartition("/")[2])
