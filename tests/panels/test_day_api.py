"""The day of a sitting over HTTP, by programs: attendance, the signature, ways on, a correction."""

from typing import Any

import pytest

from schemas.staff_v1 import ReferralRestricted
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask
from tests.panels.conftest import TOKENS, House
from tests.panels.test_day_pages import a_day, the_case, the_id, the_sitting, with_members
from tests.panels.test_web import RECOMMENDED

SIGN, THERE = f"/sittings/{THURSDAY_5_MARCH}/sign", f"/sittings/{THURSDAY_5_MARCH}/attendance"
ONE = f"/cases/{the_id(1)}"
MENDED = {"outcome": "not-agreed", "reasons": "The school can.", "why": "Typed wrongly."}
AT = {"sitting_id": THURSDAY_5_MARCH}
ROUTES: list[tuple[str, Any, str]] = [
    (SIGN, {"case_ids": []}, "chair"),
    (THERE, {"attends": {}}, "co-ordinator"),
    (f"{ONE}/leave", AT, "co-ordinator"),
    (f"{ONE}/pass-on", AT | {"panel": "other", "reason": "There."}, "co-ordinator"),
    (f"{ONE}/ask-chair", {"why": "No school."}, "co-ordinator"),
    (f"{ONE}/correct", MENDED, "officer"),
]


async def test_a_sitting_is_signed_off_and_a_decision_corrected(house: House) -> None:
    await a_day(house, 1)
    batch = {"case_ids": [the_id(1)]}
    early = await house.post(SIGN, batch, role="chair")
    assert (early.status_code, early.json()["code"]) == (409, "without-outcome")
    await house.post(f"{ONE}/recommendation", RECOMMENDED)
    assert (await house.post(SIGN, batch, role="chair")).json() == {
        "sitting_id": THURSDAY_5_MARCH,
        "state": "held",
    }
    shown = await house.get(f"/sittings/{THURSDAY_5_MARCH}")
    assert shown["signed"]["by"] == "chair"
    await house.post(f"{ONE}/decision", {}, role="officer")
    corrected = await house.post(f"{ONE}/correct", MENDED, role="officer")
    assert corrected.json()["outcome"] == "not-agreed"
    full = await house.get(ONE)
    assert full["decision"]["outcome"] == "agreed"
    assert [each["why"] for each in full["corrections"]] == ["Typed wrongly."]


async def test_who_is_there_is_recorded_over_what_was_seen_alone(house: House) -> None:
    await a_day(house, 1)
    await with_members(house, ("cara", "chair"), ("hal", "head"))
    unknown = {"cara": "unknown", "hal": "unknown"}
    done = await house.post(THERE, {"attends": {"hal": "no"}, "seen": unknown})
    assert done.json()["attends"] == {"cara": "unknown", "hal": "no"}
    late = await house.post(THERE, {"attends": {"hal": "yes"}, "seen": unknown})
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")
    assert (await house.post(THERE, {"attends": {"hal": "perhaps"}})).status_code == 422
    assert [seat.attends for seat in (await the_sitting(house)).members] == ["unknown", "no"]


async def test_a_case_is_left_to_another_sitting(house: House) -> None:
    await a_day(house, 1)
    left = await house.post(f"{ONE}/leave", AT)
    assert left.json() == {"case_id": the_id(1), "state": "queued"}
    nowhere = await house.post(f"{ONE}/pass-on", AT | {"panel": "nowhere", "reason": "There."})
    assert nowhere.status_code == 409


async def test_chair_s_action_is_asked_for(house: House) -> None:
    await house.hear(a_routed_referral(placement=an_ask(urgent=True)))
    assert (await house.post(f"{ONE}/ask-chair", {"why": "No school."})).status_code == 200
    action = (await the_case(house)).chair_action
    assert action is not None
    assert (action.why, action.asked_by) == ("No school.", "co-ordinator")


async def test_a_restricted_case_does_not_exist_for_programs_here_either(house: House) -> None:
    await a_day(house, 1)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("max",), restricted_at=MONDAY))
    for path, body, role in ROUTES[2:]:
        assert (await house.post(path, body, role=role)).status_code == 404, path
    assert (await house.post(SIGN, {"case_ids": [the_id(1)]}, role="chair")).status_code == 404


@pytest.mark.parametrize(("path", "body", "may"), ROUTES, ids=lambda value: str(value)[-12:])
async def test_each_call_is_for_one_scope(house: House, path: str, body: Any, may: str) -> None:
    await a_day(house, 1)
    for role in TOKENS:
        assert ((await house.post(path, body, role=role)).status_code == 403) == (role != may), role


async def test_what_is_no_id_of_a_case_is_answered_as_any_unknown_one(house: House) -> None:
    await a_day(house, 1)
    changed = await house.post(SIGN, {"case_ids": ["@"]}, role="chair")
    assert (changed.status_code, changed.json()["code"]) == (409, "agenda-changed")
    for path, body in (("correct", MENDED), ("decision", {})):
        assert (await house.post(f"/cases/@/{path}", body, role="officer")).status_code == 404, path
