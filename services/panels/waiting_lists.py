"""Which cases wait for somebody's answer, and what chairs did between two sittings."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from chassis.storage import Connection
from services.panels.domain.cases.case import Case
from services.panels.domain.permissions import Action
from services.panels.storage import CASES

Whom = Literal["chair", "manager"]
#: Who may do this is who answers.
ANSWERS: Mapping[Action, Whom] = {"case:chair": "chair", "case:answer": "manager"}

_SINCE_THE_ONE_BEFORE = """
SELECT state FROM placement_case
WHERE panel = $1 AND chair_acted_at <= $2 AND chair_acted_at > coalesce((
    SELECT max(sits_at) FROM sitting
    WHERE panel = $1 AND sits_at < $2 AND status NOT IN ('lapsed', 'cancelled')
), '-infinity')
ORDER BY chair_acted_at, id
"""


async def waiting_for(conn: Connection, whom: Whom, panels: Collection[str] | None) -> list[Case]:
    """The cases of these panels, or of all, that wait for a chair's answer or a manager's; the earliest due first."""
    rows = await conn.fetch(
        "SELECT state FROM placement_case WHERE waits_for = $1 AND ($2::text[] IS NULL OR panel = ANY ($2)) "
        "ORDER BY due, id",
        whom,
        list(panels) if panels is not None else None,
    )
    return [CASES.read(row["state"]) for row in rows]


async def chairs_actions(conn: Connection, panel: str, sits_at: datetime) -> list[Case]:
    """What a sitting at this hour is told of: the cases that a chair settled since the one before it.

    One that lapses or is cancelled was told nothing: the next one is.
    """
    rows = await conn.fetch(_SINCE_THE_ONE_BEFORE, panel, sits_at)
    return [CASES.read(row["state"]) for row in rows]
