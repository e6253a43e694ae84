"""What programs of teams and schools do with a referral, over HTTP and a real database."""

from typing import Any

import pytest

from tests.referrals.builders import form, upn_of
from tests.referrals.conftest import Office, Offices


async def url_of(it: Office, given: dict[str, Any] | None = None) -> str:
    return f"/api/referrals/{await it.refer(given or form())}"


async def test_a_referral_goes_to_and_fro_between_team_and_school(office: Offices) -> None:
    it = await office()
    url = await url_of(it)
    assert (await it.post(f"{url}/assign", {"to": "staff-7"}, "team")).json()["version"] == 2
    back = await it.post(f"{url}/return", {"reason": "advice-given", "advice": "Try a timetable."}, "team")
    assert back.json() == {"status": "returned", "by": "2026-03-18", "version": 3}
    answered = await it.post(f"{url}/answer", {"words": "We did: it helps.", "seen": 3})
    assert answered.json()["status"] == "routed"
    read = (await it.get(url)).json()
    assert [step["what"] for step in read["history"]] == [
        "received",
        "routed",
        "assigned",
        "returned",
        "answered",
    ]
    assert read["history"][-1]["said"] == [{"about": "answer", "words": "We did: it helps."}]
    assert (read["assigned_to"], read["version"]) == ("staff-7", 4)


async def test_a_visit_and_an_outcome_with_actions_are_recorded(office: Offices) -> None:
    it = await office()
    url = await url_of(it, form(asks_for="outreach"))
    await it.post(f"{url}/accept", {}, "team")
    visit = {"kind": "outreach-visit", "on": "2026-03-04", "who": "Ada"}
    visit_id = (await it.post(f"{url}/visits", visit, "team")).json()["visit_id"]
    done = await it.post(f"{url}/visits/done", {"visit_id": visit_id, "on": "2026-03-04"}, "team")
    assert done.status_code == 200, done.text
    action = {"what": "A quiet corner", "who": "Rowan", "by": "2026-03-27"}
    end = {"outcome": "training-given", "review_on": "2026-06-01", "actions": [action]}
    assert (await it.post(f"{url}/conclude", end, "team")).json()["status"] == "concluded"
    read = (await it.get(url)).json()
    assert read["actions"] == [action]
    assert read["visits"][0]["done_on"] == "2026-03-04"
    assert (await it.post(f"{url}/review", {"helped": "partly"})).status_code == 200


async def test_the_second_of_two_is_told_what_the_first_did(office: Offices) -> None:
    it = await office()
    url = await url_of(it)
    await it.post(f"{url}/accept", {"seen": 1}, "team")
    late = await it.post(f"{url}/return", {"reason": "advice-given", "advice": "x", "seen": 1}, "team")
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")
    assert [each["code"] for each in late.json()["errors"]] == ["accepted"]
    assert (await it.get(url)).json()["status"] == "accepted"


async def test_a_step_up_answers_the_next_reference_and_links_both(office: Offices) -> None:
    it = await office()
    url = await url_of(it)
    step = {"direction": "up", "asks_for": "placement", "reason": "More is needed."}
    assert (await it.post(f"{url}/step", step, "team")).json()["code"] == "placement-details"
    placed = step | {"placement": {"provision": "special-school"}}
    answer = (await it.post(f"{url}/step", placed, "team", key="k")).json()
    again = (await it.post(f"{url}/step", placed, "team", key="k")).json()
    assert again == answer
    following = (await it.get(f"/api/referrals/{answer['next_reference']}")).json()
    former = (await it.get(url)).json()
    assert (former["status"], following["follows"]) == ("stepped", former["referral_id"])
    assert following["destination"]["kind"] == "placement-panel"
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 2


async def test_an_amendment_says_whether_another_team_has_it_now(office: Offices) -> None:
    it = await office()
    url = await url_of(it)
    amended = await it.post(f"{url}/amend", {"primary_need": "HI", "other_needs": [], "reason": "Tested."})
    assert (amended.json()["rerouted"], amended.json()["status"]) == (True, "routed")
    faulty = await it.post(f"{url}/amend", {"sen_provision": "N", "primary_need": "NSA", "reason": "x"})
    assert (faulty.status_code, faulty.json()["errors"][0]["field"]) == (422, "child.primary_need")


async def test_several_referrals_are_given_to_one_and_a_failure_stops_no_other(office: Offices) -> None:
    it = await office()
    references = [await it.refer(form(child__upn=upn_of(n))) for n in range(3)]
    given = [{"reference": reference, "seen": 1} for reference in references]
    given[1]["seen"] = 9
    given.append({"reference": "0000-0000-0000"})
    answer = await it.post("/api/assignments", {"referrals": given, "to": "staff-7"}, "team")
    found = [each.get("code") for each in answer.json()["referrals"]]
    assert found[:3] == [None, "changed-meanwhile", None]
    assert found[3] in ("referral-unknown", "reference-mistyped")


async def test_what_was_closed_can_be_reopened(office: Offices) -> None:
    it = await office()
    url = await url_of(it)
    await it.post(f"{url}/close", {"reason": "moved-away"}, "team")
    assert (await it.get(url)).json()["status"] == "closed"
    assert (await it.post(f"{url}/reopen", {"reason": "Back."}, "team")).json()["status"] == "routed"


@pytest.mark.parametrize(
    ("what", "given", "who", "field"),
    [
        ("assign", {"to": "a b"}, "team", "to"),
        ("ask", {"question": "x", "by_day": 5}, "team", "by_day"),
        ("visits", {"kind": "tea", "on": "2026-03-04", "who": "x"}, "team", "kind"),
        ("answer", {"words": " "}, "school", "words"),
        ("amend", {"narrative": "x"}, "school", "reason"),
        ("evidence", {"papers": [], "reason": "x"}, "school", "papers"),
        ("review", {"helped": "maybe"}, "school", "helped"),
        ("close", {"reason": "moved-away", "seen": "1"}, "team", "seen"),
    ],
)
async def test_a_wrong_field_is_named(office: Offices, what: str, given: Any, who: str, field: str) -> None:
    it = await office()
    answer = await it.post(f"{await url_of(it)}/{what}", given, who)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
