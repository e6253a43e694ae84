"""Ask SALI and help for a setting over a real database: asked, seen, answered, made a referral."""

import re
from typing import Any
from uuid import uuid4

from tests.referrals.conftest import Office, Offices
from tests.referrals.people import Colleague, hidden, joins

QUESTION = "A child in our reception class hides when the bell rings. What could we try?"


async def school(office: Office, name: str = "Sam", urn: str = "900001") -> Colleague:
    return await joins(office, name, ("school-user", urn))


async def officer(office: Office, name: str = "Olu") -> Colleague:
    return await joins(office, name, ("sali-officer", None))


async def asks(person: Colleague, what: str = "question", **given: Any) -> str:
    """Asks, and answers the address of the enquiry."""
    fields = {"topic": "", "question": QUESTION} | given
    answer = await person.fill(f"/ask/{what}", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def tabs(person: Colleague) -> dict[str, int]:
    page = (await person.get("/enquiries")).text
    return {code: int(n) for code, n in re.findall(r'data-count="(\w+)">(\d+)<', page)}


async def test_a_question_is_answered_and_both_see_when_and_by_whom(office: Offices) -> None:
    it = await office()
    sam, olu = await school(it), await officer(it)
    at = await asks(sam)
    assert (await tabs(olu))["new"] == 1
    assert "6 March 2026" in (await sam.get(at)).text
    await olu.send(f"{at}/take", **hidden((await olu.get(at)).text))
    assert (await tabs(olu)) == {"new": 0, "mine": 1, "taken": 1, "late": 0, "answered": 0}
    page = await olu.get(at)
    answer = await olu.send(f"{at}/answer", **hidden(page.text), answer="Warn him first.", minutes="15")
    assert answer.status_code == 303
    seen = (await sam.get(at)).text
    assert "Warn him first." in seen
    assert "Olu, 4 March 2026" in seen
    assert "15 minutes" in seen
    assert "answered on the same day" in seen
    assert (await tabs(olu))["answered"] == 1
    assert '<a class="govuk-back-link" href="/ask">' in seen
    assert '<a class="govuk-back-link" href="/enquiries">' in (await olu.get(at)).text


async def test_of_two_officers_the_second_is_told_and_nothing_of_theirs_is_lost(office: Offices) -> None:
    it = await office()
    sam, olu, ola = await school(it), await officer(it), await officer(it, "Ola")
    at = await asks(sam)
    both = [hidden((await each.get(at)).text) for each in (olu, ola)]
    assert (await olu.send(f"{at}/answer", **both[0], answer="One.", minutes="5")).status_code == 303
    second = await ola.send(f"{at}/take", **both[1])
    assert second.status_code == 409
    again = await ola.send(f"{at}/answer", **both[1], answer="Two, long.", minutes="5")
    assert again.status_code == 409
    assert "One." in again.text
    assert "cannot be done" in again.text


async def test_help_for_a_setting_goes_to_its_team_and_ask_sali_sees_it_too(office: Offices) -> None:
    it = await office()
    sam = await school(it)
    team = await joins(it, "Ada", ("team-member", "communication-autism"))
    other = await joins(it, "Ann", ("team-member", "deaf"))
    at = await asks(
        sam, "setting", wants="training", topic="ASD", question="Training on autism for all staff."
    )
    page = (await team.get(at)).text
    assert "Training on autism for all staff." in page
    assert "Communication and Autism team" in page
    assert (await other.get(at)).status_code == 404
    assert [(await tabs(each))["new"] for each in (team, other)] == [1, 0]
    assert "/convert" not in (await sam.get(at)).text


async def test_another_school_and_a_panels_member_see_nothing_of_it(office: Offices) -> None:
    it = await office()
    at = await asks(await school(it))
    for name, role, scope in (("Tim", "school-user", "900101"), ("Pam", "panel-member", None)):
        stranger = await joins(it, name, (role, scope))
        assert (await stranger.get(at)).status_code == 404
        assert (await stranger.send(f"{at}/close", reason="solved")).status_code == 404
        assert (await stranger.get("/enquiries")).status_code == 403


async def test_a_question_becomes_a_draft_once_and_the_school_goes_on_with_it(office: Offices) -> None:
    it = await office()
    sam = await school(it)
    at = await asks(sam, topic="SLCN")
    first = await sam.send(f"{at}/convert", seen="1")
    second = await sam.send(f"{at}/convert", seen="1")
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert (await sam.get(first.headers["location"])).status_code == 200
    state = await it.pool.fetchval("SELECT state FROM draft")
    assert QUESTION in state
    assert "SLCN" in state
    assert await it.pool.fetchval("SELECT count(*) FROM draft") == 1


async def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(office: Offices) -> None:
    it = await office()
    sam, olu = await school(it), await officer(it)
    answer = await sam.fill("/ask/setting", question="", topic="XX")
    assert answer.status_code == 422
    for words in ("Choose what would help.", "Write what you need.", "Choose a topic from the list."):
        assert words in answer.text
    at = await asks(sam)
    bad = await olu.send(f"{at}/answer", seen="1", answer="Try a bell of your own.", minutes="soon")
    assert bad.status_code == 422
    assert "Try a bell of your own." in bad.text
    assert "Write how many minutes" in bad.text


async def test_odd_words_come_back_as_they_were_written(office: Offices) -> None:
    it = await office()
    sam = await school(it)
    odd = "😀 مرحبا \u202eשלום <b>bold</b> 'quoted' & more"
    page = (await sam.get(await asks(sam, question=odd))).text
    assert "<b>bold</b>" not in page
    assert "😀 مرحبا" in page
    long = await sam.fill("/ask/question", question="x" * 10_000, topic="")
    assert long.status_code == 422
    assert "these are 10,000" in long.text


async def test_the_same_form_sent_twice_is_one_question(office: Offices) -> None:
    it = await office()
    sam = await school(it)
    given = {"form": str(uuid4()), "question": QUESTION, "topic": ""}
    answers = [await sam.send("/ask/question", **given) for _ in range(3)]
    assert len({each.headers["location"] for each in answers}) == 1
    assert await it.pool.fetchval("SELECT count(*) FROM enquiry") == 1


async def test_every_read_of_an_enquiry_is_recorded(office: Offices) -> None:
    it = await office()
    sam = await school(it)
    await sam.get(await asks(sam))
    read = await it.pool.fetch("SELECT who, what FROM access_log")
    assert [(row["who"], row["what"]) for row in read] == [(f"staff:{sam.id}", "enquiry")]


async def test_nothing_of_an_enquiry_leaves_this_service(office: Offices) -> None:
    it = await office()
    await asks(await school(it))
    told = await it.pool.fetch("SELECT topic, payload FROM outbox WHERE topic <> 'staff.v1'")
    assert [row["topic"] for row in told if row["topic"] != "directory.v1"] == []
