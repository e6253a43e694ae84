"""Who read what of a referral's messages, as it is given to a family or an auditor."""

import asyncio
from typing import Any

import typer
from typer.testing import CliRunner, Result

from chassis.operations import reads_command
from services.notifications.reads import readables
from tests.notifications.conftest import House
from tests.notifications.test_pages import Houses, as_, with_a_held_message


async def access_log(house: House, reference: str) -> Result:
    """The command as an operator types it; its work comes back to this loop, where the database is."""
    loop, app = asyncio.get_running_loop(), typer.Typer()

    def with_running(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work(house.running), loop).result(20)

    reads_command.add(app, with_running, readables)
    app.command("other")(lambda: None)
    return await asyncio.to_thread(CliRunner().invoke, app, ["access-log", "--referral", reference])


async def test_whoever_saw_a_message_in_a_list_or_read_it_is_named_with_role_and_time(house: Houses) -> None:
    it, message = await with_a_held_message(house)
    tom = await as_(it, "tom")
    await tom.get("/messages")
    await tom.get(f"/messages/{message}")
    found = await access_log(it, "abcd-efgh-jkm4")
    assert found.exit_code == 0, found.output
    header, *lines = found.output.splitlines()
    assert header == "when,who,roles,what"
    assert [line.split(",", 1)[1] for line in lines] == [
        "Tom,service-manager,Read one of its messages",
        "Tom,service-manager,Saw its messages in a list",
    ]


async def test_an_unknown_reference_is_said_to_be_one(house: Houses) -> None:
    it, _ = await with_a_held_message(house)
    found = await access_log(it, "ABCD-EFGH-0000")
    assert (found.exit_code, "letter by letter" in found.output) == (2, True)
