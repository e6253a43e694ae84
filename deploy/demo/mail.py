"""A mail server that keeps what it is given, and a page that shows it. For demonstrations and tests only."""

import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as POLICY
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller

from deploy.local.errors import PortTakenError
from deploy.local.ports import HOST, on_free_ports

_LINK = re.compile(r"https?://\S+/f/[A-Za-z0-9_-]{22}")


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived: ``at`` is the real time (monotonic), the headers are Fingerpost's own."""

    at: float
    to: str
    fact: str
    reference: str
    subject: str
    content: bytes

    @property
    def text(self) -> str:
        """Its words."""
        message = message_from_bytes(self.content, policy=POLICY)
        body = message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def link(self) -> str | None:
        """The family's page that it leads to."""
        found = _LINK.search(self.text)
        return found[0] if found else None


@dataclass
class MailSink:
    """What has arrived so far. ``smtp`` is where to send, ``page`` where to look."""

    smtp: tuple[str, int] = (HOST, 0)
    page: str = ""
    mails: list[Mail] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one mail in; called by aiosmtpd, on the sink's own thread."""
        at, content = monotonic(), bytes(envelope.content)
        head = message_from_bytes(content.partition(b"\r\n\r\n")[0], policy=POLICY)
        for recipient in envelope.rcpt_tos:
            self.mails.append(
                Mail(
                    at=at,
                    to=str(recipient),
                    fact=str(head["X-Fingerpost-Fact"] or ""),
                    reference=str(head["X-Fingerpost-Reference"] or ""),
                    subject=str(head["Subject"] or ""),
                    content=content,
                )
            )
        return "250 taken"


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """A mail server on a free port, on a thread of its own, and its page; gone when the block ends."""
    sink = MailSink()
    controller = on_free_ports(1, lambda ports: _serve(sink, ports[0]))
    web = ThreadingHTTPServer((HOST, 0), _page_of(sink))
    threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    sink.smtp, sink.page = (HOST, controller.port), f"http://{HOST}:{web.server_port}/"
    try:
        yield sink
    finally:
        web.shutdown()
        web.server_close()
        controller.stop()


def _serve(sink: MailSink, port: int) -> Any:
    controller = Controller(sink, hostname=HOST, port=port, ready_timeout=10)
    try:
        controller.start()
    except OSError as error:
        raise PortTakenError(f"the mail sink lost its port: {error}") from error
    return controller


def _page_of(sink: MailSink) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        """Lists the mails, the latest first, and shows each."""

        def do_GET(self) -> None:
            number = self.path.strip("/")
            if number.isdigit() and int(number) < len(sink.mails):
                self._answer(200, _shown(sink.mails[int(number)]))
            elif not number:
                self._answer(200, _listed(sink.mails))
            else:
                self._answer(404, "<p>There is no such mail. <a href='/'>All mails</a>")

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

        def _answer(self, status: int, inner: str) -> None:
            body = (_HEAD + inner).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Page


_HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mails of the demo</title><style>
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}
pre{white-space:pre-wrap;background:#f5f5f0;padding:1rem}</style>
"""
_MOST = 500


def _listed(mails: list[Mail]) -> str:
    numbered = list(enumerate(mails))[::-1][:_MOST]
    rows = "".join(
        f"<tr><td><a href='/{number}'>{html.escape(mail.subject)}</a><td>{html.escape(mail.to)}"
        f"<td>{html.escape(mail.fact)}"
        for number, mail in numbered
    )
    return (
        f"<h1>{len(mails):,} mails arrived</h1><p>The latest {len(numbered)}. Nobody received any of them."
        f"<table><tr><th>Subject<th>To<th>Fact{rows}</table>"
    )


def _shown(mail: Mail) -> str:
    text = _LINK.sub(lambda found: f"<a href='{found[0]}'>{found[0]}</a>", html.escape(mail.text))
    head = f"<h1>{html.escape(mail.subject)}</h1><p>To {html.escape(mail.to)}"
    return f"<p><a href='/'>All mails</a>{head}<pre>{text}</pre>"
