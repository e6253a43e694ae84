"""A school's page over a real database: tasks first, all referrals, the wait, what the head teacher sees."""

import re
from datetime import timedelta

from services.referrals.domain.commands import AskForInformation, ReturnReferral
from tests.referrals.builders import TODAY, form, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.people import joins


async def id_of(office: Office, reference: str) -> str:
    return str(await office.pool.fetchval("SELECT id FROM referral WHERE reference = $1", reference))


def parts(text: str) -> dict[str, str]:
    """The page, cut at its headings of the second rank that have an id."""
    pieces = re.split(r'<h2 class="govuk-heading-m" id="(\w+)"', text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


async def test_a_school_sees_its_own_referrals_by_name_and_each_read_is_recorded(office: Offices) -> None:
    it = await office()
    ours = await it.refer(form())
    theirs = await it.refer(form(urn="900101", child__upn=upn_of(3)), "other-school")
    sam = await joins(it, "Sam", ("school-user", "900001"))
    page = (await sam.get("/school")).text
    assert ours in page
    assert theirs not in page
    assert "Wilf Hazelden" in page
    assert "The Communication and Autism team will answer by 18 March 2026." in page
    assert "Nothing: no referral waits for you." in page
    read = await it.pool.fetch("SELECT subject FROM access_log WHERE who = $1", f"staff:{sam.id}")
    assert [row["subject"] for row in read] == [await id_of(it, ours)]


async def test_whoever_is_at_two_schools_sees_both_and_nobody_elses(office: Offices) -> None:
    it = await office()
    one = await it.refer(form())
    two = await it.refer(form(urn="900002", child__upn=upn_of(2)))
    third = await it.refer(form(urn="900101", child__upn=upn_of(3)), "other-school")
    sam = await joins(it, "Sam", ("school-user", "900001"), ("school-user", "900002"))
    page = (await sam.get("/school")).text
    assert one in page
    assert two in page
    assert third not in page


async def test_what_the_school_is_asked_stands_first_with_a_link_to_do_it(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    asked = await it.refer(form(child__upn=upn_of(2)))
    question = AskForInformation(await id_of(it, asked), "Which class?", TODAY + timedelta(days=5), by="t")
    await it.running.runner.command(question)
    sam = await joins(it, "Sam", ("school-user", "900001"))
    page = (await sam.get("/school")).text
    todo = parts(page)["todo"]
    assert f'href="/referrals/{asked}/answer"' in todo
    assert 'data-count="todo">1<' in todo
    assert "Answer the question" in todo


async def test_each_that_waits_tells_the_advice_line_what_to_try_and_how_long_it_takes(
    office: Offices,
) -> None:
    it = await office()
    await it.refer(form())
    await it.pool.execute(
        "INSERT INTO expected_wait VALUES ('communication-autism', 'answer', $1, 143, 12, 30, NULL)", TODAY
    )
    sam = await joins(it, "Sam", ("school-user", "900001"))
    page = (await sam.get("/school")).text
    assert "Half of all had their first answer within 12 days, and eight in ten within 30 days." in page
    assert "advice line is 07700 900121" in page
    assert "What to try meanwhile" in page


async def test_the_head_teacher_sees_what_is_left_unanswered_and_the_senco_does_not(office: Offices) -> None:
    it = await office()
    late = await it.refer(form())
    await it.refer(form(child__upn=upn_of(2)))
    day = TODAY + timedelta(days=5)
    returned = ReturnReferral(
        await id_of(it, late), "advice-given", "Try this.", school_answers_by=day, by="t"
    )
    await it.running.runner.command(returned)
    sam = await joins(it, "Sam", ("school-user", "900001"))
    head = await joins(it, "Hal", ("headteacher", "900001"))
    assert "Left unanswered" not in (await head.get("/school")).text
    it.running.clock._now += timedelta(days=6)  # type: ignore[attr-defined]
    page = (await head.get("/school")).text
    assert "Left unanswered" in page
    assert late in parts(page)["late"]
    assert "Overdue" in parts(page)["late"]
    assert "Left unanswered" not in (await sam.get("/school")).text


async def test_the_school_finds_filters_and_turns_over(office: Offices) -> None:
    it = await office()
    refs = [await it.refer(form(child__upn=upn_of(n))) for n in range(27)]
    sam = await joins(it, "Sam", ("school-user", "900001"))
    found = parts((await sam.get(f"/school?q={refs[3]}")).text)["all"]
    assert set(re.findall(r'href="/referrals/([0-9A-Z-]{14})"', found)) == {refs[3]}
    first = (await sam.get("/school")).text
    more = re.search(r'href="([^"]+)" rel="next"', first)
    assert more is not None
    second = (await sam.get(more[1].replace("&amp;", "&"))).text
    shown = set(re.findall(r'href="/referrals/([0-9A-Z-]{14})"', first + second))
    assert shown == set(refs)


async def test_the_named_officer_of_the_area_is_shown(office: Offices) -> None:
    it = await office()
    sam = await joins(it, "Sam", ("school-user", "900001"))
    assert "SEND Implementation Support Officer for area 1." in (await sam.get("/school")).text
    await joins(it, "Oda Officer", ("send-officer", "DSPL1"))
    assert "Oda Officer, SEND Implementation Support Officer for area 1." in (await sam.get("/school")).text


async def test_a_team_has_no_school_page(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", "communication-autism"))
    assert (await ada.get("/school")).status_code == 403
