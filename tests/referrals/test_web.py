"""The HTTP side on a real PostgreSQL."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from chassis.web import health, signin
from chassis.web.auth import every_route_has_an_owner
from chassis.web.hosting import make_web
from services.referrals.domain.directory.listing import entries
from services.referrals.web import OPEN_PATHS
from tests.referrals.builders import NOW, PLACEMENT, TODAY, book, form, upn_of
from tests.referrals.conftest import Offices

PLACED = form(asks_for="placement", placement=PLACEMENT)


async def test_a_referral_is_taken_and_its_story_can_be_read_at_the_address_given(office: Offices) -> None:
    it = await office()
    answer = await it.post("/api/referrals", form())
    taken = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == taken["status_url"] == f"/api/referrals/{taken['reference']}"
    assert taken["sentence"].startswith(
        "We received the referral on 4 March 2026 and sent it to the Communication"
    )
    read = (await it.get(taken["status_url"])).json()
    assert read["referral_id"] == taken["referral_id"]
    assert read["status"] == "routed"
    assert read["reason"] == "The main need is autism."
    assert read["destination"]["advice_line"] == "07700 900121"
    assert read["officer"] == "SEND Implementation Support Officer for area 1"
    assert read["story"] == {
        "happened": "We received the referral on 4 March 2026 and sent it to the Communication and Autism team. "
        "The main need is autism.",
        "holder": "the Communication and Autism team",
        "next_step": "The Communication and Autism team will answer by 18 March 2026.",
        "by": "2026-03-18",
    }


async def test_the_same_key_and_body_get_the_same_answer_and_another_body_409(office: Offices) -> None:
    it = await office()
    first = await it.post("/api/referrals", form(), key="once")
    again = await it.post("/api/referrals", form(), key="once")
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 1
    other = await it.post("/api/referrals", form(narrative="Something else."), key="once")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    theirs = await it.post("/api/referrals?duplicate=continue", form(), "supplier", key="once")
    assert theirs.json()["reference"] != first.json()["reference"]


async def test_twenty_at_once_with_one_key_become_one_referral(office: Offices) -> None:
    it = await office()
    answers = await asyncio.gather(*(it.post("/api/referrals", form(), key="once") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 1


async def test_many_forms_at_once_are_all_taken_with_their_events_in_order(office: Offices) -> None:
    it = await office()
    forms = [form(child__upn=upn_of(n)) for n in range(60)]
    references = await asyncio.gather(*(it.refer(each) for each in forms))
    assert len(set(references)) == 60
    rows = await it.pool.fetch("SELECT key, version FROM outbox WHERE topic = 'referrals.v1' ORDER BY seq")
    versions: dict[str, list[int]] = {}
    for row in rows:
        versions.setdefault(row["key"], []).append(row["version"])
    assert set(map(tuple, versions.values())) == {(1, 2)}


async def test_a_faulty_form_is_answered_with_every_fault_and_no_value(office: Offices) -> None:
    it = await office()
    given = form(child__upn="Q207000016049", child__born="Quetzalcoatl", referrer__email="Quetzalcoatl")
    answer = await it.post("/api/referrals", given)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {(e["field"], e["code"]) for e in answer.json()["errors"]} == {
        ("child.upn", "upn-invalid"),
        ("child.born", "not-a-date"),
        ("referrer.email", "email-invalid"),
    }
    assert "Quetzalcoatl" not in answer.text
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 0


@pytest.mark.parametrize("text", [b"", b"[", b"[]", b"\xff", b'{"a":' * 5000, b"1e999"])
async def test_what_is_no_form_at_all_is_a_422(office: Offices, text: bytes) -> None:
    answer = await (await office()).post("/api/referrals", text)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not-json")


async def test_a_upn_that_came_with_another_date_of_birth_is_a_fault_of_the_form(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    answer = await it.post("/api/referrals", form(child__born="2016-05-18"))
    assert answer.status_code == 422
    assert [e["code"] for e in answer.json()["errors"]] == ["upn-of-another-child"]


@pytest.mark.parametrize(
    ("who", "status"),
    [("nobody", 403), ("team", 403), ("unknown-token", 401), ("school", 202), ("supplier", 202)],
)
async def test_only_a_token_with_the_scope_may_submit(office: Offices, who: str, status: int) -> None:
    assert (await (await office()).post("/api/referrals", form(), who)).status_code == status


async def test_a_school_may_refer_only_its_own_children(office: Offices) -> None:
    it = await office()
    answer = await it.post("/api/referrals", form(urn="900101"))
    assert (answer.status_code, answer.json()["code"]) == (403, "urn-not-yours")


async def test_a_statutory_token_opens_a_placement_case_for_any_school(office: Offices) -> None:
    it = await office()
    draft = {**PLACEMENT, "trigger": "draft-plan", "dates": {"draft_served": "2026-02-20"}}
    reference = await it.refer(form(urn="900805", asks_for="placement", placement=draft), "statutory")
    read = (await it.get(f"/api/referrals/{reference}", "statutory")).json()
    assert read["destination"]["kind"] == "placement-panel"
    refused = await it.post("/api/referrals", form(), "statutory")
    assert [e["code"] for e in refused.json()["errors"]] == ["statutory-needs-placement"]


async def test_another_schools_referral_does_not_exist_for_a_school(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    url = f"/api/referrals/{reference}"
    theirs = await it.get(url, "other-school")
    assert (theirs.status_code, theirs.json()["code"]) == (404, "referral-unknown")
    withdrawn = await it.post(f"{url}/withdraw", {"reason": "needs-met"}, "other-school")
    assert withdrawn.status_code == 404
    assert (await it.get("/api/referrals", "other-school")).json()["referrals"] == []
    assert (await it.get("/api/queues", "other-school")).json()["queues"] == []


async def test_a_mistyped_reference_is_told_from_an_unknown_one(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    wrong = ("1" if reference[0] != "1" else "2") + reference[1:]
    answer = await it.get(f"/api/referrals/{wrong}")
    assert (answer.status_code, answer.json()["code"]) == (404, "reference-mistyped")
    careless = reference.lower().replace("-", "")
    assert (await it.get(f"/api/referrals/{careless}")).json()["reference"] == reference


async def test_who_read_a_referral_is_recorded(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form())
    read = (await it.get(f"/api/referrals/{reference}", "team")).json()
    row = await it.pool.fetchrow("SELECT who, what, subject FROM access_log")
    assert tuple(row or ()) == ("team", "referral", read["referral_id"])


async def test_a_team_works_a_referral_to_its_end(office: Offices) -> None:
    it = await office()
    url = f"/api/referrals/{await it.refer(form())}"
    accepted = await it.post(f"{url}/accept", {"next_step_by": "2026-03-20"}, "team")
    assert accepted.json() == {"status": "accepted", "by": "2026-03-20", "version": 2}
    again = await it.post(f"{url}/accept", {}, "team")
    assert (again.status_code, again.json()["code"]) == (409, "not-waiting")
    end = {"outcome": "strategies-agreed", "review_on": "2026-06-01", "advice": "Use first-then boards."}
    assert (await it.post(f"{url}/conclude", end, "team")).json()["by"] == "2026-06-01"
    read = (await it.get(url)).json()
    assert (read["status"], read["advice"]) == ("concluded", "Use first-then boards.")
    said = [t for t in await it.said() if t.startswith("referral.") and t != "referral.papers.v1"]
    assert said == [
        "referral.received.v1",
        "referral.routed.v1",
        "referral.accepted.v1",
        "referral.concluded.v1",
    ]


async def test_a_repeated_request_of_a_team_with_its_key_is_answered_the_same(office: Offices) -> None:
    it = await office()
    url = f"/api/referrals/{await it.refer(form())}/accept"
    first = await it.post(url, {}, "team", key="k")
    assert (await it.post(url, {}, "team", key="k")).json() == first.json()
    assert (await it.post(url, {"next_step_by": "2026-03-20"}, "team", key="k")).status_code == 409


@pytest.mark.parametrize(
    ("what", "given", "field"),
    [
        ("accept", {"next_step_by": 5}, "next_step_by"),
        ("accept", {"by": "2026-03-20"}, "by"),
        ("return", {"reason": "advice-given"}, "advice"),
        ("return", {"reason": "no", "advice": "x"}, "reason"),
        ("conclude", {"outcome": "strategies-agreed", "review_on": "soon"}, "review_on"),
    ],
)
async def test_wrong_fields_of_a_teams_request_are_named(
    office: Offices, what: str, given: Any, field: str
) -> None:
    it = await office()
    answer = await it.post(f"/api/referrals/{await it.refer(form())}/{what}", given, "team")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_school_cannot_do_the_teams_work_nor_a_team_the_schools(office: Offices) -> None:
    it = await office()
    url = f"/api/referrals/{await it.refer(form())}"
    assert (await it.post(f"{url}/accept", {})).status_code == 403
    assert (await it.post(f"{url}/withdraw", {"reason": "needs-met"}, "team")).status_code == 403
    assert (await it.post(f"{url}/withdraw", {"reason": "needs-met"})).json()["status"] == "withdrawn"


async def test_referrals_of_one_status_are_listed_whether_they_have_ended_or_not(office: Offices) -> None:
    it = await office()
    ended, going_on = await it.refer(form()), await it.refer(form(child__upn=upn_of(1)))
    await it.post(f"/api/referrals/{ended}/withdraw", {"reason": "needs-met"})
    for status, reference in (("withdrawn", ended), ("routed", going_on)):
        listed = (await it.get(f"/api/referrals?status={status}", "team")).json()["referrals"]
        assert [each["reference"] for each in listed] == [reference]


async def test_referrals_are_listed_by_page_oldest_first(office: Offices) -> None:
    it = await office()
    references = []
    for n in range(5):
        async with it.pool.acquire() as conn:
            await it.running.clock.step(conn, NOW + timedelta(minutes=n))  # type: ignore[attr-defined]
        references.append(await it.refer(form(child__upn=upn_of(n))))
    await it.post(f"/api/referrals/{references[2]}/accept", {}, "team")
    shown, url = [], "/api/referrals?limit=2&destination=communication-autism&status=routed"
    while url:
        page = (await it.get(url, "team")).json()
        shown += [each["reference"] for each in page["referrals"]]
        url = page["next"]
    assert shown == [references[n] for n in (0, 1, 3, 4)]
    assert (await it.get("/api/referrals?status=lost", "team")).status_code == 422
    assert (await it.get("/api/referrals?after=lost", "team")).status_code == 404


async def test_queues_show_how_many_wait_and_since_when(office: Offices) -> None:
    it = await office()
    for n in range(3):
        await it.refer(form(child__upn=upn_of(n)))
    url = f"/api/referrals/{await it.refer(form(child__upn=upn_of(9)))}"
    await it.post(f"{url}/accept", {}, "team")
    await it.refer(PLACED)
    queues = {each["destination"]: each for each in (await it.get("/api/queues", "team")).json()["queues"]}
    team = queues["communication-autism"]
    assert (team["waiting"], team["under_way"], team["ended"], team["overdue"]) == (3, 1, 0, 0)
    assert team["oldest"].startswith("2026-03-04T10:30")
    assert queues["placement"]["waiting"] == 1


async def test_the_directory_is_published_at_the_start_and_a_restart_says_nothing_new(
    office: Offices,
) -> None:
    it = await office()
    for _ in range(2):
        for task in it.running.service.at_start:
            await task(it.running)
    said = await it.said()
    assert len(said) == len(list(entries(book(), TODAY)))
    assert set(said) == {
        "directory.destination.v1",
        "directory.destination.v2",
        "directory.setting.v1",
        "directory.area.v1",
        "directory.rule.v1",
    }


async def test_no_row_of_the_outbox_and_no_index_holds_a_person_in_clear(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    rows = await it.pool.fetch("SELECT payload, headers::text AS headers, key FROM outbox")
    columns = await it.pool.fetch("SELECT state FROM referral")
    text = b"".join(row["payload"] for row in rows) + json.dumps([row["headers"] for row in rows]).encode()
    text += "".join(row["key"] for row in rows).encode() + columns[0]["state"].encode()
    for word in (b"Hazelden", b"Wilf", b"2016-05-17", b"A919400023001", b"07700", b"visual timetable"):
        assert word not in text


async def test_every_route_asks_for_a_token(office: Offices) -> None:
    app = make_web((await office()).running)
    every_route_has_an_owner(app, [*health.OPEN_PATHS, *OPEN_PATHS, *signin.OPEN_PATHS])


async def test_the_form_is_described_in_the_openapi_document(office: Offices) -> None:
    document = (await (await office()).get("/openapi.json")).json()
    schema = document["paths"]["/api/referrals"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    assert schema["properties"]["child"]["properties"]["born"]["format"] == "date"
