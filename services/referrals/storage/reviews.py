"""Reviews of help that has ended, for figures: codes alone, without reading whole referrals."""

from datetime import date, time, timedelta

from chassis.calendar import at
from chassis.storage import Connection
from services.referrals.domain.work.helped import Review

# A review stays in the history of what was reopened later. What was reviewed since a day has changed since that day.
_SAID = """
SELECT area, need, destination, step ->> 'detail' AS helped
FROM referral, json_array_elements(state -> 'history') AS step
WHERE changed_at >= $1 AND step ->> 'what' = 'reviewed'
    AND (step ->> 'at')::timestamptz >= $1 AND (step ->> 'at')::timestamptz < $2
"""
_UNSAID = "SELECT area, need, destination FROM referral WHERE review_open AND due_on BETWEEN $1 AND $2"


async def reviews(conn: Connection, first: date, last: date) -> list[Review]:
    """What was said from one day to another, both included, and whose day came then while nobody has said it."""
    until = at(last + timedelta(days=1), time())
    said = await conn.fetch(_SAID, at(first, time()), until)
    unsaid = await conn.fetch(_UNSAID, first, last)
    return [Review(*row) for row in said] + [Review(*row) for row in unsaid]
