"""Tokens of school systems: whom one lets in, whose are listed, and when one was used last."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from chassis.storage import Stored
from services.referrals.domain.staff.tokens import ApiToken
from services.referrals.storage import tokens
from services.referrals.storage.staff import TOKENS
from services.referrals.storage.tokens import Tokens
from tests.referrals.builders import NOW
from tests.referrals.conftest import Offices


@pytest.fixture
async def pool(office: Offices) -> asyncpg.Pool:
    """A database with a token in use, one that was revoked, and one of another school."""
    made = (await office()).pool
    await put(made, "mine")
    await put(made, "revoked", revoked_at=NOW, revoked_by="tom")
    await put(made, "another's", urn="900002")
    return made


async def put(pool: asyncpg.Pool, id: str, **given: Any) -> None:
    usual = {"name": "MIS", "urn": "900001", "scopes": {"referrals:read"}, "made_by": "tom", "made_at": NOW}
    token = ApiToken(**{"id": id, "sha256": f"digest of {id}", **usual, **given})
    await TOKENS.insert(pool, [Stored(id, 1, 0, token)])


async def test_a_token_lets_in_until_it_is_revoked_and_for_its_own_school(pool: asyncpg.Pool) -> None:
    find = Tokens(pool).find
    caller = await find("digest of mine")
    assert caller is not None
    assert (caller.name, caller.owners) == ("token:mine", frozenset({"900001"}))
    assert await find("digest of revoked") is None
    assert await find("digest of nothing") is None


async def test_that_a_token_was_used_is_written_down_once_a_minute(pool: asyncpg.Pool) -> None:
    async def used() -> Any:
        return await pool.fetchval("SELECT at FROM api_token_use WHERE id = 'mine'")

    await Tokens(pool).find("digest of mine")
    for ago, is_written in ((59, False), (61, True)):
        before = await used() - timedelta(seconds=ago)
        await pool.execute("UPDATE api_token_use SET at = $1", before)
        await Tokens(pool).find("digest of mine")
        assert (await used() > before) == is_written, ago
    assert await pool.fetchval("SELECT count(*) FROM api_token_use") == 1


async def test_a_school_s_tokens_are_listed_and_those_that_open_nothing_last(pool: asyncpg.Pool) -> None:
    await Tokens(pool).find("digest of mine")
    async with pool.acquire() as conn:
        own = await tokens.of_schools(conn, {"900001"})
        every = await tokens.of_schools(conn, None)
    assert [(each.token.id, each.last_used is None) for each in own] == [("mine", False), ("revoked", True)]
    assert [each.token.id for each in every] == ["mine", "another's", "revoked"]
