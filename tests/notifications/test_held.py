"""The commands for messages that wait for a person, as an operator types them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from typer.testing import Result

from services.notifications import storage
from services.notifications.held import commands
from tests.notifications.builders import MOTHER, NOW, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender
from tests.support.commands import typed

Houses = Callable[..., Awaitable[House]]


async def held(house: House, *words: str) -> Result:
    """One of the commands as an operator types it."""
    return await typed(house.running, commands, "held", *words)


async def a_held_message(house: House) -> str:
    await house.hear(received(), routed(), details())
    async with house.pool.acquire() as conn, conn.transaction():
        (claim,) = await storage.claim(conn, 10, timedelta(seconds=-1), NOW)
    await a_sender(house, Post()).sweep()
    return claim.message.id


async def test_held_messages_are_listed_and_shown_without_an_address(house: Houses) -> None:
    it = await house()
    assert "nothing is held" in (await held(it, "list")).output
    message = await a_held_message(it)
    listed, shown = await held(it, "list"), await held(it, "show", message)
    assert message in listed.output
    assert "uncertain" in listed.output
    assert "referral.routed" in shown.output
    assert "@" not in listed.output + shown.output


async def test_a_message_is_released_with_a_name_and_a_reason(house: Houses) -> None:
    it = await house()
    message = await a_held_message(it)
    without = await held(it, "release", message)
    assert (without.exit_code, "--reason" in without.output) == (2, True)

    done = await held(it, "release", message, "--reason", "not in the server's log", "--by", "Ada")
    assert f"{message} is pending" in done.output
    post = Post()
    await a_sender(it, post).send_group()
    assert [letter.message_id for letter in post.letters] == [message]


async def test_a_message_is_settled_once(house: Houses) -> None:
    it = await house()
    message = await a_held_message(it)
    words = ("settle", message, "--not-told", "--reason", "moved away", "--by", "Ada")
    assert "is closed" in (await held(it, *words)).output
    again = await held(it, *words)
    assert (again.exit_code, "not done: This message is closed" in again.output) == (2, True)
    assert await it.phases() == [("referral.routed", MOTHER, "closed", "not-to-be-told")]
    assert (await held(it, "show", "no-such-message")).exit_code == 2
