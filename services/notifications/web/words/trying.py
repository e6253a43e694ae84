"""A test of a template, to whoever tries it: recorded, limited, and no message to a family."""

from time import monotonic
from typing import Any

from email_validator import EmailNotValidError, validate_email

from chassis.ids import new_id
from chassis.storage import Connection
from chassis.telephone import textable
from chassis.web.access import record_read
from chassis.web.people import Person
from chassis.web.problems import Fault
from schemas.notifications_v1 import Way
from services.notifications.carriers import make_channel
from services.notifications.channels import Failed, Letter, RetryLater
from services.notifications.web.desk import Desk
from services.notifications.web.words.shown import Shown

MOST_IN_AN_HOUR = 20
_TRIED = "words-tried"
_SECONDS = 20.0


def by_text(desk: Desk, shown: Shown) -> bool:
    """Whether a test of it may go as a text message here."""
    return shown.text is not None and "text" in _settings(desk).ways


async def tried(desk: Desk, person: Person, shown: Shown, to: str) -> Fault | None:
    """Sends a test to what was typed, and writes down who did; answers what is wrong, if anything is."""
    way, address = _read(to, by_text(desk, shown))
    if not address:
        or_number = ", or your mobile number" if by_text(desk, shown) else ""
        message = f"Write your e-mail address, such as you@council.example{or_number}."
        return Fault(field="to", code="bad-address", message=message)
    async with desk.running.pool.acquire() as conn, conn.transaction():
        if await _tries(conn, person) >= MOST_IN_AN_HOUR:
            message = f"You sent {MOST_IN_AN_HOUR} tests within an hour. Try again later."
            return Fault(field="to", code="too-often", message=message)
        await record_read(conn, person, _TRIED, f"{shown.code}.{shown.language}")
    if not await _sent(_settings(desk), _letter(shown, way, address)):
        return Fault(field="to", code="not-sent", message="The provider did not take it. Try again later.")
    return None


def _read(to: str, by_text: bool) -> tuple[Way, str]:
    """By which way, and where; nowhere if what was typed is neither an address nor a mobile number."""
    if by_text and (number := textable(to)):
        return "text", number
    try:
        return "email", validate_email(to, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        return "email", ""


def _letter(shown: Shown, way: Way, to: str) -> Letter:
    mailed = way == "email"
    return Letter(
        message_id=new_id(),  # of no message to a family, so that nothing that is counted there knows it
        fact="words.tried",
        reference="",
        to=to,
        subject=f"Test: {shown.subject}",
        body=shown.body if mailed else shown.text or "",
        until=monotonic() + _SECONDS,
        html=(lambda: shown.html) if mailed else None,
        channel=way,
    )


async def _tries(conn: Connection, person: Person) -> int:
    found: int = await conn.fetchval(
        "SELECT count(*) FROM access_log WHERE who = $1 AND what = $2 AND at > now() - interval '1 hour'",
        person.who,
        _TRIED,
    )
    return found


async def _sent(settings: Any, letter: Letter) -> bool:
    channel = make_channel(settings, letter.channel)
    try:
        return not isinstance(await channel.send(letter), Failed | RetryLater)
    finally:
        await channel.close()


def _settings(desk: Desk) -> Any:
    return desk.running.settings
