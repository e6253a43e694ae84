"""What the panels hold about a child is handed out as an archive."""

import zipfile
from pathlib import Path

from chassis.operations import person_command
from tests.panels.builders import a_routed_referral
from tests.panels.conftest import House
from tests.support.commands import typed


async def test_a_childs_archive_has_its_case_and_no_other(house: House, tmp_path: Path) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2, reference="7Q2M-XR3T-0YBJ"))
    out, child = tmp_path / "person.zip", a_routed_referral(1).child_id
    words = ("person", "export", child, "--out", str(out), "--by", "dpo", "--reason", "asked")
    done = await typed(house.running, person_command.add, *words)
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(out) as archive:
        page = archive.read("index.html").decode()
    assert a_routed_referral(1).reference in page
    assert "7Q2M-XR3T-0YBJ" not in page
