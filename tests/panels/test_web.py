"""The HTTP API on a real database: a month's work, and wrong input of every kind."""

import asyncio
from typing import Any

from chassis.web import health, look, signin
from chassis.web.auth import every_route_has_an_owner
from chassis.web.hosting import make_web
from schemas.directory_v1 import SettingListed
from schemas.notifications_v1 import MessageSent
from schemas.personal_v1 import PersonDetails, ReferralPapers
from services.panels import web
from services.panels.domain.cases.case import case_id_of
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask, at
from tests.panels.conftest import DEPUTY, House

TUESDAY_3_MARCH = "placement-2026-03-03"
SITTING = f"/sittings/{THURSDAY_5_MARCH}"
RECOMMENDED = {
    "sitting_id": THURSDAY_5_MARCH,
    "outcome": "agreed",
    "provision": "special-school",
    "reasons": "A small class.",
}


async def cases(house: House, count: int) -> list[str]:
    """Routes the first ``count`` referrals to the panel; answers the cases' ids."""
    await house.hear(*(a_routed_referral(n) for n in range(1, count + 1)))
    return [case_id_of(a_referral_id(n)) for n in range(1, count + 1)]


async def listed(house: House, count: int = 1) -> list[str]:
    """Cases on the agenda of 5 March, which is under way."""
    ids = await cases(house, count)
    answer = await house.post(f"{SITTING}/confirm", {"case_ids": ids})
    assert answer.status_code == 200, answer.text
    await house.step(at("2026-03-05 10:00"))
    return ids


async def test_a_case_goes_from_the_queue_to_its_decision(house: House) -> None:
    await cases(house, 14)
    await house.step(at("2026-02-26 12:00"))
    for sitting_id, expected in ((TUESDAY_3_MARCH, 12), (THURSDAY_5_MARCH, 2)):
        proposal = await house.get(f"/sittings/{sitting_id}/proposal")
        assert len(proposal["case_ids"]) == expected
        answer = await house.post(f"/sittings/{sitting_id}/confirm", {"case_ids": proposal["case_ids"]})
        assert answer.status_code == 200, answer.text
    await house.step(at("2026-03-05 09:30"))
    agenda = await house.get(SITTING)
    assert (agenda["state"], agenda["listed"], agenda["free"]) == ("held", 2, 10)
    for case in agenda["cases"]:
        heard = await house.post(f"/cases/{case['case_id']}/recommendation", RECOMMENDED)
        assert heard.json() == {"case_id": case["case_id"], "state": "heard", "decision_by": "2026-03-12"}
        decided = await house.post(f"/cases/{case['case_id']}/decision", {}, role="officer")
        assert decided.json()["outcome"] == "agreed"
    states = [case["state"] for case in (await house.get("/cases", limit=500))["cases"]]
    assert sorted(states) == ["decided"] * 2 + ["listed"] * 12


async def test_every_stream_counts_its_versions_without_a_gap(house: House) -> None:
    (case_id,) = await listed(house)
    await house.post(f"/cases/{case_id}/recommendation", RECOMMENDED)
    await house.post(f"/cases/{case_id}/decision", {}, role="officer")
    said = await house.said()
    assert [entry[1:] for entry in said if entry[0] == case_id] == [
        (1, "case.opened.v1"),
        (2, "case.listed.v1"),
        (3, "case.heard.v1"),
        (4, "decision.issued.v1"),
        (5, "case.recorded.v1"),
    ]
    assert [entry[1:] for entry in said if entry[0] == THURSDAY_5_MARCH] == [
        (1, "sitting.scheduled.v1"),
        (2, "sitting.confirmed.v1"),
        (3, "sitting.locked.v1"),
    ]
    papers = await house.said("case-papers.v1")
    assert [entry[0] for entry in papers] == [case_id, case_id], "with the recommendation, then the decision"


async def test_the_reasons_leave_the_service_only_sealed(house: House) -> None:
    (case_id,) = await listed(house)
    await house.post(f"/cases/{case_id}/recommendation", RECOMMENDED)
    await house.post(f"/cases/{case_id}/decision", {}, role="officer")
    payloads = await house.pool.fetch("SELECT payload FROM outbox")
    assert not [row for row in payloads if b"small class" in bytes(row["payload"])]


async def test_sittings_show_their_state_and_fill(house: House) -> None:
    await house.post(f"{SITTING}/confirm", {"case_ids": await cases(house, 3)})
    found = await house.get("/sittings", **{"from": "2026-03-01", "to": "2026-03-31"})
    assert len(found["sittings"]) == 8
    shown = found["sittings"][1]
    assert (shown["sitting_id"], shown["state"], shown["listed"], shown["free"]) == (
        THURSDAY_5_MARCH, "confirmed", 3, 9,
    )  # fmt: skip
    assert shown["papers_close_at"] == "2026-02-26T17:00:00Z"
    assert shown["sentence"].startswith("The batch is confirmed: 3 of 12 places are taken.")
    assert len((await house.get("/sittings"))["sittings"]) == 32
    assert (await house.get("/sittings", panel="other"))["sittings"] == []


async def test_the_proposal_gives_its_reasons_in_words(house: House) -> None:
    await cases(house, 13)
    proposal = await house.get("/sittings/placement-2026-02-12/proposal")
    assert (proposal["free"], len(proposal["case_ids"]), len(proposal["elsewhere"])) == (12, 1, 12)
    (mine,) = proposal["listings"]
    assert mine["reason"].startswith(
        "Listed for Thursday 12 February 2026: the first sitting with a place free"
    )
    answer = await house.post("/sittings/placement-2026-02-12/confirm", {"case_ids": proposal["case_ids"]})
    assert answer.json()["case_ids"] == proposal["case_ids"]


async def test_a_case_is_shown_with_what_others_told_and_the_reading_is_logged(house: House) -> None:
    (case_id,) = await cases(house, 1)
    routed = a_routed_referral(1)
    await house.hear(
        PersonDetails(
            person_id=routed.child_id,
            relation="child",
            given_name="Ayo",
            family_name="Mensah",
            may_be_told=False,
        ),
        ReferralPapers(referral_id=routed.referral_id, narrative="Much was tried."),
        SettingListed(
            entry="setting:117215", urn="117215", name="Hill School", town="St Albans", area="DSPL7"
        ),
        MessageSent(
            message_id="m1",
            referral_id=routed.referral_id,
            person_id="p1",
            fact="referral.routed",
            channel="email",
            sent_at=MONDAY,
        ),
    )
    shown = await house.get(f"/cases/{case_id}")
    assert shown["child"] == {"given_name": "Ayo", "family_name": "Mensah"}
    assert shown["school"] == {"name": "Hill School", "town": "St Albans"}
    assert shown["narrative"] == "Much was tried."
    assert [(m["fact"], m["how"]) for m in shown["told"]] == [("referral.routed", "sent")]
    assert [clock["rule"] for clock in shown["clocks"]] == ["views-on-draft", "final-plan"]
    assert shown["story"]["by"] == "2026-05-04"
    log = await house.pool.fetch("SELECT who, what, subject FROM access_log")
    assert [tuple(row) for row in log] == [("reader", "case", case_id)]


async def test_a_case_whose_details_have_not_arrived_is_shown_without_them(house: House) -> None:
    (case_id,) = await cases(house, 1)
    shown = await house.get(f"/cases/{case_id}")
    assert (shown["child"], shown["school"], shown["narrative"], shown["told"]) == (None, None, None, [])


async def test_cases_come_by_page_the_earliest_due_first(house: House) -> None:
    await cases(house, 5)
    await house.hear(a_routed_referral(6, placement=an_ask(request_received=None)))
    await house.hear(a_routed_referral(7, placement=an_ask(urgent=True)))
    seen: list[str] = []
    address: str | None = "/api/cases?limit=2"
    while address:
        found = await house.get(address.removeprefix("/api"))
        seen += [case["due_on"] for case in found["cases"]]
        address = found["next"]
    assert seen == ["2026-02-16", *["2026-05-04"] * 5, None]
    incomplete = await house.get("/cases", state="incomplete,deferred")
    assert [case["missing"] for case in incomplete["cases"]] == [["statutory-dates"]]
    mine = await house.get("/cases", referral=a_referral_id(3))
    assert [case["case_id"] for case in mine["cases"]] == [case_id_of(a_referral_id(3))]


async def test_a_case_is_completed_deferred_and_withdrawn(house: House) -> None:
    await house.hear(a_routed_referral(1, placement=an_ask(request_received=None, papers_complete=False)))
    case_id = case_id_of(a_referral_id(1))
    body: dict[str, Any] = {"request_received": "2025-12-15", "papers": ["family-views", "school-report"]}
    answer = await house.post(f"/cases/{case_id}/complete", body)
    assert answer.json()["missing"] == ["educational-psychology-advice"]
    answer = await house.post(f"/cases/{case_id}/complete", {"papers_complete": True})
    assert answer.json() == {"case_id": case_id, "state": "queued", "due_on": "2026-05-04", "missing": []}
    await house.post(f"{SITTING}/confirm", {"case_ids": [case_id]})
    await house.step(at("2026-03-05 10:00"))
    deferral = {
        "sitting_id": THURSDAY_5_MARCH,
        "missing": ["health-advice"],
        "owner": "health",
        "next_on": "2026-03-20",
        "reason": "No advice yet.",
    }
    answer = await house.post(f"/cases/{case_id}/defer", deferral)
    assert answer.json() == {"case_id": case_id, "state": "deferred", "next_on": "2026-03-20"}
    agenda = await house.get(SITTING)
    assert [case["state"] for case in agenda["cases"]] == ["deferred"]  # what was heard stays on record
    answer = await house.post(f"/cases/{case_id}/withdraw", {"reason": "needs-met"})
    assert answer.json() == {"case_id": case_id, "state": "withdrawn"}


async def test_the_same_key_and_body_do_the_work_once(house: House) -> None:
    (case_id,) = await listed(house)
    first = await house.post(f"/cases/{case_id}/recommendation", RECOMMENDED, key="k1")
    again = await house.post(f"/cases/{case_id}/recommendation", RECOMMENDED, key="k1")
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = await house.post(
        f"/cases/{case_id}/recommendation", RECOMMENDED | {"reasons": "Other."}, key="k1"
    )
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    without = await house.post(f"/cases/{case_id}/recommendation", RECOMMENDED)
    assert without.status_code == 409


async def test_one_key_of_two_callers_or_at_two_addresses_is_two_requests(house: House) -> None:
    ids, ending = await cases(house, 2), {"reason": "needs-met"}
    for case_id in ids:
        gone = await house.post(f"/cases/{case_id}/withdraw", ending, key="k1")
        assert gone.json() == {"case_id": case_id, "state": "withdrawn"}
    theirs = await house.post(f"/cases/{ids[0]}/withdraw", ending, DEPUTY, key="k1")
    assert (theirs.status_code, theirs.json()["code"]) == (409, "case-not-open")


async def test_of_two_decisions_at_once_one_is_issued(house: House) -> None:
    (case_id,) = await listed(house)
    await house.post(f"/cases/{case_id}/recommendation", RECOMMENDED)
    no = {"outcome": "not-agreed", "reasons": "The school can meet the needs."}
    answers = await asyncio.gather(
        *(
            house.post(f"/cases/{case_id}/decision", body, role="officer")
            for body in ({}, no)
            for _ in range(4)
        )
    )
    issued = {answer.json()["outcome"] for answer in answers if answer.status_code == 200}
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert len(issued) == 1
    assert refused == {"already-decided"}
    assert [entry[2] for entry in await house.said()].count("decision.issued.v1") == 1


async def test_two_co_ordinators_who_confirm_at_once_never_overfill_a_sitting(house: House) -> None:
    ids = await cases(house, 20)
    bodies = [{"case_ids": ids[:12], "seen": []}, {"case_ids": ids[8:], "seen": []}]
    answers = await asyncio.gather(*(house.post(f"{SITTING}/confirm", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await house.get(SITTING))["listed"] == 12


PROBLEMS: list[tuple[str, Any, int, str]] = [
    ("/sittings/placement-2026-03-04/confirm", {"case_ids": ["x"]}, 404, "unknown-sitting"),
    ("/sittings/nothing/confirm", {"case_ids": ["x"]}, 404, "unknown-sitting"),
    (f"{SITTING}/confirm", {"case_ids": ["x"]}, 404, "unknown-case"),
    (f"{SITTING}/confirm", {"case_ids": []}, 409, "empty-batch"),
    (f"{SITTING}/confirm", {"cases": ["x"]}, 422, "invalid"),
    (f"{SITTING}/confirm", {"case_ids": "x"}, 422, "invalid"),
    ("/cases/x/complete", {}, 404, "unknown-case"),
    ("/cases/x/complete", {"request_recieved": "2026-01-01"}, 422, "invalid"),
    ("/cases/x/complete", {"request_received": "2026-02-30"}, 422, "invalid"),
    ("/cases/x/complete", {"request_received": 0}, 422, "invalid"),
    ("/cases/x/complete", {"papers_complete": "yes"}, 422, "invalid"),
    ("/cases/x/recommendation", RECOMMENDED | {"outcome": "maybe"}, 422, "invalid"),
    ("/cases/x/recommendation", RECOMMENDED | {"reasons": "  "}, 422, "invalid"),
    ("/cases/x/recommendation", RECOMMENDED, 404, "unknown-case"),
    ("/cases/x/withdraw", {"reason": "bored"}, 422, "invalid"),
    ("/cases/x/withdraw", [], 422, "invalid"),
]


async def test_wrong_input_is_answered_with_a_problem(house: House) -> None:
    for path, body, status, code in PROBLEMS:
        answer = await house.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (path, body)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].endswith((".", "…"))


async def test_more_cases_than_places_a_locked_sitting_and_a_strange_agenda_are_conflicts(
    house: House,
) -> None:
    ids = await cases(house, 14)
    answer = await house.post(f"{SITTING}/confirm", {"case_ids": ids[:13]})
    assert (answer.status_code, answer.json()["code"]) == (409, "capacity-exceeded")
    await house.post(f"{SITTING}/confirm", {"case_ids": ids[:1]})
    await house.post("/sittings/placement-2026-03-10/confirm", {"case_ids": ids[1:2]})
    await house.step(at("2026-02-26 17:00"))
    answer = await house.post(f"{SITTING}/confirm", {"case_ids": ids[2:3]})
    assert (answer.status_code, answer.json()["code"]) == (409, "sitting-closed")
    early = await house.post(f"/cases/{ids[0]}/recommendation", RECOMMENDED)
    assert (early.status_code, early.json()["code"]) == (409, "sitting-not-begun")
    strange = await house.post(f"/cases/{ids[1]}/recommendation", RECOMMENDED)
    assert (strange.status_code, strange.json()["code"]) == (409, "not-on-agenda")
    decision = await house.post(f"/cases/{ids[0]}/decision", {}, role="officer")
    assert (decision.status_code, decision.json()["code"]) == (409, "not-heard")


async def test_a_query_that_cannot_be_is_refused_by_name(house: House) -> None:
    for query in ({"state": "done"}, {"after": "x"}, {"limit": "0"}, {"limit": "x"}):
        async with house.as_("reader") as client:
            answer = await client.get("/cases", params=query)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == list(query)


async def test_dates_of_a_query_are_days(house: House) -> None:
    async with house.as_("reader") as client:
        answer = await client.get("/sittings", params={"from": "20260301", "to": "0"})
    assert [error["field"] for error in answer.json()["errors"]] == ["from", "to"]


async def test_what_is_unknown_is_404(house: House) -> None:
    async with house.as_("reader") as client:
        answers = [await client.get(path) for path in ("/cases/x", "/sittings/x", "/sittings/x/proposal")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_who_may_do_what(house: House) -> None:
    (case_id,) = await cases(house, 1)
    confirm = await house.post(f"{SITTING}/confirm", {"case_ids": [case_id]}, role="reader")
    decide = await house.post(f"/cases/{case_id}/decision", {}, role="co-ordinator")
    nobody = await house.post(f"/cases/{case_id}/withdraw", {"reason": "needs-met"}, role="nobody")
    assert [confirm.status_code, decide.status_code, nobody.status_code] == [403, 403, 401]


async def test_every_route_asks_for_a_token_but_health(house: House) -> None:
    every_route_has_an_owner(
        make_web(house.running),
        {*health.OPEN_PATHS, *look.OPEN_PATHS, *signin.OPEN_PATHS, *web.OPEN_PATHS},
    )


async def test_panels_are_shown_as_their_files_have_them(house: House) -> None:
    (panel,) = (await house.get("/panels"))["panels"]
    assert (panel["code"], panel["capacity"], panel["remit"]["areas"]) == ("placement", 12, "all")


async def test_a_recommendation_and_a_decision_are_of_the_case_as_it_was_seen(house: House) -> None:
    (case_id,) = await listed(house)
    seen = (await house.get(f"/cases/{case_id}"))["version"]
    path, named = f"/cases/{case_id}/recommendation", RECOMMENDED | {"setting_urn": "117215", "seen": seen}
    assert (await house.post(path, RECOMMENDED | {"setting_urn": "1"})).status_code == 422
    assert (await house.post(path, named)).status_code == 200
    late = await house.post(path, RECOMMENDED | {"seen": seen})
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")
    stale = await house.post(f"/cases/{case_id}/decision", {"seen": seen}, role="officer")
    assert stale.status_code == 409
    await house.post(f"/cases/{case_id}/decision", {"seen": seen + 1}, role="officer")
    shown = await house.get(f"/cases/{case_id}")
    assert shown["decision"]["setting_urn"] == "117215"
