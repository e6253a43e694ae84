"""What the public directory said last."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ListedWait:
    """Half of those who are referred wait at most ``days`` for a first answer, eight in ten at most ``most_days``."""

    days: int
    most_days: int | None = None


async def listed_waits(conn: Any) -> dict[str, ListedWait]:
    """The waits as they were published last, by the destination's code; those that nobody can say are left out."""
    rows = await conn.fetch(
        "SELECT state -> 'content' AS content FROM directory_entry WHERE id LIKE 'destination:%'"
    )
    found = [
        json.loads(row["content"]) if isinstance(row["content"], str) else row["content"] for row in rows
    ]
    return {
        entry["code"]: ListedWait(entry["expected_wait_days"], entry.get("expected_wait_p80_days"))
        for entry in found
        if entry.get("expected_wait_days") is not None
    }
