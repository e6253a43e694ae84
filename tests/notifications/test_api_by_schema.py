"""The API for staff does what its OpenAPI document says, whatever is sent: tried by Schemathesis."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from chassis.web.hosting import make_web
from tests.notifications.builders import details, received, routed
from tests.notifications.conftest import OPERATOR, READER, House
from tests.support.browser import served
from tests.support.by_schema import assert_as_described

Houses = Callable[..., Awaitable[House]]
KNOWN = """
[parameters]
"path.message_id" = "{message_id}"
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_token_finds_the_api_as_it_is_described(house: Houses, tmp_path: Path) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    known = KNOWN.format(message_id=await it.pool.fetchval("SELECT id FROM message ORDER BY seq LIMIT 1"))
    async with served(make_web(it.running)) as url:
        await assert_as_described(
            url,
            OPERATOR,
            tmp_path,
            config=known,
            others=[READER],
            others_phases=("examples", "coverage", "fuzzing", "stateful"),
            others_examples=1000,
        )
