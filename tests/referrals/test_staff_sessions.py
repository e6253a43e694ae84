"""Whoever leaves, or loses a role, is signed out by the very change that says so."""

import pytest

from services.referrals.domain.staff.commands import OPERATOR, EndRole, GiveRole, StaffLeaves, Wanted
from tests.referrals.builders import TODAY
from tests.referrals.conftest import Offices
from tests.referrals.people import joins, staff_id
from tests.support.sessions import clicks, live


@pytest.mark.parametrize("leaves", [True, False], ids=["leaver", "role taken away"])
async def test_a_live_session_is_sent_to_sign_in_at_its_next_click(office: Offices, leaves: bool) -> None:
    it = await office()
    await joins(it, "Tom", ("team-member", "deaf"), ("sali-officer", None))
    await joins(it, "Uma", ("sali-officer", None))
    id = staff_id("Tom")
    toms, umas = await live(it.running, id), await live(it.running, staff_id("Uma"))
    assert [await clicks(toms), await clicks(umas)] == [200, 200]
    command = StaffLeaves(id, OPERATOR) if leaves else EndRole(id, "team-member", "deaf", OPERATOR)
    await it.running.runner.command(command)
    assert [await clicks(toms), await clicks(umas)] == [303, 200]
    assert await it.pool.fetchval("SELECT count(*) FROM staff_session WHERE staff_id = $1", id) == 0


async def test_a_new_role_leaves_a_session_open(office: Offices) -> None:
    it = await office()
    await joins(it, "Tom", ("team-member", "deaf"))
    toms = await live(it.running, staff_id("Tom"))
    await it.running.runner.command(GiveRole(staff_id("Tom"), Wanted("sali-officer", None, TODAY), OPERATOR))
    assert await clicks(toms) == 200
