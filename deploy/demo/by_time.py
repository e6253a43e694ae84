"""What time alone makes families hear: worked out from what they were told and when, apart from the services.

A reminder and an apology stand on the agenda of whoever knows the day; here is what is said while a family waits.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from chassis.calendar import at, london_date

MORNING = time(8)
WORD = "update.waiting"
#: Days until a family hears again: while it waits, and after a message that names the day.
_WAITS = 28
_AGAIN = {
    "answer.overdue": 14, "apology.decision": 14, "apology.step": 14, "apology.day": 14, WORD: _WAITS,
}  # fmt: skip
#: After these nobody waits for a team or a panel; a reminder leaves it as it was.
_NO_WAIT = {
    "referral.returned", "referral.concluded", "referral.stepped", "referral.withdrawn", "visit.arranged",
    "review.due", "case.withdrawn", "decision.issued",
}  # fmt: skip
VISITED = "visit-done"  # of which nobody is told, and the team goes on


def reminded_on(day: date, before: int, now: datetime) -> datetime | None:
    """When somebody who hears of a day ``now``, in the afternoon, is reminded of it; None if that is too soon."""
    on = day - timedelta(days=before)
    return at(on, MORNING) if on > london_date(now) + timedelta(days=1) else None


def words(heard: Sequence[tuple[datetime, str]], until: datetime) -> Iterator[date]:
    """The days on which a family hears that it still waits; ``heard`` are the facts it was told, each with its time."""
    waits, base, days = False, date.min, None
    for (moment, fact), (following, _) in pairwise([*sorted(heard), (until + timedelta(seconds=1), "")]):
        if fact == VISITED:
            waits = True
        else:
            waits = waits if fact.startswith("reminder.") else fact not in _NO_WAIT
            base, days = london_date(moment), _AGAIN.get(fact)
        while days is not None or waits:
            on = base + timedelta(days=days or _WAITS)
            if at(on, MORNING) >= following:
                break
            base, days = on, _WAITS
            yield on
