"""Fields of a message's state as queries read them: one that somebody has spoilt fails for nobody else.

A cast fails for all rows that a query looks at. What cannot be read is found out afterwards, one message at a time.
"""

from datetime import UTC, datetime


def tries(more: str) -> str:
    """SQL: the tries of the message ``m``, and so many ``more``; what is no number stays as it is."""
    held = "m.state->>'tries'"
    counted = f"to_jsonb(({held})::int {more})"
    return f"CASE WHEN {held} ~ '^[0-9][0-9]?[0-9]?$' THEN {counted} ELSE m.state::jsonb->'tries' END"


def made_since(instant: str) -> str:
    """SQL: whether the message ``m`` was made at this instant or later; the instant is given as `written`."""
    return f"m.state->>'made_at' COLLATE \"C\" >= {instant}::text"


def written(instant: datetime) -> str:
    """An instant, a whole second, as it begins in a state: the order of such texts is that of time."""
    return instant.astimezone(UTC).isoformat()[:19]
