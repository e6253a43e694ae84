"""What families wrote on their page, and whether it helped them."""

from dataclasses import dataclass
from datetime import date

from chassis.storage import Connection
from services.notifications.domain.said import FamilyWords
from services.notifications.storage.tables import FAMILY_WORDS


async def words_of(conn: Connection, referral_id: str, person_id: str) -> list[FamilyWords]:
    """What this person wrote about this referral, in order."""
    rows = await conn.fetch(
        "SELECT state FROM family_words WHERE referral_id = $1 AND person_id = $2", referral_id, person_id
    )
    found = [FAMILY_WORDS.read(row["state"]) for row in rows]
    return sorted((each for each in found if each.said_at), key=lambda each: str(each.said_at))


async def keep_opinion(conn: Connection, referral_id: str, person_id: str, helped: str) -> None:
    """Whether the page helped this person: their last word counts."""
    await conn.execute(
        "INSERT INTO page_opinion (referral_id, person_id, helped) VALUES ($1, $2, $3) "
        "ON CONFLICT (referral_id, person_id) DO UPDATE SET helped = excluded.helped, at = excluded.at",
        referral_id,
        person_id,
        helped,
    )


#: Counts below this are not shown, as in what is published of the panels.
THRESHOLD = 5
_BY_MONTH = """
SELECT date_trunc('month', at AT TIME ZONE 'Europe/London')::date AS month, helped, count(*) AS n
FROM page_opinion GROUP BY month, helped ORDER BY month DESC
"""


@dataclass(frozen=True, slots=True)
class MonthOfOpinions:
    """How many gave each answer in the month that begins with ``first``; None where that is a small number, or none."""

    first: date
    answers: dict[str, int | None]


async def opinions(conn: Connection, months: int) -> list[MonthOfOpinions]:
    """Whether the page helped, in the latest months with an answer. No totals: they would give numbers away."""
    found: dict[date, dict[str, int | None]] = {}
    for row in await conn.fetch(_BY_MONTH):
        answers = found.setdefault(row["month"], dict.fromkeys(("yes", "partly", "no")))
        answers[row["helped"]] = row["n"] if row["n"] >= THRESHOLD else None
    return [MonthOfOpinions(first, answers) for first, answers in list(found.items())[:months]]
