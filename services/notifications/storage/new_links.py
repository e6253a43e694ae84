"""Links that are asked for on the page: to whom they belong, and how often they were given."""

from dataclasses import dataclass
from datetime import datetime

from chassis.storage import Connection
from services.notifications.storage.links import as_kept, code_hash

#: So many new links a person is sent about one referral in a day (real time).
IN_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Belongs:
    """A referral and one of those who may be told of it, reached by e-mail."""

    referral_id: str
    person_id: str
    message_id: str
    email: str
    language: str


async def belongs(conn: Connection, reference: str, email: str) -> Belongs | None:
    """Whom this address is of, among those who may be told of the referral; None where the two do not go together."""
    for row in await conn.fetch(_BELONGS, reference):
        person = as_kept(row["contact"], row["preference"])
        to = person.email
        if to and to.lower() == email.lower() and row["message_id"]:
            return Belongs(row["referral_id"], row["person_id"], row["message_id"], to, person.language)
    return None


async def add_asked_link(conn: Connection, code: str, whose: Belongs, expires_at: datetime) -> bool:
    """Writes down the hash of a new link; False where this person had as many as are given in a day."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 14))", f"{whose.referral_id} {whose.person_id}"
    )
    added: str = await conn.execute(
        _ADD,
        code_hash(code),
        whose.referral_id,
        whose.person_id,
        whose.message_id,
        expires_at,
        IN_A_DAY,
    )
    return added.endswith(" 1")


_BELONGS = """
SELECT s.id AS referral_id, c.id AS person_id, c.state AS contact, p.state AS preference,
    (SELECT m.id FROM message m WHERE m.referral_id = s.id AND m.person_id = c.id ORDER BY m.seq DESC LIMIT 1)
        AS message_id
FROM story s JOIN contact c ON (s.state::jsonb -> 'tell') ? c.id
LEFT JOIN preference p ON p.id = c.id
WHERE s.state ->> 'reference' = $1 AND NOT s.stopped
  AND c.reach <> 'not-told' ORDER BY c.id
"""
_ADD = """
INSERT INTO link (code_hash, referral_id, person_id, message_id, expires_at, asked)
SELECT $1, $2, $3, $4, $5, true WHERE (
    SELECT count(*) FROM link WHERE referral_id = $2 AND person_id = $3 AND asked
        AND made_at > clock_timestamp() - interval '1 day'
) < $6
"""
