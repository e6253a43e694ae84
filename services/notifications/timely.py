"""Whether a message is told now: small steps wait for their hour, and nobody is told what is no news any more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chassis.calendar import london_date
from chassis.storage import Connection
from services.notifications import storage
from services.notifications.domain.course import Timetable
from services.notifications.domain.digest import Steps, last_hour
from services.notifications.domain.hours import next_moment
from services.notifications.domain.message import Message
from services.notifications.domain.outcomes import Outcome
from services.notifications.domain.story import Story
from services.notifications.domain.timed import is_overtaken, is_timed
from services.notifications.domain.useful import is_worth_hearing
from services.notifications.settings import Settings
from services.notifications.storage import Claim
from services.notifications.templates import Templates

#: How long a letter is on its way, with a Sunday.
_POSTED = timedelta(days=3)


def may_go(small: frozenset[str], now: datetime, settings: Settings) -> tuple[bool, Steps]:
    """Whether only what is urgent may go at the business time ``now``, and which of the ``small`` steps have waited
    for their hour."""
    only_urgent = next_moment(False, now, settings.quiet) > now
    return only_urgent, Steps(small, last_hour(now, settings.digest_at, settings.quiet))


def is_worth_it(templates: Templates, now: datetime, message: Message) -> bool:
    """Whether it still helps to hear it, as its template says."""
    telling = templates.telling(message.fact)
    return telling is None or is_worth_hearing(message, telling.useful_days, now)


async def looked_at(conn: Connection, claims: Sequence[Claim], timetable: Timetable) -> list[Claim]:
    """The claims; of what time made it is said whether its story has overtaken it while it waited.

    One whose story cannot be read is put back.
    """
    timed = {one.message.referral_id for one in claims if is_timed(one.message.fact)}
    if not timed:
        return list(claims)
    known = await storage.stories(conn, timed)
    blind = [one.message.id for one in claims if _is_blind(one.message, known)]
    await storage.put_back(conn, blind)

    def overtaken(message: Message) -> bool:
        story = known.get(message.referral_id) if is_timed(message.fact) else None
        return story is not None and is_overtaken(story, message, timetable)

    return [replace(one, overtaken=overtaken(one.message)) for one in claims if one.message.id not in blind]


def _is_blind(message: Message, known: Mapping[str, Story | None]) -> bool:
    """Whether nobody can tell if its story has overtaken it."""
    return is_timed(message.fact) and message.referral_id in known and known[message.referral_id] is None


def not_told(templates: Templates, claim: Claim, now: datetime) -> Outcome | None:
    """What becomes of a message that is not handed to anybody; None where it is."""
    if claim.overtaken:
        return "overtaken"
    if claim.nowhere:
        return "nowhere"
    return _after_its_day(claim.message, now) or _too_late(templates, claim, now)


def _after_its_day(message: Message, now: datetime) -> Outcome | None:
    """What would arrive after the day until which it helps. Where only a letter is too slow, a person may be quicker.

    Whoever has always been told by letter is not reminded in another way.
    """
    today = london_date(now)
    if message.until is None:
        return None
    if today > message.until:
        return "outlived"
    if message.channel != "letter" or today + _POSTED <= message.until:
        return None
    return "nowhere" if message.shut else "outlived"


def _too_late(templates: Templates, claim: Claim, now: datetime) -> Outcome | None:
    """What becomes of what waited for too long, with all that goes with it; None where any of it is worth hearing."""
    if any(is_worth_it(templates, now, one) for one in (claim.message, *claim.others)):
        return None
    telling = templates.telling(claim.message.fact)
    return "not-needed" if telling is not None and telling.lapses else "expired"
