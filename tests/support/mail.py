"""A mail server of its own, over real SMTP: what it accepted is the provider's ledger, which no service writes."""

import asyncio
import email
import email.policy
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic, sleep
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from deploy.local.errors import PortTakenError
from deploy.local.ports import HOST, on_free_ports
from tests.support.temper import Moods, Temper

HANG_SECONDS = 600.0
Letter = tuple[str, str, str]  # recipient, fact, reference of the referral


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as the server accepted it. ``at`` is on the clock `time.monotonic`."""

    at: float
    recipient: str
    fact: str
    reference: str
    message_id: str
    subject: str
    body: str
    headers: str
    html: str = ""

    @property
    def letters(self) -> list[Letter]:
        """What must not come twice: one mail tells several facts, where somebody chose to hear of them together."""
        return [(self.recipient, fact, self.reference) for fact in self.fact.split(", ")]


class MailSink:
    """A real SMTP server on a free port, in a thread of its own.

    ``answer_to`` says what an address is answered at RCPT: None for yes, or a line such as
    ``550 5.1.1 unknown``. ``seconds`` is how long the server takes over each message. `become` changes its
    temper at any moment; ``moods.felt`` tells how often clients felt each.
    """

    def __init__(self, answer_to: Callable[[str], str | None] | None = None, seconds: float = 0.0) -> None:
        self._answer_to, self._seconds = answer_to or (lambda _: None), seconds
        self._lock, self._mails = Lock(), list[Mail]()
        self.refused: list[str] = []
        self.moods = Moods()
        self.slowness = 0.0
        self.address = (HOST, 0)
        self._controller: _Controller | None = None

    def __enter__(self) -> Self:
        on_free_ports(1, self._start)
        return self

    def _start(self, ports: list[int]) -> None:
        controller = _Controller(self, hostname=HOST, port=ports[0], ready_timeout=10)
        try:
            controller.start()
        except OSError as error:
            raise PortTakenError(str(error)) from None
        self.address, self._controller = (HOST, ports[0]), controller

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._controller is not None:
            self._controller.hang_up_and_stop()
            self._controller = None

    def become(
        self, temper: Temper, *, share: float = 1.0, dice: random.Random | None = None, slowness: float = 0.0
    ) -> None:
        """Take on this temper, towards ``share`` of the clients; ``slowness`` is in seconds, for a slow one.

        A dead server hangs up on everybody; any other temper brings it back on the same port.
        """
        self.slowness = slowness
        self.moods.become(temper, share, dice)
        if temper == "dead":
            self._stop()
        elif self._controller is None:
            self._start([self.address[1]])

    @property
    def mails(self) -> list[Mail]:
        """Everything accepted so far, in order."""
        with self._lock:
            return list(self._mails)

    def letters(self) -> Counter[Letter]:
        """How often each fact was accepted for each recipient."""
        return Counter(letter for mail in self.mails for letter in mail.letters)

    def wait_for(self, number: int, seconds: float) -> list[Mail]:
        """The mails, once there are so many. Raises AssertionError after ``seconds``."""
        end = monotonic() + seconds
        while len(self.mails) < number:
            assert monotonic() < end, f"only {len(self.mails)} of {number} mails came in {seconds} s"
            sleep(0.05)
        return self.mails

    # The names and arguments of these three are aiosmtpd's.

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.moods.strikes("busy-in-session") or self._sends_away(server):
            return await _last_words(server, "421 4.3.2 too busy, closing")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    def _sends_away(self, server: SMTP) -> bool:
        """Whether this client was let in before connecting became difficult: it has to connect anew."""
        let_in: Temper = getattr(server, "let_in", "well")
        return self.moods.temper == "busy-at-connect" != let_in

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.moods.greylists(address):
            return "450 4.7.1 greylisted, come again"
        no = self._answer_to(address)
        if no is not None:
            self.refused.append(address)
            return no
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self._seconds + (self.slowness if self.moods.strikes("slow") else 0))
        if self.moods.strikes("puts-off"):
            return "451 4.3.0 try again later"
        self._accept(envelope)
        if self.moods.strikes("hangs"):
            await asyncio.sleep(HANG_SECONDS)  # ends when the client hangs up
        if self.moods.strikes("drops"):
            _hang_up(server)
        return "250 OK"

    def _accept(self, envelope: Any) -> None:
        content = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body, html = content.get_body(("plain",)), content.get_body(("html",))
        with self._lock:
            self._mails += [
                Mail(
                    at=monotonic(),
                    recipient=recipient,
                    fact=str(content["X-Fingerpost-Fact"]),
                    reference=str(content["X-Fingerpost-Reference"]),
                    message_id=str(content["X-Fingerpost-Message"]),
                    subject=str(content["Subject"]),
                    body=body.get_content() if body else "",
                    headers="\n".join(f"{name}: {value}" for name, value in content.items()),
                    html=html.get_content() if html else "",
                )
                for recipient in envelope.rcpt_tos
            ]


async def _last_words(server: SMTP, line: str) -> str:
    """Says ``line`` and hangs up; answers it too, which is then said to nobody."""
    await server.push(line)
    assert server.transport is not None
    server.transport.close()
    return line


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


class _Server(SMTP):
    """One client's connection, which a busy server ends before it has begun."""

    let_in: Temper = "well"

    async def _handle_client(self) -> None:
        self.let_in = self.event_handler.moods.temper
        if self.event_handler.moods.strikes("busy-at-connect"):
            await _last_words(self, "421 4.3.2 too busy, try again later")
        else:
            await super()._handle_client()


class _Controller(Controller):
    """Knows its clients, so that it can hang up on all of them."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._clients: list[SMTP] = []

    def factory(self) -> SMTP:
        """A connection for one more client."""
        self._clients.append(_Server(self.handler, **self.SMTP_kwargs))
        return self._clients[-1]

    def hang_up_and_stop(self) -> None:
        """As the death of the server's process would."""
        for client in self._clients:
            self.loop.call_soon_threadsafe(_hang_up, client)
        self.stop()
