"""The pages of panels: the start page, sittings, cases, and what each role may do with them."""

import re
from typing import Any

import httpx2
import pytest

from schemas.children_v1 import PersonMerged
from schemas.notifications_v1 import MessageHeld, MessageSent
from schemas.personal_v1 import PersonDetails
from schemas.staff_v1 import ReferralRestricted, StaffDetails, StaffGrant
from services.panels.domain.cases.case import case_id_of
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask, at
from tests.panels.conftest import House
from tests.support.sessions import session_for

ROLES: dict[str, Any] = {
    "tom": "panel-coordinator",
    "max": "panel-coordinator",
    "officer": "deciding-officer",
    "ehc": "ehc-coordinator",
    "member": "panel-member",
    "cora": "chair",
    "mona": "service-manager",
    "school": "school-user",
}
SITTING = f"/sittings/{THURSDAY_5_MARCH}"


class Visitor:
    """Somebody who has signed in at the panels service."""

    def __init__(self, http: httpx2.AsyncClient, csrf: str) -> None:
        self.http, self.csrf = http, csrf

    async def get(self, path: str) -> httpx2.Response:
        return await self.http.get(path, headers={"Accept": "text/html"})

    async def post(self, path: str, **given: Any) -> httpx2.Response:
        fields = {"csrf": self.csrf, **given}
        return await self.http.post(path, data=fields, headers={"Accept": "text/html"})


async def as_(house: House, name: str, scope: str | None = None) -> Visitor:
    """Somebody of `ROLES`, as the referrals service tells of them."""
    grant = StaffGrant(role=ROLES[name], scope=scope, from_day=MONDAY.date())
    told = {"subject": f"idp|{name}", "name": name.title(), "email": f"{name}@x.example", "active": True}
    await house.hear(StaffDetails(staff_id=name, grants=(grant,), **told))
    held = await session_for(house.pool, name, "panels")
    return Visitor(
        httpx2.AsyncClient(transport=house.web, base_url="http://here", cookies=held.cookies), held.csrf
    )


def case_path(n: int = 1) -> str:
    return f"/cases/{case_id_of(a_referral_id(n))}"


INCOMPLETE = an_ask(trigger="school-referral", request_received=None, draft_served=None, papers_complete=True)


async def test_the_start_page_shows_each_role_its_own_tasks_and_nobody_else_any(house: House) -> None:
    await house.hear(a_routed_referral(1), a_routed_referral(2, placement=INCOMPLETE))
    shown = {name: (await (await as_(house, name)).get("/")).text for name in ("tom", "officer", "school")}
    assert all(words in shown["tom"] for words in ("Sittings", "Cases that are incomplete"))
    assert "Decisions to issue" in shown["officer"]
    assert "Decisions to issue" not in shown["tom"]
    assert "About the panels" in shown["school"]
    assert not any(words in shown["school"] for words in ("/sittings", "/cases", "/reports", "/calendar"))
    async with httpx2.AsyncClient(transport=house.web, base_url="http://here") as stranger:
        assert "Sign in" in (await stranger.get("/")).text
        there = await stranger.get("/cases", headers={"Accept": "text/html"})
        assert (there.status_code, there.headers["location"]) == (303, "/sign-in?to=%2Fcases")


@pytest.mark.parametrize(
    "path", ["/sittings", SITTING, "/cases", "/cases?tab=incomplete", case_path(), "/at-risk"]
)
async def test_whoever_has_to_do_with_panels_opens_each_page_and_others_none(house: House, path: str) -> None:
    await house.hear(a_routed_referral())
    for name in ("tom", "officer", "ehc", "member"):
        assert (await (await as_(house, name)).get(path)).status_code == 200
    assert (await (await as_(house, "school")).get(path)).status_code == 403


async def test_a_restricted_case_is_in_no_list_and_on_no_page_of_somebody_who_is_not_named(
    house: House,
) -> None:
    await house.hear(
        a_routed_referral(),
        ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=MONDAY),
    )
    tom, other = await as_(house, "tom"), await as_(house, "max")
    next_ones = [each["sitting_id"] for each in (await house.get("/sittings"))["sittings"][:8]]
    for paths in (["/cases"], [f"/sittings/{each}" for each in next_ones]):
        shown = [(await tom.get(path)).text for path in paths]
        assert any(case_id_of(a_referral_id()) in page for page in shown)
        hidden = [(await other.get(path)).text for path in paths]
        assert not any(case_id_of(a_referral_id()) in page for page in hidden)
    assert (await tom.get(case_path())).status_code == 200
    assert (await other.get(case_path())).status_code == 404
    forced = await other.post(SITTING, case=case_id_of(a_referral_id()), seen="")
    assert forced.status_code == 404


async def test_the_cases_of_other_panels_crowd_nobody_s_list_and_what_does_not_fit_is_on_the_next_page(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.panels.web.case.cases._MOST", 2)
    await house.hear(*(a_routed_referral(n) for n in range(1, 7)))
    others = [case_id_of(a_referral_id(n)) for n in (1, 2, 3)]
    await house.pool.execute(
        "UPDATE placement_case SET panel = 'another', due = due - 1, "
        'state = (state::jsonb || \'{"panel": "another"}\')::json WHERE id = ANY($1)',
        others,
    )
    shut = ReferralRestricted(referral_id=a_referral_id(4), named=("max",), restricted_at=MONDAY)
    await house.hear(shut)
    tom = await as_(house, "tom", scope="placement")
    first = (await tom.get("/cases")).text
    more = re.search(r'href="(/cases[^"]*after=[^"]+)"', first)
    assert more is not None
    both = first + (await tom.get(more[1].replace("&amp;", "&"))).text
    seen = {n for n in range(1, 7) if case_path(n) in both}
    assert seen == {5, 6}
    assert re.search(r">2</span>\s*cases", (await tom.get("/")).text)
    assert (await tom.get("/cases?after=nonsense")).status_code == 422


async def test_reading_a_case_is_recorded_and_names_the_child(house: House) -> None:
    routed = a_routed_referral()
    child = {"relation": "child", "given_name": "Wilf", "family_name": "Amber", "may_be_told": False}
    await house.hear(routed, PersonDetails(person_id=routed.child_id, **child))
    page = await (await as_(house, "member")).get(case_path())
    assert "Wilf Amber" in page.text
    assert "Wilf" not in page.text.split("</title>")[0]
    row = await house.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("staff:member", "case", case_id_of(a_referral_id()))


async def test_an_incomplete_case_says_what_it_lacks_and_is_completed_by_an_ehc_co_ordinator(
    house: House,
) -> None:
    await house.hear(a_routed_referral(placement=INCOMPLETE))
    ehc = await as_(house, "ehc")
    assert "its statutory dates" in (await ehc.get(case_path())).text
    assert "no deadline can be reckoned" in (await ehc.get("/cases?tab=incomplete")).text
    day = {"request_received-day": "15", "request_received-month": "12"}
    wrong = await ehc.post(f"{case_path()}/complete", **day, **{"request_received-year": "2030"})
    assert wrong.status_code == 422
    assert "This day lies ahead" in wrong.text
    assert (await ehc.post(f"{case_path()}/complete")).status_code == 422
    done = await ehc.post(f"{case_path()}/complete", **day, **{"request_received-year": "2025"})
    assert done.status_code == 303
    assert "final plan within 20 weeks" in (await ehc.get(case_path())).text.lower()
    refused = await (await as_(house, "member")).post(f"{case_path()}/complete")
    assert refused.status_code == 403


async def test_days_stand_in_words_on_every_page(house: House) -> None:
    await house.hear(a_routed_referral())
    ehc = await as_(house, "ehc")
    for path in (case_path(), "/cases?tab=queued", "/sittings", SITTING):
        page = (await ehc.get(path)).text
        seen = re.sub(r"<[^>]*>", " ", page.split("</head>")[1])
        assert re.findall(r"\d{4}-\d\d-\d\d", seen) == [], path
        assert re.search(r"\d+ [A-Z][a-z]+ 202[56]", seen), path
        assert not re.search(r"\.[.,]", seen), f"a full stop too many on {path}"


async def test_a_case_goes_by_pages_from_the_proposal_to_the_decision_once(house: House) -> None:
    await house.hear(a_routed_referral())
    tom, officer = await as_(house, "tom"), await as_(house, "officer")
    case = case_id_of(a_referral_id())
    await house.step(at("2026-03-03 10:00"))
    assert case in (await tom.get(SITTING)).text
    assert (await tom.post(SITTING, seen="")).status_code == 422
    assert (await tom.post(SITTING, case=case, seen="")).status_code == 303
    again = await tom.post(SITTING, case=case, seen="")
    assert again.status_code == 422
    assert "its batch cannot change any more" in again.text
    await house.step(at("2026-03-05 10:00"))
    empty = await tom.post(f"{case_path()}/recommendation", outcome="agreed")
    assert empty.status_code == 422
    assert "Choose the kind of provision" in empty.text
    judged = {"outcome": "agreed", "provision": "special-school", "reasons": "A small class."}
    assert (await tom.post(f"{case_path()}/recommendation", **judged)).status_code == 303
    assert (await officer.post(f"{case_path()}/decision")).status_code == 422
    assert (await tom.post(f"{case_path()}/decision", **{"as": "recommended"})).status_code == 403
    issued = await officer.post(f"{case_path()}/decision", **{"as": "recommended"})
    assert issued.status_code == 303
    said = await house.said()
    await officer.post(f"{case_path()}/decision", **{"as": "recommended"})
    assert await house.said() == said


async def test_the_other_cases_of_the_child_are_shown_under_whichever_id(house: House) -> None:
    routed = [a_routed_referral(n) for n in (1, 2)]
    merged = PersonMerged(person_id=routed[1].child_id, kept_id=routed[0].child_id, merged_at=MONDAY)
    await house.hear(*routed, merged)
    page = await (await as_(house, "member")).get(case_path(1))
    assert "Other cases of this child" in page.text
    assert case_path(2) in page.text


async def test_a_form_without_the_token_of_its_session_is_refused(house: House) -> None:
    await house.hear(a_routed_referral())
    tom = await as_(house, "tom")
    tom.csrf = "of-somebody-else"
    assert (await tom.post(SITTING, case=case_id_of(a_referral_id()))).status_code == 403


async def test_a_case_says_whether_its_family_has_been_told(house: House) -> None:
    routed = a_routed_referral(1)
    about = {"referral_id": routed.referral_id, "person_id": "p1"}
    await house.hear(routed)
    tom = await as_(house, "tom")
    assert "No message has gone out yet." in (await tom.get(case_path())).text
    await house.hear(
        MessageSent(message_id="m1", **about, fact="referral.routed", channel="email", sent_at=MONDAY),
        MessageHeld(message_id="m2", **about, fact="case.listed", reason="no-contact", held_at=MONDAY),
    )
    page = (await tom.get(case_path())).text
    assert "We have it, and who deals with it: told" in page
    assert "The family could not be told: The panel has a date." in page
