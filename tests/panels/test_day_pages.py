"""The day of a sitting by its pages: who is there, one case after the other, the chair's signature."""

import json
import re
from typing import Any

import httpx2
import pytest

from schemas.staff_v1 import ReferralRestricted, StaffDetails, StaffGrant
from services.panels import storage
from services.panels.domain.cases.case import Case, case_id_of
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.sittings.sitting import Sitting
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.test_pages import ROLES, Visitor, as_

DAY, SIGN = f"/sittings/{THURSDAY_5_MARCH}/day", f"/sittings/{THURSDAY_5_MARCH}/sign"
AGREED = {"outcome": "agreed", "provision": "special-school", "reasons": "She needs a small class."}


def the_id(n: int) -> str:
    return case_id_of(a_referral_id(n))


async def a_day(house: House, count: int = 3) -> None:
    """A sitting that has begun, with so many cases."""
    await house.hear(*(a_routed_referral(n) for n in range(1, count + 1)))
    ids = tuple(the_id(n) for n in range(1, count + 1))
    await house.running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, ids))
    await house.step(at("2026-03-05 10:00"))


async def with_members(house: House, *seats: tuple[str, str]) -> None:
    """These members of staff sit there, each as (id, seat)."""
    for staff_id, _ in seats:
        grant = StaffGrant(role="panel-member", from_day=MONDAY.date())
        await house.hear(
            StaffDetails(
                staff_id=staff_id, subject=f"idp|{staff_id}", name=staff_id.title(), email="m@x.example",
                active=True, grants=(grant,),
            )
        )  # fmt: skip
    members = [{"staff_id": staff_id, "seat": seat, "attends": "unknown"} for staff_id, seat in seats]
    await house.pool.execute(
        "UPDATE sitting SET state = jsonb_set(state::jsonb, '{members}', $1::jsonb)::json WHERE id = $2",
        json.dumps(members),
        THURSDAY_5_MARCH,
    )


async def the_case(house: House, n: int = 1) -> Case:
    async with house.pool.acquire() as conn:
        (case,) = await storage.cases_by_id(conn, [the_id(n)])
    return case


async def the_sitting(house: House) -> Sitting:
    async with house.pool.acquire() as conn:
        found = await storage.sitting(conn, THURSDAY_5_MARCH)
    assert found is not None
    return found.sitting


async def hidden(visitor: Visitor, path: str, *names: str) -> dict[str, str]:
    """Hidden fields of a page that was opened."""
    page = await visitor.get(path)
    assert page.status_code == 200, page.text
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page.text)[1] for name in names}  # type: ignore[index]


async def records(visitor: Visitor, number: int, **given: Any) -> httpx2.Response:
    path = f"{DAY}/{number}"
    return await visitor.post(path, **await hidden(visitor, path, "seen"), **{**AGREED, **given})


def where(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("location", "")


async def test_one_case_after_the_other_is_recorded_skipped_and_come_back_to(house: House) -> None:
    await a_day(house)
    tom = await as_(house, "tom")
    first = (await tom.get(DAY)).text
    assert f'href="{DAY}/1#recommend"' in first
    page = (await tom.get(f"{DAY}/1")).text
    assert "case 1 of 3, 0 done" in page
    assert re.search(r"so not final before: [MTWFS][a-z]+day ", page)  # and says "before" once
    assert f'rel="next" href="{DAY}/2#recommend"' in page
    assert where(await records(tom, 1)) == (303, f"{DAY}/2#recommend")
    assert where(await records(tom, 3)) == (303, f"{DAY}/2#recommend")  # back to the one that was skipped
    assert where(await records(tom, 2, setting_urn="117215")) == (303, DAY)
    case = await the_case(house, 2)
    assert case.recommendation is not None
    assert (case.recommendation.setting_urn, case.status) == ("117215", "heard")
    assert "That was the last one." in (await tom.get(DAY)).text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"outcome": ""}, "Choose the outcome."),
        ({"provision": ""}, "Choose the kind of provision."),
        ({"reasons": " "}, "Write the reasons"),
        ({"setting_urn": "12x"}, "six figures"),
    ],
)
async def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(
    house: House, given: dict[str, str], says: str
) -> None:
    await a_day(house, 1)
    tom = await as_(house, "tom")
    answer = await records(tom, 1, **given)
    assert answer.status_code == 422
    assert says in answer.text
    if "reasons" not in given:
        assert AGREED["reasons"] in answer.text
    assert (await the_case(house)).status == "listed"


async def test_a_recommendation_is_mended_until_the_chair_signs_and_two_never_overwrite_each_other(
    house: House,
) -> None:
    await a_day(house, 1)
    tom, max_ = await as_(house, "tom"), await as_(house, "max")
    held = await hidden(max_, f"{DAY}/1", "seen")
    await records(tom, 1)
    late = await max_.post(f"{DAY}/1", **held, **{**AGREED, "outcome": "not-agreed", "provision": ""})
    assert late.status_code == 422
    assert "Somebody else was quicker" in late.text
    again = await records(max_, 1, reasons="A small class near home.")
    assert where(again) == (303, DAY)
    case = await the_case(house)
    assert case.recommendation is not None
    assert case.recommendation.reasons == "A small class near home."


async def test_a_deferral_leads_back_to_the_day(house: House) -> None:
    await a_day(house, 2)
    tom = await as_(house, "tom")
    path = f"/cases/{the_id(1)}/defer?day=1"
    assert path in (await tom.get(f"{DAY}/1")).text
    held = await hidden(tom, path, "seen", "form")
    given = {"missing": "health-advice", "owner": "health", "reason": "None yet.",
             "next_on-day": "20", "next_on-month": "3", "next_on-year": "2026"}  # fmt: skip
    assert where(await tom.post(path, **held, **given)) == (303, DAY)
    assert "Deferred" in (await tom.get(DAY)).text


async def test_a_member_who_stands_aside_is_recorded_for_that_case_alone(house: House) -> None:
    await a_day(house, 2)
    await with_members(house, ("cara", "chair"), ("hal", "head"))
    tom = await as_(house, "tom")
    nothing = await tom.post(f"{DAY}/1/aside")
    assert nothing.status_code == 422
    assert "Choose who stands aside." in nothing.text
    wordless = await tom.post(f"{DAY}/1/aside", staff_id="hal", why="declared-interest")
    assert wordless.status_code == 422
    made = await tom.post(f"{DAY}/1/aside", staff_id="hal", why="current-school")
    assert where(made) == (303, f"{DAY}/1")
    aside = (await the_sitting(house)).aside
    assert [(each.staff_id, each.case_id) for each in aside] == [("hal", the_id(1))]
    page = (await tom.get(f"{DAY}/1")).text
    assert "Hal: the child is at their school." in page
    assert "educational psychologist" in page  # what they lack
    await tom.post(f"{DAY}/1/aside", staff_id="hal", why="back")
    assert (await the_sitting(house)).aside == ()


async def test_who_is_there_is_recorded_once_and_not_over_somebody_else(house: House) -> None:
    await a_day(house, 1)
    await with_members(house, ("cara", "chair"), ("hal", "head"))
    tom, max_ = await as_(house, "tom"), await as_(house, "max")
    held = await hidden(max_, DAY, "seen")
    done = await tom.post(
        DAY, **await hidden(tom, DAY, "seen"), **{"attends-cara": "yes", "attends-hal": "no"}
    )
    assert where(done) == (303, DAY)
    assert [seat.attends for seat in (await the_sitting(house)).members] == ["yes", "no"]
    late = await max_.post(DAY, **held, **{"attends-hal": "yes"})
    assert late.status_code == 422
    assert [seat.attends for seat in (await the_sitting(house)).members] == ["yes", "no"]


async def test_what_the_sitting_does_not_come_to_waits_for_another(house: House) -> None:
    await a_day(house, 2)
    tom = await as_(house, "tom")
    left = await tom.post(f"{DAY}/1/leave", **await hidden(tom, f"{DAY}/1", "seen"))
    assert where(left) == (303, f"{DAY}/2#recommend")
    assert (await the_case(house)).status == "queued"
    again = await tom.post(f"{DAY}/1/leave", seen="1")
    assert again.status_code == 422


async def test_a_chair_signs_what_they_saw_once_every_case_has_an_outcome(house: House) -> None:
    await a_day(house, 2)
    tom, cora = await as_(house, "tom"), await as_(house, "cora")
    await records(tom, 1)
    assert "no outcome yet" in (await cora.get(SIGN)).text
    early = await cora.post(SIGN, seen="")
    assert early.status_code == 422
    assert "One case has no outcome" in early.text
    await records(tom, 2)
    held = await hidden(cora, SIGN, "seen")
    await records(tom, 2, reasons="Written anew while the chair looked.")
    changed = await cora.post(SIGN, **held)
    assert changed.status_code == 422
    assert where(await cora.post(SIGN, **await hidden(cora, SIGN, "seen"))) == (303, DAY)
    assert (await the_sitting(house)).signed is not None
    shown = (await cora.get(DAY)).text
    assert "Cora signed it off" in shown
    after = await tom.get(f"{DAY}/1")
    assert "Save and next" not in after.text
    assert AGREED["reasons"] in after.text
    late = await tom.post(
        f"{DAY}/1", seen=str((await the_case(house)).version), **{**AGREED, "reasons": "No."}
    )
    assert late.status_code == 422
    assert "signed this sitting off" in late.text


async def test_a_restricted_case_keeps_its_place_and_nothing_else_is_seen_of_it(house: House) -> None:
    await a_day(house, 3)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(2), named=("max",), restricted_at=MONDAY))
    tom = await as_(house, "tom")
    page = (await tom.get(DAY)).text
    assert "2. Restricted to others" in page
    assert the_id(2) not in page
    assert (await tom.get(f"{DAY}/2")).status_code == 404
    assert (await tom.post(f"{DAY}/2", **AGREED)).status_code == 404
    assert f'href="{DAY}/3#recommend"' in (await tom.get(f"{DAY}/1")).text
    assert where(await records(tom, 1)) == (303, f"{DAY}/3#recommend")


async def test_a_chair_who_stands_aside_for_a_case_does_not_see_it_on_the_day(house: House) -> None:
    await a_day(house, 2)
    others = (("val", "chair"), ("erin", "educational-psychologist"), ("hal", "head"))
    await with_members(house, ("cora", "chair"), *others)
    tom, cora = await as_(house, "tom"), await as_(house, "cora")
    await tom.post(f"{DAY}/1/aside", staff_id="cora", why="current-school")
    for n in (1, 2):
        await records(tom, n, reasons=f"The reasons of case {n}.")
    for path in (DAY, SIGN):
        page = (await cora.get(path)).text
        assert "1. Restricted to others, or you stand aside for it." in page
        assert the_id(1) not in page
    assert "The reasons of case 2." in (await cora.get(SIGN)).text
    assert "The reasons of case 1." not in (await cora.get(SIGN)).text
    assert where(await cora.post(SIGN, **await hidden(cora, SIGN, "seen"))) == (303, DAY)


@pytest.mark.parametrize("number", ["0", "2", "99"])
async def test_a_place_that_the_agenda_has_not_is_unknown(house: House, number: str) -> None:
    await a_day(house, 1)
    tom = await as_(house, "tom")
    assert (await tom.get(f"{DAY}/{number}")).status_code == 404


@pytest.mark.parametrize("name", sorted(ROLES))
async def test_each_role_does_its_own_part_of_the_day(house: House, name: str) -> None:
    await a_day(house, 1)
    visitor = await as_(house, name)
    sees, coordinates, chairs = name != "school", name in ("tom", "max"), name == "cora"
    assert (await visitor.get(DAY)).status_code == (200 if sees else 403)
    assert (await visitor.post(DAY, seen="other")).status_code == (422 if coordinates else 403)
    for path, answer in ((f"{DAY}/1", 422), (f"{DAY}/1/aside", 422), (f"{DAY}/1/leave", 422)):
        if path == f"{DAY}/1":
            assert (await visitor.get(path)).status_code == (200 if coordinates else 403)
        assert (await visitor.post(path)).status_code == (answer if coordinates else 403)
    assert (await visitor.get(SIGN)).status_code == (200 if chairs else 403)
    assert (await visitor.post(SIGN)).status_code == (422 if chairs else 403)


async def test_a_chair_of_another_panel_does_not_sign_here(house: House) -> None:
    await a_day(house, 1)
    stranger = await as_(house, "cora", scope="another")
    assert (await stranger.get(SIGN)).status_code == 404


async def test_reading_a_case_of_the_day_is_recorded(house: House) -> None:
    await a_day(house, 1)
    await (await as_(house, "tom")).get(f"{DAY}/1")
    row = await house.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("staff:tom", "case", the_id(1))


async def test_after_its_day_a_sitting_says_which_outcomes_are_missing_and_leads_to_them(
    house: House,
) -> None:
    await a_day(house, 2)
    tom, cora = await as_(house, "tom"), await as_(house, "cora")
    await records(tom, 1)
    sitting = DAY.removesuffix("/day")
    page = (await tom.get(sitting)).text
    assert "1 case has no outcome yet" in page
    assert f'href="{DAY}/2"' in page
    assert f'href="{DAY}/1"' not in page
    assert f'href="{DAY}/2"' not in (await cora.get(sitting)).text
    await records(tom, 2)
    assert "no outcome yet" not in (await tom.get(sitting)).text


async def test_a_sitting_that_nobody_knows_is_not_followed(house: House) -> None:
    assert (await (await as_(house, "tom")).get("/live/sitting/x")).status_code == 404
