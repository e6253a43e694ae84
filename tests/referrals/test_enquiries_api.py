"""What schools ask by their programs, and how it is answered."""

from typing import Any

import pytest

from services.referrals.domain.intake.drafts import Put, SaveDraft
from tests.referrals.builders import form
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


FORM = {name: each for name, each in form().items() if name not in ("urn", "narrative")}


async def asked_and_answered(it: Office) -> str:
    url = await asked(it)
    await it.post(f"{url}/answer", {"answer": "Begin in May.", "minutes": 15}, "team")
    return url


async def sent(it: Office, reference: str) -> Any:
    """The words and the need of a referral as they are kept."""
    row = await it.pool.fetchrow(
        "SELECT p.state -> 'papers' ->> 'narrative' AS words, r.state ->> 'primary_need' AS need, r.urn "
        "FROM referral r JOIN papers p USING (id) WHERE r.reference = $1",
        reference,
    )
    assert row is not None
    return row


async def test_a_question_becomes_a_referral_in_one_call_and_nothing_is_typed_twice(office: Offices) -> None:
    it = await office()
    url = await asked_and_answered(it)
    child = {name: each for name, each in FORM["child"].items() if name != "primary_need"}
    made = await it.post(f"{url}/convert", {"form": {**FORM, "child": child}}, key="k")
    assert made.status_code == 200, made.text
    given = made.json()
    assert (given["status"], given["draft_url"]) == ("converted", None)
    assert given["referral_url"] == f"/api/referrals/{given['referral']}"
    kept = await sent(it, given["referral"])
    assert QUESTION["question"] in kept["words"]
    assert "Begin in May." in kept["words"]
    assert (kept["need"], kept["urn"]) == ("ASD", "900001")
    again = [await it.post(f"{url}/convert", {"form": FORM}, key=key) for key in ("k2", None)]
    assert {each.json()["referral"] for each in again} == {given["referral"]}
    assert await it.pool.fetchval("SELECT count(*) FROM referral") == 1
    assert (await it.get(url)).json()["referral"] == given["referral"]


async def test_a_draft_is_sent_by_a_second_call_with_what_people_have_filled_in(office: Offices) -> None:
    it = await office()
    url = await asked(it)
    draft = (await it.post(f"{url}/convert", {})).json()
    assert draft["referral"] is None
    assert "draft_url" in draft["sentence"]
    typed = SaveDraft(draft["draft_id"], "words", 0, "sam", "Sam", (Put("narrative", "We have tried much."),))
    await it.running.runner.command(typed)
    done = await it.post(f"{url}/convert", {"form": FORM})
    assert done.status_code == 200, done.text
    assert (await sent(it, done.json()["referral"]))["words"] == "We have tried much."


async def test_a_form_with_faults_leaves_the_question_as_it_was(office: Offices) -> None:
    it = await office()
    url = await asked(it)
    wrong = await it.post(f"{url}/convert", {"form": {**FORM, "child": {"born": "2016-05-17"}}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "form-faulty")
    assert "form.child.given_name" in {each["field"] for each in wrong.json()["errors"]}
    foreign = await it.post(f"{url}/convert", {"form": {**FORM, "urn": "900101"}})
    assert [each["field"] for each in foreign.json()["errors"]] == ["form.urn"]
    assert (await it.get(url)).json()["status"] == "new"


async def test_what_a_question_would_repeat_is_named_before_anything_is_sent(office: Offices) -> None:
    it = await office()
    url, earlier = await asked(it), await it.refer(form())
    refused = await it.post(f"{url}/convert", {"form": FORM})
    assert (refused.status_code, refused.json()["code"]) == (409, "likely-duplicate")
    assert earlier in refused.text
    assert (await it.get(url)).json()["status"] == "new"
    meant = await it.post(f"{url}/convert?duplicate=continue", {"form": FORM})
    assert meant.json()["referral"] not in (None, earlier)


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
