"""The record of what operators did: who, when, why, and what came of it."""

import asyncpg

from chassis.storage import Connection


class ReasonMissing(ValueError):
    """Every such action is recorded with its reason: give one with --reason."""


async def record(conn: Connection, who: str, did: str, what: str, why: str, outcome: str = "begun") -> int:
    """Write one action down, in the caller's transaction; answers its id. Raises ReasonMissing.

    ``what`` and ``outcome`` hold ids, topics, fingerprints and figures, never a value of a record. What takes
    several transactions is written down before the first, so that one broken off leaves its trace.
    """
    if not why.strip():
        raise ReasonMissing("say why: --reason is recorded with who and when")
    action: int = await conn.fetchval(
        "INSERT INTO operator_action (who, did, what, why, outcome) VALUES ($1, $2, $3, $4, $5) RETURNING id",
        who, did, what, why.strip(), outcome,
    )  # fmt: skip
    return action


async def ended(conn: Connection, action: int, outcome: str) -> None:
    """What came of an action that was written down as begun."""
    await conn.execute("UPDATE operator_action SET outcome = $2 WHERE id = $1", action, outcome)


async def listing(conn: Connection, most: int = 200) -> list[asyncpg.Record]:
    """The last ``most`` actions, the newest first."""
    found: list[asyncpg.Record] = await conn.fetch(
        "SELECT at, who, did, what, why, outcome FROM operator_action ORDER BY id DESC LIMIT $1", most
    )
    return found
