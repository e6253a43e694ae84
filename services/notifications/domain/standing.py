"""What a sentence of the family's page is made of, whatever it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from chassis.english import in_words
from services.notifications.domain.story import Fact

SCHOOL = "The school or setting that made the referral"
#: What happened, of a fact and the name of whoever dealt with it then.
Words = Callable[[Fact, str], str]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who has the referral, what comes next, and the date that was promised for it."""

    holder: str
    next: str
    by: date | None = None


def plain(day: date | None) -> str:
    """A date as people say it: 5 March 2026."""
    return in_words(day) if day else "a date that we do not know yet"
