"""Who read what of a referral's messages, as it is given to a family or an auditor."""

from functools import partial

from typer.testing import Result

from chassis.operations import reads_command
from services.notifications.reads import readables
from tests.notifications.conftest import House
from tests.notifications.test_pages import Houses, as_, with_a_held_message
from tests.support.commands import typed


async def access_log(house: House, reference: str) -> Result:
    """The command as an operator types it."""
    add = partial(reads_command.add, readables=readables)
    return await typed(house.running, add, "access-log", "--referral", reference)


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
