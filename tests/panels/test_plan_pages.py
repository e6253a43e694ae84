"""The plan's page and the page that moves a case, as co-ordinators use them without a script."""

import re

import pytest

from chassis.beside import OutOfMemory
from schemas.staff_v1 import ReferralRestricted
from services.panels.domain.cases.case import case_id_of
from services.panels.drafting import Drafts, Made
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.test_pages import Visitor, as_, case_path

FIRST = "placement-2026-02-10"
MOVE = f"{case_path()}/move"


def case_id(n: int = 1) -> str:
    return case_id_of(a_referral_id(n))


async def seen(visitor: Visitor, path: str = "/plan") -> str:
    """The digest that the page's form carries."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', (await visitor.get(path)).text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/plan", MOVE, f"{MOVE}?to={FIRST}"])
async def test_only_a_co_ordinator_opens_the_plan_and_moves_cases(house: House, path: str) -> None:
    await house.hear(a_routed_referral())
    assert (await (await as_(house, "tom")).get(path)).status_code == 200
    for name in ("officer", "ehc", "member", "school"):
        visitor = await as_(house, name)
        assert (await visitor.get(path)).status_code == 403
        assert (await visitor.post(path.split("?")[0], panel="placement")).status_code == 403


async def test_the_plan_is_accepted_as_it_is_ticked(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in (1, 2, 3)))
    tom = await as_(house, "tom")
    page = (await tom.get("/plan")).text
    assert page.count("checked") == 3
    assert "This is the best plan there is" in page
    assert "Proved: no plan reaches more" in page
    assert page.count(f'href="{case_path(1)}"') == 1  # nobody accepts what they cannot look at
    digest = await seen(tom)
    done = await tom.post("/plan", panel="placement", seen=digest, case=[case_id(1), case_id(2)])
    assert (done.status_code, done.headers["location"]) == (303, "/plan?panel=placement")
    assert len((await house.get(f"/sittings/{FIRST}"))["cases"]) == 2
    late = await (await as_(house, "max")).post("/plan", panel="placement", seen=digest, case=case_id(1))
    assert late.status_code == 422
    assert "not the one that you looked at" in late.text
    nothing = await tom.post("/plan", panel="placement", seen=await seen(tom))
    assert (nothing.status_code, "Choose at least one case" in nothing.text) == (422, True)


async def test_a_co_ordinator_reads_that_the_planner_has_too_little_memory_for_a_new_plan(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> Made:
        raise OutOfMemory

    await house.hear(a_routed_referral(1))
    tom = await as_(house, "tom")
    assert "No new plan" not in (await tom.get("/plan")).text
    monkeypatch.setattr(Drafts, "plan", fails)
    await house.hear(a_routed_referral(2))
    page = (await tom.get("/plan")).text
    assert "more cases wait than the planner has memory for. This is the last plan that was made." in page
    assert "in a moment" not in page
    assert page.count("checked") == 1  # what it proposes can be accepted all the same
    assert (await house.get("/panels/placement/plan"))["too_large"] is True


async def test_a_case_that_the_plan_has_elsewhere_by_now_is_not_accepted_unseen(house: House) -> None:
    await house.hear(a_routed_referral())
    tom = await as_(house, "tom")
    page = (await tom.get("/plan")).text
    found = re.search(rf'name="(to-{case_id()})" value="([^"]+)"', page)
    assert found is not None
    assert found[2] == FIRST
    digest = await seen(tom)
    await house.step(at("2026-02-10 10:00"))  # the sitting lapsed: nobody had confirmed it
    assert "Thursday 12 February 2026" in (await (await as_(house, "max")).get("/plan")).text
    late = await tom.post("/plan", panel="placement", seen=digest, case=case_id(), **{found[1]: found[2]})
    assert (late.status_code, "not the one that you looked at" in late.text) == (422, True)
    assert (await house.get(f"/cases/{case_id()}"))["state"] == "queued"


async def test_a_date_that_a_family_knows_has_a_tick_box_of_its_own_that_nobody_ticked(house: House) -> None:
    await house.hear(a_routed_referral())
    tom = await as_(house, "tom")
    await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": [case_id()]})
    page = (await tom.get("/plan")).text
    assert "move it from Thursday 5 March 2026, and tell the family its new date" in page
    assert "checked" not in page
    digest = await seen(tom)
    unticked = await tom.post("/plan", panel="placement", seen=digest, case=case_id())
    assert (unticked.status_code, "The family knows the present date" in unticked.text) == (422, True)
    assert (await tom.post("/plan", panel="placement", seen=digest, told=case_id())).status_code == 303
    after = (await tom.get("/plan")).text
    assert "The plan is accepted: 1 moved." in after
    assert "there is nothing to change" in after
    assert "Listed for" in (await tom.get(case_path())).text  # why it was moved, in the plan's words


async def test_what_is_not_open_to_somebody_is_only_counted(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in (1, 2, 3)))
    for n in (1, 2):
        await house.hear(
            ReferralRestricted(referral_id=a_referral_id(n), named=("max",), restricted_at=MONDAY)
        )
    tom = await as_(house, "tom")
    page = (await tom.get("/plan")).text
    assert re.search(r"2 further places go to cases\s+that are not open to you", page)
    assert case_id(1) not in page
    assert case_id(3) in page
    forced = await tom.post("/plan", panel="placement", seen=await seen(tom), case=case_id(1))
    assert forced.status_code == 404
    sitting = (await tom.get(f"/sittings/{FIRST}")).text
    assert re.search(r"2 further places here go to cases\s+that are not open to you", sitting)
    everything = (await (await as_(house, "max")).get("/plan")).text
    assert "not open to you" not in everything
    log = await house.pool.fetch("SELECT who, what, subject FROM access_log WHERE what = 'plan'")
    assert ("staff:tom", "plan", "placement") in [tuple(row) for row in log]


async def test_a_case_is_moved_by_hand_once_its_cost_was_shown(house: House) -> None:
    await house.hear(a_routed_referral())
    tom = await as_(house, "tom")
    assert "Move this case to another sitting" in (await tom.get(case_path())).text
    assert "To which sitting?" in (await tom.get(MOVE)).text
    there = f"{MOVE}?to={THURSDAY_5_MARCH}"
    page = (await tom.get(there)).text
    assert "children would wait 23 days longer in all" in page
    assert (await tom.post(there, seen="1")).status_code == 422
    assert (await tom.post(there, seen="1", reason="The family asked for March.")).status_code == 303
    assert "The family asked for March." in (await tom.get(case_path())).text
    again = f"{MOVE}?to={FIRST}"
    assert "It costs nothing" in (await tom.get(again)).text or "fewer" in (await tom.get(again)).text
    unasked = await tom.post(again, seen="2", reason="Sooner.")
    assert (unasked.status_code, "say that you want it changed" in unasked.text) == (422, True)
    assert (
        await tom.post(again, seen="1", reason="Sooner.", told="yes")
    ).status_code == 422  # moved meanwhile
    assert (await tom.post(again, seen="2", reason="Sooner.", told="yes")).status_code == 303
    assert (await house.get(f"/cases/{case_id()}"))["sitting_id"] == FIRST


async def test_a_case_whose_batch_is_locked_is_moved_no_more(house: House) -> None:
    await house.hear(a_routed_referral())
    await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": [case_id()]})
    await house.step(house.running.clock.now().replace(month=2, day=27))
    tom = await as_(house, "tom")
    assert "Move this case to another sitting" not in (await tom.get(case_path())).text
    assert (await tom.get(MOVE)).headers["location"] == f"{case_path()}?late=yes"
    other = f"{MOVE}?to=placement-2026-03-10"
    assert (await tom.post(other, seen="2", reason="x", told="yes")).status_code == 303
    assert (await house.get(f"/cases/{case_id()}"))["sitting_id"] == THURSDAY_5_MARCH


async def test_two_cases_change_places_once_the_cost_of_both_was_shown(house: House) -> None:
    await house.hear(*(a_routed_referral(n) for n in (1, 2)))
    for sitting_id, id in ((FIRST, case_id(1)), (THURSDAY_5_MARCH, case_id(2))):
        await house.post(f"/sittings/{sitting_id}/confirm", {"case_ids": [id]})
    tom = await as_(house, "tom")
    assert f'value="{case_id(2)}"' in (await tom.get(f"{MOVE}?to={THURSDAY_5_MARCH}")).text
    swap = f"{case_path()}/swap?with={case_id(2)}"
    page = (await tom.get(swap)).text
    assert "What it costs both" in page
    assert "would be given another" in page
    given = {"seen": "2", "reason": "One family is away."}
    unasked = await tom.post(swap, **given, told=case_id(1))
    assert (unasked.status_code, unasked.text.count("say of each that you want it changed")) == (422, 2)
    assert 'href="#told"' in unasked.text
    assert (await tom.post(swap, **given, told=[case_id(1), case_id(2)])).status_code == 303
    places = [(await house.get(f"/cases/{case_id(n)}"))["sitting_id"] for n in (1, 2)]
    assert places == [THURSDAY_5_MARCH, FIRST]
    assert (await tom.get(f"{case_path()}/swap")).headers["location"] == MOVE
    read = await house.pool.fetchval("SELECT count(*) FROM access_log WHERE subject = $1", case_id(2))
    assert read >= 3
