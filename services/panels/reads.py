"""What of a referral can be read in this service, for whoever asks who did."""

from chassis.operations.reads_command import Readable
from chassis.storage import Connection
from services.panels.placed import PLACEMENTS


async def readables(conn: Connection, reference: str) -> list[Readable]:
    """The case of the referral with this reference, and the sittings that have it on their agenda."""
    cases = await conn.fetch("SELECT id FROM placement_case WHERE state ->> 'reference' = $1", reference)
    ids = [row["id"] for row in cases]
    sittings = await conn.fetch(
        "SELECT id FROM sitting WHERE (state -> 'case_ids')::jsonb ?| $1::text[] ORDER BY sits_at, id", ids
    )
    referrals = await conn.fetch("SELECT referral_id FROM placement_case WHERE id = ANY($1::text[])", ids)
    ways = await conn.fetch("SELECT id, state FROM placement WHERE state ->> 'reference' = $1", reference)
    asked = [each.consultation_id for row in ways for each in PLACEMENTS.read(row["state"]).consultations]
    return [
        *(Readable("case", id, "Read the case") for id in ids),
        *(
            Readable("person-export", row["referral_id"], "Took a copy of all that is held")
            for row in referrals
        ),
        *(Readable("pack", id, "Took the case in an agenda pack") for id in ids),
        *(Readable("minutes", id, "Took the case in the minutes or decisions of a sitting") for id in ids),
        *(Readable("export", id, "Took the case in a list as a file") for id in ids),
        *(Readable("placement", row["id"], "Read the way to a place") for row in ways),
        *(
            Readable("consultation", id, "A school that was asked for a place read the request")
            for id in asked
        ),
        *(Readable("sitting", row["id"], "Read a sitting's agenda that has the case") for row in sittings),
    ]
