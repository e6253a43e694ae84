"""What of a referral can be read in this service, for whoever asks who did."""

from chassis.operations.reads_command import Readable
from chassis.storage import Connection
from services.notifications import storage


async def readables(conn: Connection, reference: str) -> list[Readable]:
    """The messages about the referral with this reference, together and each by itself, and its private links."""
    referral_id = await storage.referral_of(conn, reference)
    if referral_id is None:
        return []
    messages = await conn.fetch("SELECT id FROM message WHERE referral_id = $1 ORDER BY seq", referral_id)
    return [
        Readable("messages", referral_id, "Saw its messages in a list"),
        Readable("links-revoked", referral_id, "Revoked the private links of its messages"),
        Readable("person-export", referral_id, "Took a copy of all that is held, to hand it on"),
        *(Readable("message", row["id"], "Read one of its messages") for row in messages),
    ]
