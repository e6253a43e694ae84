"""The sittings of some days, without what they hear: for calendars and for the page for everybody."""

from collections.abc import Callable
from datetime import date

from chassis.storage import Connection
from services.panels.documents.feeds import Entry
from services.panels.domain.sittings.sitting import Sitting
from services.panels.storage import SITTINGS


async def entries(conn: Connection, first: date, last: date, shown: Callable[[Sitting], bool]) -> list[Entry]:
    """Those of the sittings from one day to another that are to be shown, in order."""
    rows = await conn.fetch(
        "SELECT state, version FROM sitting WHERE sits_on BETWEEN $1 AND $2 ORDER BY sits_at, id", first, last
    )
    found = [Entry(SITTINGS.read(row["state"]), row["version"]) for row in rows]
    return [entry for entry in found if shown(entry.sitting)]
