"""Who read what of a referral's case, as it is given to a family or an auditor."""

from functools import partial

from typer.testing import Result

from chassis.operations import reads_command
from services.panels.reads import readables
from tests.panels.builders import a_routed_referral
from tests.panels.conftest import House
from tests.panels.test_pages import SITTING, as_, case_path
from tests.support.commands import typed


async def access_log(house: House, reference: str) -> Result:
    """The command as an operator types it."""
    add = partial(reads_command.add, readables=readables)
    return await typed(house.running, add, "access-log", "--referral", reference)


async def test_whoever_read_the_case_or_its_agenda_is_named_and_nobody_else(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2, reference="7Q2M-XR3T-0YBJ"))
    tom, member = await as_(house, "tom"), await as_(house, "member")
    await member.get(case_path(2))
    await tom.get(case_path(1))
    await tom.post(SITTING, case=case_path(1).removeprefix("/cases/"), seen="")
    await member.get(SITTING)
    reference = a_routed_referral(1).reference
    found = await access_log(house, reference.lower())
    assert found.exit_code == 0, found.output
    header, *lines = found.output.splitlines()
    assert header == "when,who,roles,what"
    told = [line.split(",", 1)[1] for line in lines]
    assert "Member,panel-member,Read a sitting's agenda that has the case" in told
    assert told[-1] == "Tom,panel-coordinator,Read the case"
    assert not any("Member" in line and "Read the case" in line for line in told)


async def test_an_unknown_reference_is_said_to_be_one(house: House) -> None:
    found = await access_log(house, "ABCD-EFGH-0000")
    assert (found.exit_code, "letter by letter" in found.output) == (2, True)
