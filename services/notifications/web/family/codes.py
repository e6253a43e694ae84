"""Codes for the page: made, sent by the other contact on record or told by a person, and compared."""

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import Any

from chassis import readable
from chassis.decision import Refused
from chassis.ids import new_id
from chassis.service import Running
from chassis.storage import Connection
from chassis.telemetry import get_logger
from schemas.family_v1 import CorrectedWay
from schemas.notifications_v1 import Way as Carrier
from services.notifications import html_mail, languages, notes
from services.notifications.carriers import make_channel
from services.notifications.channels import Channel, Failed, Letter, Result, RetryLater
from services.notifications.domain import handed, proving
from services.notifications.domain.proving import DIGITS, LASTS, Verdict, Way
from services.notifications.storage import proving as kept

#: How long a provider may take before the family is told that the code may come later.
SECONDS = 20.0
_FACT, _CHANGED = "page.code", "contact.changed"
#: Seconds before each try to hand over a warning, while its provider does not take it.
_AGAIN = (0.0, 2.0, 10.0)

log = get_logger(__name__)


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
    language: str = languages.ENGLISH


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
        self._running = running
        self._settings: Any = running.settings

    @property
    def carried(self) -> frozenset[Way]:
        """The ways by which this house sends codes."""
        ways: Collection[Way] = ("email", "text")
        own = {"email"} if self._settings.channel == "fake" else set(self._settings.ways)
        return frozenset(way for way in ways if way in own)

    async def prepare(
        self, conn: Connection, holder: Holder, way: Way, to: str, confirms: bool = False
    ) -> Letter | None:
        """The letter with a new code, for the page or to confirm where it goes; None where no more are sent now."""
        code, salt = _new()
        secret = await _secret(code, salt)
        async with conn.transaction():
            earlier = await kept.codes_sent(conn, holder.referral_id, holder.person_id)
            if not proving.may_be_sent(earlier, await kept.real_now(conn)):
                return None
            whose = (holder.referral_id, holder.person_id)
            await kept.keep_code(conn, *whose, way, secret, LASTS[way], confirms=to if confirms else None)
        return self._letter(holder, code, "text" if way == "text" else "email", to)

    def _letter(self, holder: Holder, code: str, way: Carrier, to: str) -> Letter:
        return self._note(_FACT, holder, way, to, {"code": code})

    def _note(self, fact: str, holder: Holder, way: Carrier, to: str, more: dict[str, str]) -> Letter:
        reference = holder.reference
        fields = {"reference": reference, "service": self._settings.sender_name, **more}
        note = notes.write(fact, fields, holder.language, self._settings.draft_translations)
        body = note.text if way == "text" and note.text else note.body
        html = partial(html_mail.html, note.subject, body, note.language, "", reference)
        until = monotonic() + SECONDS
        return Letter(
            new_id(), fact, reference, to, note.subject, body, until, html if way == "email" else None, way
        )

    async def hand_over(self, letter: Letter) -> bool:
        """Sends it; False where the provider did not take it. Where nobody can know, it may yet come."""
        return not isinstance(await self._taken(letter), Failed | RetryLater)

    async def warn(self, holder: Holder, way: CorrectedWay, to: str) -> None:
        """Tells the contact before that somebody gave a new one: it may have been somebody else."""
        letter = self._note(_CHANGED, holder, way, to, {"enquiries": self._settings.enquiries})
        for wait in _AGAIN:
            await asyncio.sleep(wait)
            if not isinstance(await self._taken(replace(letter, until=monotonic() + SECONDS)), RetryLater):
                return
        log.warning("old_contact_not_warned", referral_id=holder.referral_id)

    async def _taken(self, letter: Letter) -> Result:
        channel = self._made(letter.channel)
        try:
            return await channel.send(letter)
        finally:
            await channel.close()

    def _made(self, way: Carrier) -> Channel:
        """A channel for one letter: codes are few, and the sender's own may be in another process."""
        return make_channel(self._settings, way)

    async def compare(self, conn: Connection, holder: Holder, typed: str) -> Verdict:
        """Whether this is the code. To be asked in a transaction: wrong ones count, the right one works once."""
        last = await kept.last_code(conn, holder.referral_id, holder.person_id)
        return await self._tried(conn, last, typed)

    async def confirm(
        self, conn: Connection, holder: Holder, typed: str
    ) -> tuple[Verdict, CorrectedWay, str]:
        """The same of the code that went to a new address or number, with the way, and that address or number."""
        last = await kept.last_code(conn, holder.referral_id, holder.person_id, confirming=True)
        way: CorrectedWay = "text" if last and last.way == "text" else "email"
        to = (last and last.confirms) or ""
        return (await self._tried(conn, last, typed) if to else "over"), way, to

    async def _tried(self, conn: Connection, last: kept.KeptCode | None, typed: str) -> Verdict:
        if last is None or not last.code.open_at(await kept.real_now(conn)):
            return "over"
        _, digest = await _secret(typed, last.salt)
        right = secrets.compare_digest(digest, last.digest)
        after, verdict = proving.tried(last.code, right, await kept.real_now(conn))
        await kept.save_code(conn, last.id, after)
        return verdict

    async def handed_over(self, conn: Connection, holder: Holder, typed: str) -> bool:
        """Whether this is a code that the school handed this person: it works once, and is used now."""
        code = readable.typed(typed, handed.LETTERS)
        whose = (holder.referral_id, holder.person_id)
        id = await kept.handed_code(conn, readable.digest(code), *whose) if code else None
        if id is None:
            return False
        try:
            await self._running.runner.command(handed.UseCode(id, *whose))
        except Refused:
            return False
        return True
