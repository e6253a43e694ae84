"""What several of these tests stand on."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from deploy.local import Stack
from schemas.topics import REFERRALS
from tests.chassis import counters
from tests.chassis.roads import Road


@pytest.fixture
async def road(
    stack: Stack, database: Callable[..., Awaitable[asyncpg.Pool]], new_topics: Callable[..., Awaitable[str]]
) -> Road:
    """A sender and a receiver, with a Kafka between them."""
    return Road(stack, await new_topics(REFERRALS), await database(), await database(extra=[counters.TABLE]))
