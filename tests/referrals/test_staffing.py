"""The commands about staff, and the record of reads for a family or an auditor."""

import csv
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import Result

from services.referrals import staffing
from services.referrals.storage.staff import everybody
from tests.referrals.builders import book, form
from tests.referrals.conftest import Office, Offices
from tests.support.commands import typed

Command = Callable[..., Awaitable[Result]]
FIRST = ("--subject", "idp|ada", "--name", "Ada Quill", "--email", "ada@council.example")


@pytest.fixture
async def here(office: Offices) -> Office:
    return await office()


@pytest.fixture
async def command(here: Office) -> Command:
    """Runs a command as from a terminal, against this service's database."""
    return partial(typed, here.running, partial(staffing.add, book_of=lambda _: book()))


async def names(here: Office) -> dict[str, list[tuple[str, str | None]]]:
    async with here.pool.acquire() as conn:
        return {each.name: [(g.role, g.scope) for g in each.grants] for each in await everybody(conn)}


async def test_the_first_administrator_is_made_by_a_command(here: Office, command: Command) -> None:
    done = await command("staff", "appoint-administrator", *FIRST)
    assert (done.exit_code, done.output) == (0, "Ada Quill is an administrator\n")
    assert await names(here) == {"Ada Quill": [("administrator", None)]}
    assert await here.said() == ["staff.details.v1"]
    again = await command("staff", "appoint-administrator", *FIRST)
    assert (again.exit_code, again.output) == (0, "Ada Quill is an administrator already\n")


async def test_an_administrator_without_an_address_is_not_made(here: Office, command: Command) -> None:
    wrong = await command("staff", "appoint-administrator", *FIRST[:-1], "nowhere")
    assert wrong.exit_code == 2
    assert "Write their work e-mail address" in wrong.output
    assert await names(here) == {}


LIST = """
[[staff]]
subject = "idp|sam"
name = "Sam Okafor"
email = "sam@school.example"
[[staff.roles]]
role = "school-user"
scope = "900001"
[[staff.roles]]
role = "school-user"
scope = "900002"
until = 2026-07-31
"""


async def test_a_list_of_staff_is_taken_and_taken_again(
    here: Office, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "staff.toml"
    file.write_text(LIST)
    assert "1 of 1 appointed" in (await command("staff", "load", str(file))).output
    assert await names(here) == {"Sam Okafor": [("school-user", "900001"), ("school-user", "900002")]}
    file.write_text(LIST.replace("until = 2026-07-31", ""))
    assert "1 of 1 appointed" in (await command("staff", "load", str(file))).output
    assert "0 of 1 appointed" in (await command("staff", "load", str(file))).output


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (LIST.replace("900001", "900999"), "Sam Okafor: Choose a school of the register"),
        (LIST.replace("school-user", "scool-user", 1), "staff.0.roles.0.role"),
        (LIST.replace("name =", "nam ="), "staff.0.name"),
        ("[[staff", "cannot be read"),
    ],
)
async def test_a_list_with_a_mistake_is_refused_with_the_place(
    here: Office, command: Command, tmp_path: Path, wrong: str, said: str
) -> None:
    file = tmp_path / "staff.toml"
    file.write_text(wrong)
    done = await command("staff", "load", str(file))
    assert done.exit_code == 2
    assert said in done.output
    assert await names(here) == {}


async def test_a_list_that_is_not_there_is_named(command: Command) -> None:
    assert "nowhere.toml cannot be read" in (await command("staff", "load", "nowhere.toml")).output


async def test_a_family_is_given_the_record_of_their_child(here: Office, command: Command) -> None:
    reference = await here.refer(form())
    second = await here.refer(form(asks_for="outreach"))
    await here.get(f"/api/referrals/{reference}", "team")
    await here.get(f"/api/referrals/{second}", "school")
    one = await command("access-log", "--referral", reference.lower())
    rows = list(csv.DictReader(one.output.splitlines()))
    assert [(row["who"], row["what"], row["referral"]) for row in rows] == [
        ("team", "Read the referral", reference)
    ]
    both = await command("access-log", "--child", reference)
    rows = list(csv.DictReader(both.output.splitlines()))
    assert [(row["who"], row["referral"]) for row in rows] == [("school", second), ("team", reference)]


async def test_a_record_is_asked_for_by_one_good_reference(command: Command) -> None:
    assert (await command("access-log")).exit_code == 2
    assert "There is no referral" in (await command("access-log", "--child", "nonsense")).output
