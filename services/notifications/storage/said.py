"""What families wrote on their page, and whether it helped them."""

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
