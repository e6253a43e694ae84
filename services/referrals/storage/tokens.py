"""The tokens of school systems, as every request asks for them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from chassis.storage import Connection
from chassis.web.auth import Caller
from services.referrals.domain.staff.tokens import ApiToken
from services.referrals.storage.staff import TOKENS

# To the minute is exact enough, and spares a write for each request.
_USED = """
INSERT INTO api_token_use (id, at) VALUES ($1, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET at = EXCLUDED.at WHERE api_token_use.at < EXCLUDED.at - interval '1 minute'
"""


def caller_of(token: ApiToken) -> Caller:
    """Who asks with this token. Its name is the school's own words, so logs name it by its id."""
    return Caller(f"token:{token.id}", frozenset(token.scopes), frozenset({token.urn}))


class Tokens:
    """Finds who asks by the digest of their token, and notes that it was used."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, sha256: str) -> Caller | None:
        """The caller; None for a token that nobody made, or that was revoked."""
        async with self._pool.acquire() as conn:
            state = await conn.fetchval(
                "SELECT state FROM api_token WHERE sha256 = $1 AND NOT revoked", sha256
            )
            if state is None:
                return None
            token = TOKENS.read(state)
            await conn.execute(_USED, token.id)
        return caller_of(token)


@dataclass(frozen=True, slots=True)
class Used:
    """A token and when somebody was let in with it last, to the minute."""

    token: ApiToken
    last_used: datetime | None


async def of_schools(conn: Connection, urns: Collection[str] | None) -> list[Used]:
    """The tokens of these schools, or all of them; those that still open the door first."""
    rows = await conn.fetch(
        "SELECT t.state, u.at FROM api_token t LEFT JOIN api_token_use u USING (id) "
        "WHERE $1::text[] IS NULL OR t.urn = ANY($1) ORDER BY t.revoked, t.urn, t.state ->> 'made_at', t.id",
        None if urns is None else sorted(urns),
    )
    return [Used(TOKENS.read(row["state"]), row["at"]) for row in rows]


async def named(conn: Connection, ids: Collection[str]) -> dict[str, ApiToken]:
    """Those of these ids that are known."""
    found = await TOKENS.load(conn, sorted(set(ids)), lock=False)
    return {id: stored.state for id, stored in found.items()}
