"""A page on which everything can be read that families were sent: mails, texts and letters."""

import html
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deploy.demo.mail import LINK, MailSink
from deploy.local.notify import Account
from deploy.local.ports import HOST

_KINDS = {"sms": "text", "letter": "letter", "email": "e-mail"}
_MOST = 500


@dataclass(frozen=True)
class Sent:
    """One message: ``how`` it went, and how its words are read, which takes a while for a mail."""

    at: float
    how: str
    title: str
    to: str
    read: Callable[[], str]


def everything(sink: MailSink, notify: Account) -> list[Sent]:
    """What both have, in the order in which it came."""
    mails = [
        Sent(each.at, "e-mail", each.subject, each.to, lambda each=each: each.text)  # type: ignore[misc]
        for each in list(sink.mails)
    ]
    others = [
        Sent(
            each.at,
            f"{_KINDS[each.kind]}, {each.status}",
            each.words.get("subject") or f"{each.words['body'][:60]} …",
            each.to,
            lambda each=each: each.words["body"],  # type: ignore[misc]
        )
        for each in list(notify.sent)
    ]
    return sorted([*mails, *others], key=lambda each: each.at)


@contextmanager
def postbox(sink: MailSink, notify: Account) -> Iterator[str]:
    """The page's address, for as long as the block runs."""
    web = ThreadingHTTPServer((HOST, 0), _page_of(sink, notify))
    threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://{HOST}:{web.server_port}/"
    finally:
        web.shutdown()
        web.server_close()


def _page_of(sink: MailSink, notify: Account) -> type[BaseHTTPRequestHandler]:
    class Page(BaseHTTPRequestHandler):
        """Lists the messages, the latest first, and shows each."""

        def do_GET(self) -> None:
            number, sent = self.path.strip("/"), everything(sink, notify)
            if number.isdigit() and int(number) < len(sent):
                self._answer(200, _shown(sent[int(number)]))
            elif not number:
                self._answer(200, _listed(sent))
            else:
                self._answer(404, "<p>There is no such message. <a href='/'>All messages</a>")

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
<title>Messages of the demo</title><style>
body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}
pre{white-space:pre-wrap;background:#f5f5f0;padding:1rem}</style>
"""


def _listed(sent: Sequence[Sent]) -> str:
    numbered = list(enumerate(sent))[::-1][:_MOST]
    rows = "".join(
        f"<tr><td><a href='/{number}'>{html.escape(each.title)}</a><td>{html.escape(each.to)}"
        f"<td>{html.escape(each.how)}"
        for number, each in numbered
    )
    return (
        f"<h1>{len(sent):,} messages were sent</h1><p>The latest {len(numbered)}. Nobody received any of them."
        f"<table><tr><th>Message<th>To<th>How{rows}</table>"
    )


def _shown(each: Sent) -> str:
    text = LINK.sub(lambda found: f"<a href='{found[0]}'>{found[0]}</a>", html.escape(each.read()))
    head = f"<h1>{html.escape(each.title)}</h1><p>To {html.escape(each.to)}, by {html.escape(each.how)}"
    return f"<p><a href='/'>All messages</a>{head}<pre>{text}</pre>"
