"""What families wrote, by referral."""

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.family_words import FAMILY_WORDS as KIND
from services.referrals.domain.family_words import FamilyWords

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
