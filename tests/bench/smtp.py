"""What a message costs over SMTP: our client and a local sink in one process, on pooled connections."""

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiosmtpd.controller import Controller

from deploy.local.ports import HOST, free_ports
from services.notifications import html_mail
from services.notifications.channels import Letter, Sent
from services.notifications.settings import Settings
from services.notifications.smtp import SmtpChannel

_AT_ONCE = 10
_BODY = "Dear parent or carer,\n\n" + "The panel has your referral and answers by the date below.\n" * 12


@dataclass(frozen=True)
class Smtp:
    """Messages a second, and milliseconds of processor for each, sink included."""

    rate: float
    cpu_ms: float


class _Sink:
    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return "250 taken"


async def smtp(messages: int) -> Smtp:
    """Sends so many messages, ten at a time."""
    sink = Controller(_Sink(), hostname=HOST, port=free_ports(1)[0])
    sink.start()
    try:
        channel = SmtpChannel(_settings(sink.port))
        queue = iter(range(messages))
        began, cpu = time.monotonic(), time.process_time()
        await asyncio.gather(*(_lane(channel, queue) for _ in range(_AT_ONCE)))
        took, used = time.monotonic() - began, time.process_time() - cpu
        await channel.close()
    finally:
        sink.stop()
    return Smtp(messages / took, 1000 * used / messages)


async def _lane(channel: SmtpChannel, queue: Any) -> None:
    for n in queue:
        letter = Letter(
            message_id=f"00000000-0000-4000-8000-{n:012d}",
            fact="referral.routed",
            reference="AAAA-BBBB-CCCC",
            to=f"family.{n}@families.example.org",
            subject="Your referral AAAA-BBBB-CCCC: who has it now",
            body=_BODY,
            until=time.monotonic() + 60,
            html=partial(html_mail.html, "Your referral", _BODY, "en", ""),
        )
        answer = await channel.send(letter)
        if not isinstance(answer, Sent):
            raise RuntimeError(f"the local sink did not take a message: {answer}")


def _settings(port: int) -> Settings:
    return Settings(
        profile="test",
        database="postgresql://nobody@localhost/none",
        kafka="localhost:1",
        smtp_host=HOST,
        smtp_port=port,
        smtp_tls="off",
    )
