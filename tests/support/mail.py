"""A mail server of its own, over real SMTP: what it accepted is the provider's ledger, which no service writes."""

import asyncio
import email
import email.policy
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

    @property
    def letter(self) -> Letter:
        """What must not come twice."""
        return self.recipient, self.fact, self.reference


class MailSink:
    """A real SMTP server on a free port, in a thread of its own.

    ``answer_to`` says what an address is answered at RCPT: None for yes, or a line such as
    ``550 5.1.1 unknown``. ``seconds`` is how long the server takes over each message.
    """

    def __init__(self, answer_to: Callable[[str], str | None] | None = None, seconds: float = 0.0) -> None:
        self._answer_to, self._seconds = answer_to or (lambda _: None), seconds
        self._lock, self._mails = Lock(), list[Mail]()
        self.refused: list[str] = []
        self.address = (HOST, 0)
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        on_free_ports(1, self._start)
        return self

    def _start(self, ports: list[int]) -> None:
        controller = Controller(self, hostname=HOST, port=ports[0], ready_timeout=10)
        try:
            controller.start()
        except OSError as error:
            raise PortTakenError(str(error)) from None
        self.address, self._controller = (HOST, ports[0]), controller

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._controller is not None:
            self._controller.stop()

    @property
    def mails(self) -> list[Mail]:
        """Everything accepted so far, in order."""
        with self._lock:
            return list(self._mails)

    def letters(self) -> Counter[Letter]:
        """How often each fact was accepted for each recipient."""
        return Counter(mail.letter for mail in self.mails)

    def wait_for(self, number: int, seconds: float) -> list[Mail]:
        """The mails, once there are so many. Raises AssertionError after ``seconds``."""
        end = monotonic() + seconds
        while len(self.mails) < number:
            assert monotonic() < end, f"only {len(self.mails)} of {number} mails came in {seconds} s"
            sleep(0.05)
        return self.mails

    # The names and arguments of these two are aiosmtpd's.

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        no = self._answer_to(address)
        if no is not None:
            self.refused.append(address)
            return no
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self._seconds)
        content = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = content.get_body(("plain",))
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
                )
                for recipient in envelope.rcpt_tos
            ]
        return "250 OK"
