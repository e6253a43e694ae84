"""What fails before anything was handed over holds no message: its claim is given back, and others go on."""

import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from services.notifications.sender import Sender
from services.notifications.templates import Templates
from tests.notifications.builders import FATHER, MOTHER, details, received, routed
from tests.notifications.test_sender import Houses, Post, a_sender


async def test_a_letter_on_which_its_writing_fails_waits_and_the_others_go_on(house: Houses) -> None:
    class Unreadable(Templates):
        def write(self, fact: str, language: str, fields: Mapping[str, Any]) -> tuple[str, str]:
            if fields["reference"] == "ABCD-EFGH-JKM5":
                raise OSError(errno.EMFILE, "too many open files")
            return super().write(fact, language, fields)

    it, post = await house(), Post()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    await it.pool.execute(
        'UPDATE message SET state = (state::jsonb || \'{"reference": "ABCD-EFGH-JKM5"}\')::json WHERE person_id = $1',
        MOTHER,
    )
    settings: Any = it.running.settings
    assert await Sender(it.running, settings, Unreadable(), {"email": post}).send_group() == 2
    assert await it.phases() == [
        ("referral.routed", MOTHER, "pending", "cannot-be-written"),
        ("referral.routed", FATHER, "sent", None),
    ]


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_claim_whose_commit_nobody_heard_of_is_given_back_and_sent_once(
    house: Houses, is_done: bool
) -> None:
    class LosesTheReply:
        """A pool whose first COMMIT is done, or not, and nobody is told which."""

        def __init__(self, pool: Any) -> None:
            self._pool, self._lost = pool, False

        @asynccontextmanager
        async def acquire(self, **given: Any) -> AsyncIterator[Any]:
            async with self._pool.acquire(**given) as conn:
                if self._lost:
                    yield conn
                    return
                self._lost, outer = True, conn.transaction()
                await outer.start()
                yield conn
                await (outer.commit() if is_done else outer.rollback())
                raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    it, post = await house(), Post()
    await it.hear(received(), routed(), details())
    sender, working = a_sender(it, post), it.running.pool
    vars(it.running)["pool"] = LosesTheReply(working)
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await sender.send_group()
    assert [phase for _, _, phase, _ in await it.phases()] == ["pending"]
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp()")
    assert await sender.send_group() == 1
    assert len(post.letters) == 1
    assert [phase for _, _, phase, _ in await it.phases()] == ["sent"]
