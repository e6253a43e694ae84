"""A mail server that keeps what it is given. For demonstrations and tests only."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default as POLICY
from time import monotonic
from typing import Any

from aiosmtpd.controller import Controller

from deploy.local.errors import PortTakenError
from deploy.local.ports import HOST, on_free_ports

LINK = re.compile(r"https?://\S+/f/[A-Za-z0-9_-]{22}")


def link_in(words: str) -> str | None:
    """The family's page that these words lead to."""
    found = LINK.search(words)
    return found[0] if found else None


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived: ``at`` is the real time (monotonic), what it is about is in Fingerpost's own headers."""

    at: float
    to: str
    fact: str
    reference: str
    subject: str
    content: bytes
    message_id: str = ""

    @property
    def text(self) -> str:
        """Its words."""
        message = message_from_bytes(self.content, policy=POLICY)
        body = message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def link(self) -> str | None:
        """The family's page that it leads to."""
        return link_in(self.text)


@dataclass
class MailSink:
    """What has arrived so far. ``smtp`` is where to send."""

    smtp: tuple[str, int] = (HOST, 0)
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
                    message_id=str(head["X-Fingerpost-Message"] or ""),
                )
            )
        return "250 taken"


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """A mail server on a free port, on a thread of its own; gone when the block ends."""
    sink = MailSink()
    controller = on_free_ports(1, lambda ports: _serve(sink, ports[0]))
    sink.smtp = (HOST, controller.port)
    try:
        yield sink
    finally:
        controller.stop()


def _serve(sink: MailSink, port: int) -> Any:
    controller = Controller(sink, hostname=HOST, port=port, ready_timeout=10)
    try:
        controller.start()
    except OSError as error:
        raise PortTakenError(f"the mail sink lost its port: {error}") from error
    return controller
