"""An EHC co-ordinator enters a statutory referral by pages; its dates, or that they are missing, reach the panel."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import SteppedClock
from chassis.decision import Refused
from chassis.web.people import Grant, Member
from schemas.referrals_v1 import PlacementAsk, ReferralRouted
from services.referrals.domain import asking
from services.referrals.domain.commands import StepReferral
from tests.referrals import signed_in
from tests.referrals.builders import NOW, PLACEMENT, form
from tests.referrals.referring import Sites, errors, typed
from tests.referrals.signed_in import Browser, Site, site
from tests.referrals.working import ID, TEAM, Desk

MORE = {
    "ehc": Member("ehc", "Ines Holloway", frozenset({Grant("ehc-coordinator")})),
    "ehc-2": Member("ehc-2", "Sana Quill", frozenset({Grant("ehc-coordinator")})),
}


@pytest.fixture
def pages(database: Any, monkeypatch: pytest.MonkeyPatch) -> Sites:
    """A service with two EHC co-ordinators beside the people of schools and teams."""
    monkeypatch.setattr(signed_in, "MEMBERS", {**signed_in.MEMBERS, **MORE})

    async def make(**given: Any) -> Site:
        return await site(database, **given)

    return make


async def begun(who: Browser, **given: str) -> str:
    answer = await who.post("/statutory", {"urn": "900001", **given})
    assert answer.status_code == 303, errors(answer.text)
    return str(answer.headers["Location"]).rsplit("/", 1)[0]


def answers(**dates: Any) -> dict[str, Any]:
    placement = {
        **PLACEMENT,
        "trigger": "draft-plan",
        "personal_budget": True,
        "dates": {"request_received": "2025-12-15", "draft_served": "2026-01-28", **dates},
    }
    return form(asks_for="placement", placement=placement, child__looked_after=False)


async def filled(who: Browser, draft: str, given: dict[str, Any]) -> None:
    saves = 0
    for page in asking.applying(given, NOW.date()):
        if page.slug == "evidence":
            continue
        entries = given.get(page.parts[0], []) if page.entry else [given]
        for number, each in enumerate(entries):
            path = f"{draft}/{page.slug}" + (f"/{number}" if page.entry else "")
            answer = await who.post(path, {**typed(page, each), "seen": saves})
            assert answer.status_code == 303, (path, errors(answer.text))
            saves += 1


async def test_a_co_ordinator_enters_a_referral_that_goes_to_the_panel_with_its_dates(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("ehc")
    draft = await begun(who)
    await filled(who, draft, answers())
    check = await who.get(f"{draft}/check")
    assert "15 December 2025" in check.text
    assert "personal budget" in check.text
    sent = await who.post(f"{draft}/send")
    assert sent.status_code == 303, errors(sent.text)
    done = await who.get(f"{draft}/sent")
    assert re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", done.text)
    state = json.loads(await it.pool.fetchval("SELECT state::text FROM referral"))
    assert (state["origin"], state["destination_kind"]) == ("statutory", "placement-panel")
    assert state["placement"]["request_received"] == "2025-12-15"
    assert state["placement"]["personal_budget"] is True


async def test_without_the_date_of_its_trigger_a_statutory_referral_is_not_sent(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("ehc")
    draft = await begun(who)
    given = answers(draft_served=None)
    pages_ = [page for page in asking.applying(given, NOW.date()) if page.slug == "placement"]
    answer = await who.post(f"{draft}/placement", {**typed(pages_[0], given), "seen": 0})
    assert answer.status_code == 422
    assert errors(answer.text)


async def test_the_form_is_shared_among_co_ordinators_and_no_school_sees_it(pages: Sites) -> None:
    it = await pages()
    draft = await begun(await it.as_("ehc"))
    assert (await (await it.as_("ehc-2")).get(draft)).status_code == 200
    assert draft in (await (await it.as_("ehc-2")).get("/statutory")).text
    for name in ("senco", "other-school", "sali"):
        who = await it.as_(name)
        assert (await who.get(draft)).status_code == 404
        assert draft not in (await who.get("/refer")).text
        assert (await who.get("/statutory")).status_code == 403


async def test_a_co_ordinator_sees_no_form_of_a_school(pages: Sites) -> None:
    it = await pages()
    senco, who = await it.as_("senco"), await it.as_("ehc")
    answer = await senco.post("/refer", {})
    draft = str(answer.headers["Location"]).rsplit("/", 1)[0]
    assert (await who.get(draft)).status_code == 404
    assert (await who.get("/refer")).status_code == 403


async def test_a_school_that_is_not_in_the_register_is_said_beside_its_field(pages: Sites) -> None:
    who = await (await pages()).as_("ehc")
    answer = await who.post("/statutory", {"urn": "123456"})
    assert answer.status_code == 422
    assert errors(answer.text) == [
        "Enter the URN of a school or setting in the register: six digits, or the authority's own code"
    ]


async def test_a_known_child_is_not_written_again(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("ehc")
    first = await begun(who)
    await filled(who, first, answers())
    assert (await who.post(f"{first}/send")).status_code == 303
    child = await it.pool.fetchval("SELECT child_id FROM referral")
    offered = await who.get(f"/statutory?child={child}")
    assert offered.status_code == 200
    assert 'value="900001"' in offered.text
    draft = await begun(who, child=child)
    page = await who.get(f"{draft}/child")
    assert f'value="{form()["child"]["given_name"]}"' in page.text
    assert (await who.get("/statutory?child=nobody")).status_code == 404


# Dates on the way up ------------------------------------------------------------------------------


def stepped(desk: Desk, ask: PlacementAsk) -> ReferralRouted:
    step = StepReferral(ID, "next", desk.child, "up", "placement", "More is needed.", ask, by=TEAM)
    (routed,) = [each for each in desk.do(step) if isinstance(each, ReferralRouted)]
    return routed


def test_the_dates_of_a_referral_that_is_stepped_up_travel_to_the_panel() -> None:
    ask = PlacementAsk.model_validate(
        {
            "trigger": "annual-review",
            "provision": "special-school",
            "review_meeting": "2026-01-20",
            "personal_budget": False,
        }
    )
    assert stepped(Desk(), ask).placement == ask


@pytest.mark.parametrize(
    "dates",
    [
        {"review_meeting": "2030-01-20"},
        {"request_received": "2026-01-20", "draft_served": "2026-01-10"},
    ],
)
def test_dates_that_cannot_be_are_refused_on_the_way_up(dates: dict[str, str]) -> None:
    ask = PlacementAsk.model_validate({"trigger": "draft-plan", "provision": "special-school", **dates})
    with pytest.raises(Refused, match="dates-not-plausible"):
        stepped(Desk(), ask)


async def test_a_form_that_is_about_to_be_deleted_says_so_in_the_list_of_co_ordinators(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("ehc")
    await begun(who)
    assert isinstance(it.running.clock, SteppedClock)
    await it.running.clock.step(it.pool, NOW + timedelta(days=80))
    assert (
        "It will be deleted on Tuesday 2 June 2026" in (await (await it.as_("ehc-2")).get("/statutory")).text
    )
