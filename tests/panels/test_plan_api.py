"""The plan over HTTP: beside the sittings as they are, accepted whole or case by case, and what a move costs."""

from datetime import date
from typing import Any

from schemas.staff_v1 import ReferralRestricted
from services.panels.domain.cases.case import case_id_of
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask, at
from tests.panels.conftest import DEPUTY, House
from tests.panels.test_pages import as_

FIRST, SECOND = "placement-2026-02-10", "placement-2026-02-12"
PLAN, ACCEPT = "/panels/placement/plan", "/panels/placement/plan/accept"


def case_id(n: int = 1) -> str:
    return case_id_of(a_referral_id(n))


async def waiting(house: House, count: int, **given: Any) -> list[str]:
    await house.hear(*(a_routed_referral(n, **given) for n in range(1, count + 1)))
    return [case_id(n) for n in range(1, count + 1)]


async def confirmed(house: House, *ids: str, sitting_id: str = THURSDAY_5_MARCH) -> None:
    answer = await house.post(f"/sittings/{sitting_id}/confirm", {"case_ids": ids})
    assert answer.status_code == 200, answer.text


async def test_a_month_goes_from_an_empty_queue_to_an_accepted_plan(house: House) -> None:
    empty = await house.get(PLAN)
    assert (empty["changes"], empty["plan"]["sentence"]) == (
        [],
        "There is nothing to list, so there is nothing to prove.",
    )
    ids = await waiting(house, 30)
    found = await house.get(PLAN)
    assert found["plan"]["how"] == "proved"
    planned = [(each["listed"], each["planned"]) for each in found["sittings"]]
    assert [fill for fill in planned if fill != (0, 0)] == [(0, 12), (0, 12), (0, 6)]
    assert {each["case_id"] for each in found["changes"]} == set(ids)
    assert all(each["reason"].startswith("Listed for") for each in found["changes"])
    answer = await house.post(ACCEPT, {"seen": found["plan"]["digest"]})
    assert answer.status_code == 200, answer.text
    assert sorted(answer.json()["listed"]) == sorted(ids)
    after = await house.get(PLAN)
    assert (after["changes"], after["plan"]["how"]) == ([], "proved")
    assert [each["listed"] for each in after["sittings"] if each["listed"]] == [12, 12, 6]


async def test_a_plan_is_accepted_case_by_case_and_a_second_time_it_is_too_late(house: House) -> None:
    first, second = await waiting(house, 2)
    seen = (await house.get(PLAN))["plan"]["digest"]
    body = {"seen": seen, "case_ids": [first]}
    assert (await house.post(ACCEPT, body, key="k1")).json()["listed"] == [first]
    assert (await house.post(ACCEPT, body, key="k1")).json()["listed"] == [first]  # the same answer again
    late = await house.post(ACCEPT, body)
    assert (late.status_code, late.json()["code"]) == (409, "plan-changed")
    assert (await house.post(ACCEPT, {"seen": seen, "case_ids": [second]})).status_code == 200


async def test_one_key_of_two_callers_is_two_requests(house: House) -> None:
    (only,) = await waiting(house, 1)
    body = {"seen": (await house.get(PLAN))["plan"]["digest"]}
    assert (await house.post(ACCEPT, body, key="k")).json()["listed"] == [only]
    theirs = await house.post(ACCEPT, body, DEPUTY, key="k")
    assert (theirs.status_code, theirs.json()["code"]) == (409, "nothing-chosen")


async def test_nobody_accepts_a_whole_plan_that_they_have_not_seen(house: House) -> None:
    (only,) = await waiting(house, 1)
    looked_at = (await house.get(PLAN))["plan"]["digest"]
    await house.step(at("2026-02-10 10:00"))  # the sitting lapsed: nobody had confirmed it
    now = (await house.get(PLAN))["plan"]["digest"]
    for seen in (looked_at, "none"):
        late = await house.post(ACCEPT, {"seen": seen})
        part = await house.post(ACCEPT, {"seen": seen, "case_ids": [only]})
        assert part.status_code == 409
        assert (late.status_code, late.json()["code"]) == (409, "plan-changed")
    assert (await house.post(ACCEPT, {"seen": now})).json()["listed"] == [only]


async def test_a_date_that_a_family_knows_changes_only_where_a_person_said_yes(house: House) -> None:
    (only,) = await waiting(house, 1)
    await confirmed(house, only)
    found = await house.get(PLAN)
    (change,) = found["changes"]
    assert (change["from"], change["to"], change["told"]) == (THURSDAY_5_MARCH, FIRST, True)
    body = {"seen": found["plan"]["digest"], "case_ids": [only]}
    refused = await house.post(ACCEPT, body)
    assert refused.json()["code"] == "family-knows"
    assert (await house.post(ACCEPT, {**body, "told_ok": [only]})).json()["moved"] == [only]
    said = [kind for key, _, kind in await house.said() if key == only]
    assert said == ["case.opened.v1", "case.listed.v1", "case.unlisted.v1", "case.listed.v1"]


async def test_no_program_sees_or_accepts_the_place_of_a_restricted_case(house: House) -> None:
    shut, open_ = await waiting(house, 2)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(1), named=("tom",), restricted_at=MONDAY))
    found = await house.get(PLAN)
    assert ([each["case_id"] for each in found["changes"]], found["further"]) == ([open_], 1)
    seen = found["plan"]["digest"]
    assert (await house.post(ACCEPT, {"seen": seen, "case_ids": [shut]})).status_code == 404
    assert (await house.post(ACCEPT, {"seen": seen})).json()["listed"] == [open_]
    moved = await house.post(f"/cases/{shut}/move", {"sitting_id": FIRST, "reason": "Asked."})
    assert moved.status_code == 404


async def test_a_restricted_case_is_moved_by_nobody_who_may_not_see_it_and_named_to_nobody(
    house: House,
) -> None:
    shut, open_ = await waiting(house, 2)
    assert (await house.post(f"/cases/{open_}/siblings", {"case_id": shut})).status_code == 200
    await house.hear(ReferralRestricted(referral_id=a_referral_id(1), named=("max",), restricted_at=MONDAY))
    moved = await house.post(f"/cases/{open_}/move", {"sitting_id": FIRST, "reason": "Asked."})
    assert (moved.status_code, moved.json()["code"]) == (409, "heard-with-others")
    seen = (await house.get(PLAN))["plan"]["digest"]
    accepted = await house.post(ACCEPT, {"seen": seen, "case_ids": [open_]})
    assert accepted.json()["code"] == "heard-with-others"
    tom = await as_(house, "tom")
    page = await tom.get(f"/cases/{open_}/move?to={FIRST}")
    assert "not open to you" in page.text
    assert "Move this case</button>" not in page.text
    sent = await tom.post(f"/cases/{open_}/move?to={FIRST}", reason="Asked.", seen="1", told="yes")
    assert sent.status_code == 422
    assert not any(shut in each.text for each in (moved, accepted, page, sent))
    assert (await house.get(f"/cases/{open_}"))["state"] == "queued"


async def test_nor_do_two_cases_change_places_with_a_restricted_one_beside_them(house: House) -> None:
    shut, beside, other = await waiting(house, 3)
    assert (await house.post(f"/cases/{beside}/siblings", {"case_id": shut})).status_code == 200
    await confirmed(house, shut, beside)
    await confirmed(house, other, sitting_id="placement-2026-03-10")
    await house.hear(ReferralRestricted(referral_id=a_referral_id(1), named=("max",), restricted_at=MONDAY))
    body = {"other": other, "reason": "Asked.", "told_ok": [beside, other]}
    swapped = await house.post(f"/cases/{beside}/swap", body)
    assert swapped.json()["code"] == "heard-with-others"
    assert shut not in swapped.text


async def test_a_move_says_what_it_costs_before_it_is_made(house: House) -> None:
    # Sixteen days before their request's date runs out twelve cases need the only sitting before it.
    due_soon = an_ask(request_received=date(2025, 9, 24))  # due on 11 February
    await house.hear(*(a_routed_referral(n, placement=due_soon) for n in range(1, 13)), a_routed_referral(13))
    body = {"sitting_id": FIRST, "reason": "The family goes abroad."}
    dry = await house.post(f"/cases/{case_id(13)}/move?dry_run=true", body)
    assert dry.json()["costs"][0] == "one case more would miss its legal date"
    assert dry.json()["sentence"].startswith("Beside the best plan: one case more would miss its legal date;")
    assert (await house.get(f"/cases/{case_id(13)}"))["state"] == "queued"
    made = await house.post(f"/cases/{case_id(13)}/move", body)
    assert made.json() == {"listed": [case_id(13)], "moved": [], "unlisted": []}
    assert (await house.get(f"/cases/{case_id(13)}"))["sitting_id"] == FIRST
    assert len((await house.get(f"/sittings/{FIRST}/proposal"))["case_ids"]) == 11


async def test_a_move_that_cannot_be_says_why(house: House) -> None:
    (only,) = await waiting(house, 1)
    await house.step(at("2026-02-03 17:30"))
    dry = await house.post(f"/cases/{only}/move?dry_run=true", {"sitting_id": FIRST, "reason": "x"})
    assert dry.json()["possible"] is True  # nobody has confirmed it: it is open until its hour
    await house.step(at("2026-02-10 10:00"))
    body = {"sitting_id": FIRST, "reason": "Soon."}
    dry = await house.post(f"/cases/{only}/move?dry_run=true", body)
    assert (dry.json()["possible"], dry.json()["costs"]) == (False, [])
    assert (await house.post(f"/cases/{only}/move", body)).json()["code"] == "sitting-closed"
    wrong = await house.post(f"/cases/{only}/move", {"sitting_id": "x", "reason": "y"})
    assert wrong.status_code == 404
    assert (await house.post(f"/cases/{only}/move", {"sitting_id": SECOND})).status_code == 422


async def test_brothers_and_sisters_move_together(house: House) -> None:
    ids = await waiting(house, 2)
    await house.pool.execute(
        "UPDATE placement_case SET version = version + 1, "
        'state = (state::jsonb || \'{"siblings": "family"}\')::json'
    )
    answer = await house.post(f"/cases/{ids[0]}/move", {"sitting_id": SECOND, "reason": "Asked."})
    assert sorted(answer.json()["listed"]) == sorted(ids)


async def two_full_sittings(house: House) -> tuple[str, str]:
    """A case of each of two sittings that have no place left."""
    ids = await waiting(house, 24)
    for sitting_id, batch in ((FIRST, ids[:12]), (SECOND, ids[12:])):
        assert (await house.post(f"/sittings/{sitting_id}/confirm", {"case_ids": batch})).status_code == 200
    return ids[0], ids[12]


async def test_cases_of_two_full_sittings_change_places(house: House) -> None:
    case, other = await two_full_sittings(house)
    moved = {"sitting_id": SECOND, "reason": "Asked.", "told_ok": True}
    assert (await house.post(f"/cases/{case}/move", moved)).json()["code"] == "capacity-exceeded"
    body = {"other": other, "reason": "The family is away.", "told_ok": [case, other]}
    dry = (await house.post(f"/cases/{case}/swap?dry_run=true", body)).json()
    assert (dry["possible"], dry["costs"]) == (
        True,
        ["2 families more that know a date would be given another"],
    )
    unasked = await house.post(f"/cases/{case}/swap", body | {"told_ok": [case]})
    assert [each["field"] for each in unasked.json()["errors"]] == [f"told-{other}"]
    done = (await house.post(f"/cases/{case}/swap", body)).json()
    assert sorted(done["moved"]) == sorted([case, other])
    places = [(await house.get(f"/cases/{id}"))["sitting_id"] for id in (case, other)]
    assert places == [SECOND, FIRST]


async def test_a_case_that_waits_has_no_place_to_give(house: House) -> None:
    ids = await waiting(house, 2)
    await house.post(f"/sittings/{FIRST}/confirm", {"case_ids": ids[:1]})
    body = {"other": ids[0], "reason": "Asked."}
    assert (await house.post(f"/cases/{ids[1]}/swap", body)).json()["code"] == "nothing-to-swap"
    assert (await house.post(f"/cases/{ids[1]}/swap", body | {"other": "x"})).status_code == 404


async def test_whoever_only_reads_accepts_and_moves_nothing(house: House) -> None:
    (only,) = await waiting(house, 1)
    digest = (await house.get(PLAN))["plan"]["digest"]
    for path, body in (
        (ACCEPT, {"seen": digest}),
        (f"/cases/{only}/move", {"sitting_id": FIRST, "reason": "x"}),
        (f"/cases/{only}/swap", {"other": only, "reason": "x"}),
    ):
        assert (await house.post(path, body, role="reader")).status_code == 403
    async with house.as_("reader") as reader:
        assert (await reader.get("/panels/none/plan")).status_code == 404


async def test_what_a_co_ordinator_placed_by_hand_the_plan_leaves_there(house: House) -> None:
    first, second = await waiting(house, 2)
    body = {"sitting_id": THURSDAY_5_MARCH, "reason": "The family asked for March."}
    assert (await house.post(f"/cases/{first}/move", body)).status_code == 200
    found = await house.get(PLAN)
    assert ([each["case_id"] for each in found["changes"]], found["held"]) == ([second], 1)
    back = {"sitting_id": FIRST, "reason": "They are back.", "told_ok": True}
    assert (await house.post(f"/cases/{first}/move?dry_run=true", back)).json()["costs"] == []
    assert (await house.post(f"/cases/{first}/move", back)).json()["moved"] == [first]
