"""What schools ask by their programs, and how it is answered."""

from typing import Any

import pytest

from tests.referrals.conftest import Office, Offices

QUESTION: dict[str, Any] = {
    "kind": "sali-question",
    "urn": "900001",
    "question": "How do we plan a move to year 7?",
    "topic": "ASD",
}
HELP = {"kind": "setting-help", "urn": "900001", "question": "Training on autism.", "wants": "training"}


async def asked(it: Office, given: dict[str, Any] = QUESTION, who: str = "school") -> str:
    answer = await it.post("/api/enquiries", given, who)
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == answer.json()["status_url"]
    return str(answer.json()["status_url"])


async def test_a_school_asks_and_reads_the_answer(office: Offices) -> None:
    it = await office()
    url = await asked(it)
    await it.post(f"{url}/take", {"to": "staff-7"}, "team")
    done = await it.post(f"{url}/answer", {"answer": "Begin in May.", "minutes": 15, "seen": 2}, "team")
    assert done.status_code == 200, done.text
    read = (await it.get(url)).json()
    assert (read["status"], read["answer"], read["minutes"]) == ("answered", "Begin in May.", 15)
    assert (read["question"], read["taken_by"]) == (QUESTION["question"], "staff-7")
    assert [step["did"] for step in read["history"]] == ["asked", "taken", "answered"]


async def test_help_for_a_whole_setting_goes_to_a_team_with_its_reason(office: Offices) -> None:
    it = await office()
    read = (await it.get(await asked(it, HELP))).json()
    assert (read["kind"], read["wants"]) == ("setting-help", "training")
    assert read["destination"] != "ask-sali"
    assert "The setting is in" in read["reason"]


async def test_a_question_becomes_a_draft_that_the_school_goes_on_with(office: Offices) -> None:
    it = await office()
    url = await asked(it)
    made = (await it.post(f"{url}/convert", {})).json()
    again = (await it.post(f"{url}/convert", {})).json()
    assert made["draft_url"] == again["draft_url"] == f"/refer/{made['draft_id']}"
    draft = await it.pool.fetchval("SELECT state::text FROM draft WHERE id = $1", made["draft_id"])
    assert QUESTION["question"] in draft
    assert (await it.get(url)).json()["draft_url"] == made["draft_url"]
    assert (await it.post(f"{await asked(it, HELP)}/convert", {})).json()["code"] == "not-to-convert"


async def test_the_same_key_asks_once(office: Offices) -> None:
    it = await office()
    first = await it.post("/api/enquiries", QUESTION, key="k")
    again = await it.post("/api/enquiries", QUESTION, key="k")
    assert first.json() == again.json()
    assert (await it.post("/api/enquiries", HELP, key="k")).status_code == 409
    assert await it.pool.fetchval("SELECT count(*) FROM enquiry") == 1


async def test_the_second_of_two_who_answer_is_told(office: Offices) -> None:
    it = await office()
    url = await asked(it)
    await it.post(f"{url}/take", {"to": "staff-7", "seen": 1}, "team")
    late = await it.post(f"{url}/answer", {"answer": "x", "minutes": 5, "seen": 1}, "team")
    assert (late.status_code, late.json()["code"]) == (409, "changed-meanwhile")


async def test_a_school_sees_what_it_asked_and_no_other_school_does(office: Offices) -> None:
    it = await office()
    url = await asked(it)
    await asked(it, {**QUESTION, "urn": "900101"}, "other-school")
    assert (await it.get(url, "other-school")).status_code == 404
    assert (await it.post(f"{url}/close", {"reason": "solved"}, "other-school")).status_code == 404
    counts = {
        who: len((await it.get("/api/enquiries", who)).json()["enquiries"])
        for who in ("school", "other-school", "team")
    }
    assert counts == {"school": 1, "other-school": 1, "team": 2}
    foreign = await it.post("/api/enquiries", {**QUESTION, "urn": "900101"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "urn-not-yours")


async def test_lists_go_by_page_and_hold_no_words(office: Offices) -> None:
    it = await office()
    for _ in range(3):
        await asked(it)
    first = await it.get("/api/enquiries?limit=2&status=new")
    assert "year 7" not in first.text
    second = (await it.get(first.json()["next"])).json()
    assert (len(first.json()["enquiries"]), len(second["enquiries"]), second["next"]) == (2, 1, None)


async def test_who_read_an_enquiry_is_recorded(office: Offices) -> None:
    it = await office()
    await it.get(await asked(it), "team")
    row = await it.pool.fetchrow("SELECT who, what FROM access_log")
    assert tuple(row or ()) == ("team", "enquiry")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({**QUESTION, "question": " "}, "question"),
        ({**QUESTION, "question": "x" * 8001}, "question"),
        ({**QUESTION, "topic": "ADHD"}, "topic"),
        ({**HELP, "wants": None}, "wants"),
        ({**QUESTION, "urn": "900 001"}, "urn"),
        ({**QUESTION, "child": "Wilf"}, "child"),
    ],
)
async def test_a_wrong_field_of_a_question_is_named(office: Offices, given: Any, field: str) -> None:
    answer = await (await office()).post("/api/enquiries", given)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_a_school_that_is_not_registered_is_named(office: Offices) -> None:
    answer = await (await office()).post("/api/enquiries", {**QUESTION, "urn": "999999"}, "supplier")
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("urn", "urn-unknown")]
