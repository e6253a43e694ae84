"""Codes for families' pages that schools handed over."""

from chassis.storage import Column, Connection, JsonTable
from services.referrals.domain.page_codes import PAGE_CODE, PageCode

PAGE_CODES = JsonTable(PAGE_CODE, "page_code", {"referral_id": Column("text", lambda code: code.referral_id)})


async def page_codes_of(conn: Connection, referral_id: str) -> list[PageCode]:
    """All that were handed over for a referral, the latest first."""
    rows = await conn.fetch("SELECT state FROM page_code WHERE referral_id = $1", referral_id)
    found = [PAGE_CODES.read(row["state"]) for row in rows]
    return sorted(found, key=lambda code: code.handed_at, reverse=True)
