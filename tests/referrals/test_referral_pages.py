"""One referral's page and the small pages of what can be done with it, over a real database."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.referrals.domain.commands import AcceptReferral
from tests.referrals.builders import form
from tests.referrals.conftest import Office, Offices
from tests.referrals.people import Colleague, day, hidden, joins

TEAM = "communication-autism"
ACTION = {"what-0": "A visual timetable", "who-0": "The class teacher", **day("by-0", 2026, 4, 1)}
OUTCOME = {"outcome": "strategies-agreed", "advice": "Go on with it.", **ACTION, **day("review", 2026, 6, 1)}


async def case(office: Office) -> tuple[str, Colleague, Colleague]:
    """A referral, one of the team that has it, and the SENCo who sent it."""
    reference = await office.refer(form())
    ada = await joins(office, "Ada", ("team-member", TEAM))
    sam = await joins(office, "Sam", ("school-user", "900001"))
    return reference, ada, sam


async def state(office: Office, reference: str) -> Any:
    return await office.pool.fetchrow("SELECT * FROM referral WHERE reference = $1", reference)


async def done(person: Colleague, reference: str, act: str, **given: Any) -> str:
    """Does it by its page; answers the page of the referral after it."""
    path = f"/referrals/{reference}/{act}"
    answer = await person.fill(path, **given)
    assert answer.status_code == 303, re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text))[:1500]
    page = await person.get(answer.headers["location"])
    assert page.status_code == 200
    return page.text


async def test_the_page_tells_who_what_where_and_what_is_next_and_the_read_is_recorded(
    office: Offices,
) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    page = (await ada.get(f"/referrals/{reference}")).text
    for said in (
        "Wilf Hazelden",
        "17 May 2016",
        "A919400023001",
        "Ines Hazelden",
        "ines@families.example.org",
        '<p class="govuk-body">Wilf finds changes of routine hard.</p>',
        "A visual timetable and a quiet corner.",
        "Yes: Ines Hazelden on 1 March 2026",
        "The Communication and Autism team will answer by 18 March 2026.",
        "The first answer is promised by 18 March 2026.",
        "The school sent the referral",
        "SEND Implementation Support Officer for area 1",
        "07700 900121",
        "There are not enough cases to say how long it takes",
    ):
        assert said in page, said
    assert "Hazelden" not in re.findall("<title>([^<]+)", page)[0], (
        "no name in the title, which browsers keep"
    )
    read = await it.pool.fetchval("SELECT count(*) FROM access_log WHERE who = $1", f"staff:{ada.id}")
    assert read == 1


async def test_each_sees_what_they_can_do_and_no_more(office: Offices) -> None:
    it = await office()
    reference, ada, sam = await case(it)

    async def offered(person: Colleague) -> set[str]:
        text = (await person.get(f"/referrals/{reference}")).text
        return set(re.findall(rf'href="/referrals/{reference}/([a-z-]+)"', text))

    assert offered is not None
    assert await offered(ada) == {"accept", "assign", "ask", "return", "step", "close"}
    assert await offered(sam) == {"amend", "contacts", "evidence", "page-codes", "withdraw"}
    await done(ada, reference, "accept")
    assert await offered(ada) == {"assign", "ask", "return", "visit", "outcome", "step", "close"}
    assert (await sam.get(f"/referrals/{reference}/accept")).status_code == 403
    answer = await sam.send(f"/referrals/{reference}/accept", seen="2", form=str(uuid4()))
    assert answer.status_code == 403
    assert (await ada.get(f"/referrals/{reference}/withdraw")).status_code == 403
    assert (await ada.get(f"/referrals/{reference}/nonsense")).status_code == 404
    late = await ada.get(f"/referrals/{reference}/accept")
    assert (late.status_code, late.headers["location"]) == (303, f"/referrals/{reference}?late=yes")
    assert (
        "That cannot be done with this referral as it is now."
        in (await ada.get(late.headers["location"])).text
    )


async def test_whoever_may_not_see_it_is_not_told_that_it_exists(office: Offices) -> None:
    it = await office()
    reference, _, _ = await case(it)
    for name, role in (
        ("Bo", ("team-member", "deaf")),
        ("Cy", ("school-user", "900101")),
        ("Di", ("outreach-coordinator", "DSPL1")),
    ):
        other = await joins(it, name, role)
        for path in (f"/referrals/{reference}", f"/referrals/{reference}/accept"):
            assert (await other.get(path)).status_code == 404, (name, path)
        assert (await other.send(f"/referrals/{reference}/accept", seen="1")).status_code == 404
    assert await it.pool.fetchval("SELECT count(*) FROM access_log WHERE what = 'referral'") == 0


async def test_a_return_needs_advice_and_becomes_a_task_of_the_school_which_answers(office: Offices) -> None:
    it = await office()
    reference, ada, sam = await case(it)
    empty = await ada.fill(f"/referrals/{reference}/return", reason="more-evidence-needed")
    assert empty.status_code == 422
    assert "Write your advice" in empty.text
    assert 'value="more-evidence-needed" checked' in empty.text
    page = await done(
        ada, reference, "return", reason="more-evidence-needed", advice="Try a timetable for six weeks."
    )
    assert "The clock stands still since 4 March 2026" in page
    task = (await sam.get("/school")).text
    assert "Read the advice and answer" in task
    assert "Try a timetable for six weeks." in (await sam.get(f"/referrals/{reference}/answer")).text
    it.running.clock._now += timedelta(days=7)  # type: ignore[attr-defined]
    after = await done(sam, reference, "answer", words="We did, and it helped a little.")
    assert "The school answered" in after
    assert "by Sam" in after
    assert "Before that it stood still for 5 working days" in after
    assert (await state(it, reference))["stage"] == "new"


async def test_a_question_is_asked_with_a_day_and_answered(office: Offices) -> None:
    it = await office()
    reference, ada, sam = await case(it)
    wrong = await ada.fill(f"/referrals/{reference}/ask", question="Which class?", **day("by", 2026, 2, 30))
    assert wrong.status_code == 422
    assert "There is no such day" in wrong.text
    assert "Which class?" in wrong.text
    await done(ada, reference, "ask", question="Which class?", **day("by", 2026, 3, 11))
    assert "Answer the question" in (await sam.get("/school")).text
    assert (await state(it, reference))["stage"] == "school"
    await done(sam, reference, "answer", words="Class 4.")
    page = (await ada.get(f"/referrals/{reference}")).text
    assert "Class 4." in page


async def test_a_case_goes_from_acceptance_by_a_visit_to_its_outcome_and_whether_it_helped(
    office: Offices,
) -> None:
    it = await office()
    reference, ada, sam = await case(it)
    await done(ada, reference, "accept")
    await done(ada, reference, "assign", to=ada.id)
    await done(
        ada, reference, "visit", kind="outreach-visit", who="Ada meets Ms Reed", **day("on", 2026, 3, 20)
    )
    visit = (await ada.get(f"/referrals/{reference}/visit-done")).text
    (which,) = re.findall(r'name="visit"[^>]*value="([^"]+)"', visit)
    it.running.clock._now += timedelta(days=20)  # type: ignore[attr-defined]
    await done(ada, reference, "visit-done", visit=which, words="A good visit.", **day("on", 2026, 3, 20))
    short = await ada.fill(f"/referrals/{reference}/outcome", outcome="strategies-agreed")
    assert short.status_code == 422
    for said in ("Write your advice", "Write what is to be done", "Write who is responsible", "Give the day"):
        assert said in short.text
    page = await done(ada, reference, "outcome", **OUTCOME)
    assert "A visual timetable" in page
    assert "The class teacher" in page
    assert "given to Ada" in page
    assert (await state(it, reference))["stage"] == "ended"
    it.running.clock._now += timedelta(days=100)  # type: ignore[attr-defined]
    assert "Say whether it helped" in (await sam.get("/school")).text
    page = await done(sam, reference, "review", helped="partly", words="Mornings are better.")
    assert "Mornings are better." in page
    assert "Say whether it helped" not in (await sam.get("/school")).text


async def test_more_agreed_actions_are_offered_on_request_with_everything_kept(office: Offices) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    await done(ada, reference, "accept")
    first = await ada.fill(
        f"/referrals/{reference}/outcome", more="yes", **{**OUTCOME, "what-1": "B", "who-1": "C"}
    )
    assert first.status_code == 200
    assert 'name="what-2"' in first.text
    assert "Go on with it." in first.text
    assert (await state(it, reference))["stage"] == "working"


async def test_the_second_of_two_is_told_who_did_what_and_keeps_what_they_typed(office: Offices) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    bo = await joins(it, "Bo", ("team-member", TEAM))
    open_page = (await bo.get(f"/referrals/{reference}/return")).text
    await done(ada, reference, "accept")
    answer = await bo.send(
        f"/referrals/{reference}/return",
        **hidden(open_page),
        reason="advice-given",
        advice="My careful advice.",
    )
    assert answer.status_code == 409
    assert "Ada, 4 March 2026 at 10:30am: The team took it on, next step by 18 March 2026." in answer.text
    assert "My careful advice." in answer.text
    assert "Nothing of yours was saved yet" in answer.text
    assert (await state(it, reference))["status"] == "accepted"
    again = await bo.send(
        f"/referrals/{reference}/return",
        **hidden(answer.text),
        reason="advice-given",
        advice="My careful advice.",
    )
    assert again.status_code == 303
    assert (await state(it, reference))["status"] == "returned"


async def test_the_same_form_sent_twice_is_done_once(office: Offices) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    page = (await ada.get(f"/referrals/{reference}/accept")).text
    for _ in range(3):
        answer = await ada.send(f"/referrals/{reference}/accept", **hidden(page))
        assert answer.status_code == 303
    said = [each for each in await it.said() if each == "referral.accepted.v1"]
    assert len(said) == 1
    other = await ada.send(f"/referrals/{reference}/accept", **hidden(page), **day("next", 2026, 3, 9))
    assert other.status_code == 409
    assert "You sent this form before" in other.text


async def test_stepped_up_it_goes_on_as_another_referral_with_all_that_is_known(office: Offices) -> None:
    it = await office()
    reference, ada, sam = await case(it)
    await done(ada, reference, "accept")
    page = await done(
        ada, reference, "step", direction="up", asks_for="outreach", reason="A visit would help."
    )
    (next_one,) = set(re.findall(r'href="/referrals/([0-9A-Z-]{14})"', page)) - {reference}
    onward = (await sam.get(f"/referrals/{next_one}")).text
    assert "Wilf finds changes of routine hard." in onward
    placed = await ada.get(f"/referrals/{next_one}")
    assert placed.status_code == 404, "it is with the outreach co-ordinator now"


async def test_a_panel_is_asked_for_specialist_provision(office: Offices) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    short = await ada.fill(
        f"/referrals/{reference}/step",
        direction="up",
        asks_for="placement",
        reason="It is needed.",
        urgent="yes",
    )
    assert short.status_code == 422
    assert "Choose which provision is asked for." in short.text
    assert "Give the day by which a place is needed." in short.text
    await done(
        ada,
        reference,
        "step",
        direction="up",
        asks_for="placement",
        reason="Needed.",
        provision="special-school",
    )
    assert (
        await it.pool.fetchval("SELECT kind FROM referral WHERE reference <> $1", reference)
        == "placement-panel"
    )


@pytest.mark.parametrize("reason", ["needs-met", "duplicate"])
async def test_a_closed_referral_can_be_reopened_with_a_reason(office: Offices, reason: str) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    await done(ada, reference, "close", reason=reason)
    assert (await state(it, reference))["stage"] == "ended"
    page = await done(ada, reference, "reopen", reason="It came back.")
    assert "It came back." in page
    assert (await state(it, reference))["stage"] == "new"


async def test_the_school_changes_what_it_sent_and_says_why(office: Offices) -> None:
    it = await office()
    reference, _, sam = await case(it)
    path = f"/referrals/{reference}/amend"
    now = {"narrative": "Wilf finds changes of routine hard.\nA visual timetable helps a little."}
    same = await sam.fill(path, **now, primary_need="ASD", asks_for="advice", sen_provision="K", reason="So.")
    assert same.status_code == 422
    assert "Nothing is changed yet" in same.text
    changed = {"narrative": "It has become worse.", "primary_need": "ASD", "asks_for": "advice"}
    more = {
        "put_in_place": "A calm corner.",
        "changed": "Less shouting.",
        **day("started", 2026, 1, 20),
        **day("reviewed", 2026, 2, 20),
    }
    page = await done(sam, reference, "amend", **changed, **more, sen_provision="K", reason="New events.")
    for said in ("It has become worse.", "A calm corner.", "Round 2", "New events.", "The school changed it"):
        assert said in page, said


async def test_the_school_withdraws_with_a_reason(office: Offices) -> None:
    it = await office()
    reference, _, sam = await case(it)
    assert (await sam.fill(f"/referrals/{reference}/withdraw")).status_code == 422
    page = await done(sam, reference, "withdraw", reason="needs-met")
    assert "The referral was withdrawn" in page


async def test_words_with_markup_in_them_are_shown_as_they_were_written(office: Offices) -> None:
    it = await office()
    reference = await it.refer(form(narrative="<script>alert(1)</script> & مرحبا right to left \U0001f600"))
    ada = await joins(it, "Ada", ("team-member", TEAM))
    page = (await ada.get(f"/referrals/{reference}")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


async def test_advice_that_is_too_long_is_kept_and_said_to_be(office: Offices) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    answer = await ada.fill(f"/referrals/{reference}/return", reason="advice-given", advice="x" * 8001)
    assert answer.status_code == 422
    assert "Write at most 8,000 characters here; these are 8,001." in answer.text
    assert "x" * 8001 in answer.text


async def test_the_api_and_the_pages_see_one_version(office: Offices) -> None:
    it = await office()
    reference, ada, _ = await case(it)
    page = (await ada.get(f"/referrals/{reference}/return")).text
    await it.running.runner.command(AcceptReferral((await state(it, reference))["id"], by="a program"))
    answer = await ada.send(
        f"/referrals/{reference}/return", **hidden(page), reason="advice-given", advice="Words."
    )
    assert answer.status_code == 409
    assert "The program “a program”, 4 March 2026" in answer.text
