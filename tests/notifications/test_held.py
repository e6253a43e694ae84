"""The commands for messages that wait for a person, as an operator types them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import typer
from typer.testing import CliRunner, Result

from services.notifications import storage
from services.notifications.held import commands
from tests.notifications.builders import MOTHER, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]


async def typed(house: House, *words: str) -> Result:
    """Runs the command line in a thread; its work comes back to this loop, where the database is."""
    loop = asyncio.get_running_loop()
    app = typer.Typer()

    def with_running(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work(house.running), loop).result(20)

    commands(app, with_running)
    app.command("other")(lambda: None)
    return await asyncio.to_thread(CliRunner().invoke, app, ["held", *words])


async def a_held_message(house: House) -> str:
    await house.hear(received(), routed(), details())
    async with house.pool.acquire() as conn, conn.transaction():
        (claim,) = await storage.claim(conn, 10, timedelta(seconds=-1))
    await a_sender(house, Post()).sweep()
    return claim.message.id


async def test_held_messages_are_listed_and_shown_without_an_address(house: Houses) -> None:
    it = await house()
    assert "nothing is held" in (await typed(it, "list")).output
    message = await a_held_message(it)
    listed, shown = await typed(it, "list"), await typed(it, "show", message)
    assert message in listed.output
    assert "uncertain" in listed.output
    assert "referral.routed" in shown.output
    assert "@" not in listed.output + shown.output


async def test_a_message_is_released_with_a_name_and_a_reason(house: Houses) -> None:
    it = await house()
    message = await a_held_message(it)
    without = await typed(it, "release", message)
    assert (without.exit_code, "--reason" in without.output) == (2, True)

    done = await typed(it, "release", message, "--reason", "not in the server's log", "--by", "Ada")
    assert f"{message} is pending" in done.output
    post = Post()
    await a_sender(it, post).send_group()
    assert [letter.message_id for letter in post.letters] == [message]


async def test_a_message_is_settled_once(house: Houses) -> None:
    it = await house()
    message = await a_held_message(it)
    words = ("settle", message, "--not-told", "--reason", "moved away", "--by", "Ada")
    assert "is closed" in (await typed(it, *words)).output
    again = await typed(it, *words)
    assert (again.exit_code, "not done: This message is closed" in again.output) == (2, True)
    assert await it.phases() == [("referral.routed", MOTHER, "closed", "not-to-be-told")]
    assert (await typed(it, "show", "no-such-message")).exit_code == 2
