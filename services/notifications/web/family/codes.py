"""Codes for the page: made, sent by the other contact on record or told by a person, and compared."""

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic
from typing import Any

from chassis.ids import new_id
from chassis.service import Running
from chassis.storage import Connection
from schemas.notifications_v1 import Way as Carrier
from services.notifications.channels import Channel, Failed, Letter, RetryLater
from services.notifications.domain import proving
from services.notifications.domain.proving import DIGITS, LASTS, Verdict, Way
from services.notifications.sender import make_channel
from services.notifications.storage import proving as kept

#: How long a provider may take before the family is told that the code may come later.
SECONDS = 20.0
_FACT = "page.code"
_SUBJECT = "Your code for the private page"
_BODY = """Somebody, we hope you, asked for a code for the private page about referral {reference}.

The code is {code}. It works for ten minutes, on the page where it was asked for.

Nobody from the council asks you for this code. If you did not ask for it, you need do nothing.

{service}
"""

#: One part, in the alphabet of text messages.
_TEXT = "{code} is your code for referral {reference}. It works for ten minutes. Nobody of the council asks for it."


def _new() -> tuple[str, bytes]:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}", secrets.token_bytes(16)


async def _secret(code: str, salt: bytes) -> tuple[bytes, bytes]:
    return salt, await asyncio.to_thread(kept.code_digest, code, salt)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose page it is about which referral."""

    referral_id: str
    reference: str
    person_id: str


async def tell(conn: Connection, holder: Holder, who: str, why: str) -> str:
    """A new code for a person of the council to tell the holder; who did so and why is kept with it."""
    code, salt = _new()
    secret = await _secret(code, salt)
    by = (who, why)
    await kept.keep_code(conn, holder.referral_id, holder.person_id, "by-hand", secret, LASTS["by-hand"], by)
    return code


class Codes:
    """Sends codes and compares them."""

    def __init__(self, running: Running) -> None:
        self._settings: Any = running.settings

    @property
    def carried(self) -> frozenset[Way]:
        """The ways by which this house sends codes."""
        ways: Collection[Way] = ("email", "text")
        own = {"email"} if self._settings.channel == "fake" else set(self._settings.ways)
        return frozenset(way for way in ways if way in own)

    async def prepare(self, conn: Connection, holder: Holder, way: Way, to: str) -> Letter | None:
        """The letter with a new code; None where no more are sent for now."""
        code, salt = _new()
        secret = await _secret(code, salt)
        async with conn.transaction():
            earlier = await kept.codes_sent(conn, holder.referral_id, holder.person_id)
            if not proving.may_be_sent(earlier, await kept.real_now(conn)):
                return None
            await kept.keep_code(conn, holder.referral_id, holder.person_id, way, secret, LASTS[way])
        body = (_TEXT if way == "text" else _BODY).format(
            reference=holder.reference, code=code, service=self._settings.sender_name
        )
        until = monotonic() + SECONDS
        carrier: Carrier = "text" if way == "text" else "email"
        return Letter(new_id(), _FACT, holder.reference, to, _SUBJECT, body, until, channel=carrier)

    async def hand_over(self, letter: Letter) -> bool:
        """Sends it; False where the provider did not take it. Where nobody can know, it may yet come."""
        channel = self._made(letter.channel)
        try:
            return not isinstance(await channel.send(letter), Failed | RetryLater)
        finally:
            await channel.close()

    def _made(self, way: Carrier) -> Channel:
        """A channel for one letter: codes are few, and the sender's own may be in another process."""
        return make_channel(self._settings, way)

    async def compare(self, conn: Connection, holder: Holder, typed: str) -> Verdict:
        """Whether this is the code. To be asked in a transaction: wrong ones count, the right one works once."""
        last = await kept.last_code(conn, holder.referral_id, holder.person_id)
        if last is None or not last.code.open_at(await kept.real_now(conn)):
            return "over"
        _, digest = await _secret(typed, last.salt)
        right = secrets.compare_digest(digest, last.digest)
        after, verdict = proving.tried(last.code, right, await kept.real_now(conn))
        await kept.save_code(conn, last.id, after)
        return verdict
