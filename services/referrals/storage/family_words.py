"""What families wrote, by referral."""

from dataclasses import dataclass

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.family_words import FAMILY_WORDS as KIND
from services.referrals.domain.family_words import FamilyWords
from services.referrals.domain.permissions import Reach
from services.referrals.storage.tabs import seen_by

FAMILY_WORDS = JsonTable(
    KIND,
    "family_words",
    {
        "referral_id": Column("text", lambda words: words.referral_id),
        "waits": Column("boolean", lambda words: words.answer is None),
    },
)


async def words_of_family(conn: Connection, referral_id: str) -> list[FamilyWords]:
    """All that was written about a referral, in order; what was only found answered is left out."""
    rows = await conn.fetch("SELECT state FROM family_words WHERE referral_id = $1", referral_id)
    found = [FAMILY_WORDS.read(row["state"]) for row in rows]
    return sorted((each for each in found if each.said_at), key=lambda each: str(each.said_at))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a family wrote and nobody has answered yet."""

    reference: str
    words: FamilyWords


#: So many are listed; whoever answers them sees the next ones.
_MOST = 100


async def words_that_wait(conn: Connection, reach: Reach) -> list[Waiting]:
    """What families wrote about the referrals within this reach and nobody has answered, the oldest first."""
    seen, values = seen_by(reach)
    rows = await conn.fetch(
        "SELECT referral.reference, w.state FROM family_words w JOIN referral ON referral.id = w.referral_id "
        f"WHERE w.waits AND {seen} ORDER BY w.state ->> 'said_at', w.id LIMIT {_MOST}",
        *values,
    )
    return [Waiting(row["reference"], FAMILY_WORDS.read(row["state"])) for row in rows]
