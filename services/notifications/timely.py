"""Whether a message is told now: small steps wait for their hour, and nobody is told what is no news any more."""

from datetime import datetime

from services.notifications.domain.digest import Steps, last_hour
from services.notifications.domain.message import Message
from services.notifications.domain.outcomes import Outcome
from services.notifications.domain.useful import is_worth_hearing
from services.notifications.settings import Settings
from services.notifications.storage import Claim
from services.notifications.templates import Templates


def steps(small: frozenset[str], now: datetime, settings: Settings) -> Steps:
    """Which of these facts have waited for their hour at the business time ``now``."""
    return Steps(small, last_hour(now, settings.digest_at, settings.quiet))


def is_worth_it(templates: Templates, now: datetime, message: Message) -> bool:
    """Whether it still helps to hear it, as its template says."""
    telling = templates.telling(message.fact)
    return telling is None or is_worth_hearing(message, telling.useful_days, now)


def too_late(templates: Templates, claim: Claim, now: datetime) -> Outcome | None:
    """What becomes of what waited for too long, with all that goes with it; None where any of it is worth hearing."""
    if any(is_worth_it(templates, now, one) for one in (claim.message, *claim.others)):
        return None
    telling = templates.telling(claim.message.fact)
    return "not-needed" if telling is not None and telling.lapses else "expired"
