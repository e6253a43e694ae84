"""What is held about a person who is told, or a child of whom others are told, and nobody else's."""

import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from chassis.operations import person_command
from tests.notifications.builders import FATHER, MOTHER, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.support.commands import typed

Houses = Callable[..., Awaitable[House]]


async def exported(it: House, out: Path, id: str, *more: str) -> str:
    """Everything in the archive that the command writes."""
    words = ("person", "export", id, "--out", str(out), "--by", "dpo", "--reason", "asked", *more)
    done = await typed(it.running, person_command.add, *words)
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(out) as archive:
        return "\n".join(f"{name}\n{archive.read(name).decode()}" for name in archive.namelist())


async def a_family(house: Houses) -> House:
    it = await house()
    await it.hear(details(MOTHER), details(FATHER, email="father@elsewhere.example"))
    await it.hear(received(tell=(MOTHER, FATHER)), routed())
    return it


async def test_a_parent_gets_their_own_address_and_messages(house: Houses, tmp_path: Path) -> None:
    it = await a_family(house)
    found = await exported(it, tmp_path / "person.zip", MOTHER)
    assert "data/contact.json" in found
    assert "data/message.json" in found
    assert "data/story.json" not in found
    for others in ("father@elsewhere.example", FATHER):
        assert others not in found


async def test_of_a_child_it_is_said_what_was_told_and_not_to_whom(house: Houses, tmp_path: Path) -> None:
    it = await a_family(house)
    found = await exported(it, tmp_path / "person.zip", "p-child", "--referral", REFERRAL)
    assert "data/story.json" in found
    assert "another person" in found
    for others in (MOTHER, FATHER, "@"):
        assert others not in found
