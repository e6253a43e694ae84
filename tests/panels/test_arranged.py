"""Arranging sittings over HTTP: pages for co-ordinators, the same for programs, and nobody else."""

from pathlib import Path
from typing import Any

import pytest

from chassis.service import Running
from schemas.staff_v1 import ReferralRestricted, StaffDetails, StaffGrant
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from services.panels.panel_files import CLOSURES, read_book
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import DEPUTY, House, build, settings
from tests.panels.test_pages import SITTING, as_, case_path

MEMBERS = f"{SITTING}/members"
TOGETHER = f"{case_path()}/together"
AN_EXTRA = {"panel": "placement", "sits_on": "2026-03-06", "why": "The queue is long."}


async def a_member(house: House, name: str, role: Any, scope: str | None = "placement") -> None:
    """A member of staff as the referrals service tells of them."""
    grant = StaffGrant(role=role, scope=scope, from_day=MONDAY.date())
    about = {"subject": f"idp|{name}", "name": name.title(), "email": f"{name}@x.example", "active": True}
    await house.hear(StaffDetails(staff_id=name, grants=(grant,), **about))


async def confirmed(house: House, *ids: str) -> None:
    answer = await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": ids})
    assert answer.status_code == 200, answer.text


CO_ORDINATORS = ["/sittings/extra", f"{SITTING}/cancel", f"{SITTING}/move", TOGETHER]


@pytest.mark.parametrize("path", CO_ORDINATORS)
async def test_the_pages_by_which_sittings_are_arranged_are_the_panel_co_ordinators(
    house: House, path: str
) -> None:
    await house.hear(a_routed_referral())
    assert (await (await as_(house, "tom")).get(path)).status_code == 200
    for name in ("officer", "ehc", "member", "school"):
        other = await as_(house, name)
        assert (await other.get(path)).status_code == 403
        assert (await other.post(path, why="x")).status_code == 403


@pytest.mark.parametrize("path", [*CO_ORDINATORS[1:3], MEMBERS])
async def test_another_panels_co_ordinator_finds_no_such_sitting(house: House, path: str) -> None:
    other = await as_(house, "max", scope="another")
    assert (await other.get(path)).status_code == 404
    assert (await other.post(path, why="x")).status_code == 404


async def test_whoever_has_to_do_with_the_panel_sees_its_month_and_its_members(house: House) -> None:
    for name in ("tom", "officer", "ehc", "member"):
        person = await as_(house, name)
        assert "5 March 2026" in (await person.get("/month?month=2026-03")).text
        assert (await person.get(MEMBERS)).status_code == 200
    school = await as_(house, "school")
    assert [(await school.get(path)).status_code for path in ("/month", MEMBERS)] == [403, 403]


async def test_a_cancelled_sitting_gives_its_cases_back_and_stays_to_be_seen(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2))
    ids = [case_id_of(a_referral_id(n)) for n in (1, 2)]
    await confirmed(house, *ids)
    tom = await as_(house, "tom")
    form = await tom.get(f"{SITTING}/cancel")
    assert "2 cases on its batch go back to the queue" in form.text
    seen = " ".join(ids)
    unsaid = await tom.post(f"{SITTING}/cancel", seen=seen)
    assert unsaid.status_code == 422
    assert "Choose why the sitting is cancelled." in unsaid.text
    late = await tom.post(f"{SITTING}/cancel", seen="", reason="no-room", why="Flooded.")
    assert "Somebody changed this batch meanwhile" in late.text
    done = await tom.post(f"{SITTING}/cancel", seen=seen, reason="no-room", why="The hall is flooded.")
    assert (done.status_code, done.headers["location"].split("?")[0]) == (303, SITTING)
    page = (await tom.get(SITTING)).text
    assert "was cancelled and does not take place" in page
    assert "The hall is flooded." in page
    assert "Cancel this sitting" not in page
    assert {each["state"] for each in (await house.get("/cases"))["cases"]} == {"queued"}
    assert [type for _, _, type in await house.said()][-3:] == [
        "sitting.cancelled.v1",
        "case.unlisted.v1",
        "case.unlisted.v1",
    ]


async def test_the_same_form_sent_twice_cancels_once(house: House) -> None:
    tom = await as_(house, "tom")
    fields = {"seen": "", "reason": "other", "why": "x", "form": "8c1f4a52-63c5-4f0e-9a2c-0d5b6f7e8a91"}
    assert [(await tom.post(f"{SITTING}/cancel", **fields)).status_code for _ in "12"] == [303, 303]


async def test_an_extra_sitting_by_form_and_the_month_shows_it(house: House) -> None:
    tom = await as_(house, "tom")
    wrong = await tom.post("/sittings/extra", **{"sits_on-day": "6", "hour": "nine", "capacity": "0"})
    assert wrong.status_code == 422
    for words in (
        "There is no such day",
        "Write the hour as 09:30.",
        "from 1 to 200",
        "Write why there is an extra",
    ):
        assert words in wrong.text
    day = {"sits_on-day": "6", "sits_on-month": "3", "sits_on-year": "2026"}
    done = await tom.post("/sittings/extra", **day, hour="14:00", capacity="6", why="The queue is long.")
    assert done.headers["location"].split("?")[0] == "/sittings/placement-2026-03-06"
    month = (await tom.get("/month?month=2026-03")).text
    assert "Extra" in month
    assert "0 of 6 cases" in month
    again = await tom.post("/sittings/extra", **day, why="Once more.")
    assert "choose another day" in again.text


async def test_a_sitting_is_moved_by_form(house: House) -> None:
    await house.hear(a_routed_referral())
    case_id = case_id_of(a_referral_id())
    await confirmed(house, case_id)
    tom = await as_(house, "tom")
    day = {"sits_on-day": "10", "sits_on-month": "3", "sits_on-year": "2026"}
    taken = await tom.post(f"{SITTING}/move", seen=case_id, why="Snow.", **day)
    assert "The panel has, or had, a sitting on that day" in taken.text
    done = await tom.post(f"{SITTING}/move", seen=case_id, why="Snow.", **(day | {"sits_on-day": "11"}))
    assert done.headers["location"].split("?")[0] == "/sittings/placement-2026-03-11"
    assert (await house.get(f"/cases/{case_id}"))["sits_on"] == "2026-03-11"
    assert "was moved to Wednesday 11 March 2026" in (await tom.get(SITTING)).text


async def test_an_interest_declared_at_a_sitting_that_was_cancelled_is_offered_at_the_next_one(
    house: House,
) -> None:
    await house.hear(a_routed_referral())
    case_id = case_id_of(a_referral_id())
    tom, member = await as_(house, "tom"), await as_(house, "member", scope="placement")
    await confirmed(house, case_id)
    await tom.post(MEMBERS, **{"head-0": "member"})
    told = {"staff": "member", "case": case_id, "why": "declared-interest", "words": "A neighbour."}
    assert (await member.post(f"{SITTING}/aside", **told)).status_code == 303
    ending = {"reason": "no-room", "words": "Snow."}
    assert (await house.post(f"/sittings/{THURSDAY_5_MARCH}/cancel", ending)).status_code == 200
    assert (await member.get(f"/cases/{case_id}")).status_code == 403, (
        "it waits, and the interest is the same"
    )
    later = "placement-2026-03-10"
    assert (await house.post(f"/sittings/{later}/confirm", {"case_ids": [case_id]})).status_code == 200
    await tom.post(f"/sittings/{later}/members", **{"head-0": "member"})
    page = (await tom.get(f"/sittings/{later}/members")).text
    assert "stands aside for" in page
    assert 'name="words" value="A neighbour."' in page


async def test_members_are_named_and_one_declares_an_interest(house: House) -> None:
    await house.hear(a_routed_referral())
    case_id = case_id_of(a_referral_id())
    await confirmed(house, case_id)
    await a_member(house, "carol", "chair")
    tom, member = await as_(house, "tom"), await as_(house, "member", scope="placement")
    assert "Carol" in (await tom.get(MEMBERS)).text
    wrong = await tom.post(MEMBERS, **{"chair-0": "member"})
    assert wrong.status_code == 422
    assert "Choose somebody who on that day has the role" in wrong.text
    done = await tom.post(MEMBERS, **{"chair-0": "carol", "head-0": "member", "attends-head-0": "yes"})
    assert done.status_code == 303
    seated = (await house.get(f"/sittings/{THURSDAY_5_MARCH}/members"))["members"]
    assert [(each["seat"], each["attends"]) for each in seated] == [("chair", "unknown"), ("head", "yes")]
    assert (
        await member.post(f"{SITTING}/aside", staff="carol", case=case_id, why="declared-interest")
    ).status_code == 403
    fields = {"staff": "member", "case": case_id, "why": "declared-interest", "words": "A neighbour."}
    assert "Write which interest" in (await member.post(f"{SITTING}/aside", **(fields | {"words": ""}))).text
    unsaid = await tom.post(f"{SITTING}/aside", staff="member")
    assert 'value="carol" selected' in unsaid.text, "the form of the seats is still as it stands"
    assert (await member.post(f"{SITTING}/aside", **fields)).status_code == 303
    page = (await tom.get(MEMBERS)).text
    assert "A neighbour." in page
    assert "For a quorum it still lacks" in page
    assert (await tom.post(f"{SITTING}/aside", staff="member", case=case_id, undo="yes")).status_code == 303
    assert (await house.get(f"/sittings/{THURSDAY_5_MARCH}/members"))["aside"] == []


async def test_of_two_who_name_the_members_the_second_is_told(house: House) -> None:
    await a_member(house, "carol", "chair")
    tom = await as_(house, "tom")
    await tom.post(MEMBERS, **{"chair-0": "carol"})
    late = await tom.post(MEMBERS, **{"seen": "head:nobody", "chair-0": "carol"})
    assert "Somebody changed the members meanwhile" in late.text


async def test_the_members_of_the_sitting_before_are_offered(house: House) -> None:
    await a_member(house, "carol", "chair")
    tom = await as_(house, "tom")
    await tom.post(MEMBERS, **{"chair-0": "carol"})
    following = (await tom.get("/sittings/placement-2026-03-10/members")).text
    assert "Offered are the members of the panel’s sitting before this one" in following
    assert 'value="carol" selected' in following


async def test_a_member_of_the_childs_school_is_pointed_out(house: House) -> None:
    await house.hear(a_routed_referral())
    await confirmed(house, case_id_of(a_referral_id()))
    roles = [("panel-member", "placement"), ("headteacher", "117215")]
    grants = tuple(StaffGrant(role=role, scope=scope, from_day=MONDAY.date()) for role, scope in roles)
    about = {"subject": "idp|h", "name": "Henry Head", "email": "h@x.example", "active": True}
    await house.hear(StaffDetails(staff_id="henry", grants=grants, **about))
    tom = await as_(house, "tom")
    await tom.post(MEMBERS, **{"head-0": "henry"})
    page = (await tom.get(MEMBERS)).text
    assert "Henry Head stands aside for 4HW9-ZB6N-XCEB" in page


async def test_two_cases_are_linked_by_reference_given_time_and_parted(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2, reference="AAAA-BBBB-CCCC"))
    tom = await as_(house, "tom")
    assert "Give the reference of the other case." in (await tom.post(TOGETHER, act="link")).text
    assert (
        "There is no case with this reference"
        in (await tom.post(TOGETHER, act="link", reference="ZZZZ")).text
    )
    assert (await tom.post(TOGETHER, act="link", reference="aaaa-bbbb-cccc")).status_code == 303
    assert "AAAA-BBBB-CCCC" in (await tom.get(TOGETHER)).text
    assert "Write a whole number" in (await tom.post(TOGETHER, act="minutes", minutes="9999")).text
    assert (await tom.post(TOGETHER, act="minutes", minutes="40")).status_code == 303
    assert 'value="40"' in (await tom.get(TOGETHER)).text
    assert (await tom.post(TOGETHER, act="part")).status_code == 303
    assert "It is heard by itself." in (await tom.get(TOGETHER)).text


async def test_a_restricted_case_is_linked_to_by_nobody_who_is_not_named(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2, reference="AAAA-BBBB-CCCC"))
    shut = ReferralRestricted(referral_id=a_referral_id(2), named=("max",), restricted_at=MONDAY)
    await house.hear(shut)
    tom = await as_(house, "tom")
    assert (
        "There is no case with this reference"
        in (await tom.post(TOGETHER, act="link", reference="AAAA-BBBB-CCCC")).text
    )
    body = {"case_id": case_id_of(a_referral_id(2))}
    assert (await house.post(f"/cases/{case_id_of(a_referral_id(1))}/siblings", body)).status_code == 404


async def test_one_key_of_two_programs_or_at_two_addresses_is_two_requests(house: House) -> None:
    assert (await house.post("/sittings", AN_EXTRA, key="k")).status_code == 200
    theirs = await house.post("/sittings", AN_EXTRA, DEPUTY, key="k")
    assert (theirs.status_code, theirs.json()["code"]) == (409, "sits-already")
    for sitting_id in ("placement-2026-03-06", THURSDAY_5_MARCH):
        gone = await house.post(f"/sittings/{sitting_id}/cancel", {"reason": "other", "words": "x"}, key="k")
        assert gone.json()["sitting_id"] == sitting_id


async def test_programs_arrange_sittings_with_the_scope_for_it(house: House) -> None:
    assert (await house.post("/sittings", AN_EXTRA, role="reader")).status_code == 403
    assert (await house.post("/sittings", AN_EXTRA | {"hour": "9"})).status_code == 422
    made = await house.post("/sittings", AN_EXTRA | {"hour": "14:00", "capacity": 6})
    assert made.json() == {"sitting_id": "placement-2026-03-06", "state": "scheduled"}
    assert (await house.post("/sittings", AN_EXTRA)).status_code == 409
    assert (await house.post("/sittings", AN_EXTRA | {"panel": "nobody"})).status_code == 404
    moved = await house.post("/sittings/placement-2026-03-06/move", {"sits_on": "2026-03-13", "why": "Snow."})
    assert moved.json()["sitting_id"] == "placement-2026-03-13"
    gone = await house.post("/sittings/placement-2026-03-13/cancel", {"reason": "no-cases", "words": "None."})
    assert gone.json()["state"] == "cancelled"
    shown = {each["sitting_id"]: each for each in (await house.get("/sittings"))["sittings"]}
    assert shown["placement-2026-03-13"]["cancelled"]["reason"] == "no-cases"
    assert shown["placement-2026-03-06"]["kind"] == "extra"
    assert (
        await house.post("/sittings/nothing/cancel", {"reason": "other", "words": "x"})
    ).status_code == 404


async def test_programs_name_members_link_cases_and_give_them_time(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2))
    first, second = (case_id_of(a_referral_id(n)) for n in (1, 2))
    await a_member(house, "carol", "chair")
    path = f"/sittings/{THURSDAY_5_MARCH}"
    seated = await house.post(f"{path}/members", {"members": [{"seat": "chair", "staff_id": "carol"}]})
    assert seated.json()["members"] == [{"staff_id": "carol", "seat": "chair", "attends": "unknown"}]
    aside = {"staff_id": "carol", "case_id": first, "why": "asked-school"}
    assert (await house.post(f"{path}/aside", aside)).status_code == 200
    assert [each["why"] for each in (await house.get(f"{path}/members"))["aside"]] == ["asked-school"]
    linked = await house.post(f"/cases/{first}/siblings", {"case_id": second})
    assert linked.json() == {"case_id": first, "heard_with": second}
    apart = await house.post(f"{path}/confirm", {"case_ids": [first]})
    assert (apart.status_code, apart.json()["code"]) == (409, "siblings-apart")
    assert (await house.post(f"{path}/confirm", {"case_ids": [first, second]})).status_code == 200
    assert (await house.post(f"/cases/{first}/minutes", {"minutes": 40})).json()["minutes"] == 40
    await house.step(at("2026-03-05 10:00"))


async def test_a_day_that_is_closed_later_is_shown_with_the_new_one_and_a_person_says_yes(
    house: House, tmp_path: Path
) -> None:
    closures = tmp_path / "closures.toml"
    more = '\n  { from = 2026-03-05, to = 2026-03-05, why = "a bank holiday that was proclaimed" },'
    closures.write_text(CLOSURES.read_text(encoding="utf-8").replace("closed = [", f"closed = [{more}", 1))
    again = House(Running(build(settings(closures=closures)), house.pool))
    await make_sittings(read_book(closures=closures), again.running)
    assert "placement-2026-03-06" not in [
        each["sitting_id"] for each in (await again.get("/sittings"))["sittings"]
    ]
    tom = await as_(again, "tom")
    month = (await tom.get("/month?month=2026-03")).text
    assert "On a closed day" in month
    assert "Move it to Friday 6 March 2026" in month
    assert "The offices were closed on that day after the calendar was made" in (await tom.get(SITTING)).text
    form = (await tom.get(f"{SITTING}/move")).text
    assert 'name="sits_on-day" type="text" value="6"' in form
    day = {"sits_on-day": "6", "sits_on-month": "3", "sits_on-year": "2026"}
    done = await tom.post(f"{SITTING}/move", why="A bank holiday.", **day)
    assert done.headers["location"].split("?")[0] == "/sittings/placement-2026-03-06"
    assert "On a closed day" not in (await tom.get("/month?month=2026-03")).text
