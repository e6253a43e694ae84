"""The queues' pages over a real database: tabs, counts, filters, giving many to somebody."""

import re
from datetime import timedelta
from typing import Any

from services.referrals.domain.commands import AcceptReferral, AssignReferral
from services.referrals.domain.staff.commands import OPERATOR, ArrangeCover
from services.referrals.domain.staff.restricted import RestrictReferral
from tests.referrals.builders import TODAY, form, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.people import Colleague, hidden, joins, staff_id

TEAM = "communication-autism"


async def referred(office: Office, number: int, **changes: Any) -> list[str]:
    """So many referrals to the team; their references."""
    return [await office.refer(form(child__upn=upn_of(n), **changes)) for n in range(number)]


async def tabs(person: Colleague, query: str = "") -> dict[str, int]:
    """The counts that the queue shows, by tab."""
    page = (await person.get(f"/queue{query}")).text
    return {code: int(n) for code, n in re.findall(r'data-count="(\w+)">(\d+)<', page)}


def shown(text: str) -> list[str]:
    """The references that a page lists, in order."""
    return list(dict.fromkeys(re.findall(r'href="/referrals/([0-9A-Z-]{14})"', text)))


async def of(office: Office, reference: str) -> Any:
    """The row of a referral."""
    return await office.pool.fetchrow("SELECT * FROM referral WHERE reference = $1", reference)


async def do(office: Office, kind: Any, reference: str, *given: Any) -> None:
    """Something is done with a referral by somebody."""
    await office.running.runner.command(kind((await of(office, reference))["id"], *given, by="t"))


async def test_a_team_member_sees_the_queue_of_the_team_alone(office: Offices) -> None:
    it = await office()
    ours = await referred(it, 2)
    theirs = await it.refer(form(child__upn=upn_of(50), child__primary_need="HI"))
    ada = await joins(it, "Ada", ("team-member", TEAM))
    page = await ada.get("/queue")
    assert page.status_code == 200
    assert shown(page.text) == ours or shown(page.text) == ours[::-1]
    assert theirs not in page.text
    assert "Hazelden" not in page.text, "no child is named in a team's list"
    assert (await tabs(ada))["new"] == 2


async def test_the_officer_of_an_area_follows_its_referrals_and_gives_none_away(office: Offices) -> None:
    it = await office()
    ours = await it.refer(form())
    theirs = await it.refer(form(urn="900101", child__upn=upn_of(50)), "other-school")
    cara = await joins(it, "Cara", ("send-officer", "DSPL1"))
    page = (await cara.get("/queue")).text
    assert shown(page) == [ours]
    assert theirs not in page
    assert "Referrals in North Herts" in page
    assert 'name="area"' not in page, "there is one area only to choose"
    assert "Give the chosen referrals to" not in page
    assert 'href="/queue">Back to the queue' in (await cara.get(f"/referrals/{ours}")).text


async def test_an_area_is_chosen_by_whoever_works_in_several(office: Offices) -> None:
    it = await office()
    await it.refer(form())
    cara = await joins(it, "Cara", ("send-officer", "DSPL1"), ("send-officer", "900401"))
    dan = await joins(it, "Dan", ("team-member", TEAM))
    for each in (cara, dan):
        assert 'name="area"' in (await each.get("/queue")).text


async def test_whoever_has_neither_queue_nor_school_goes_back_to_the_search(office: Offices) -> None:
    it = await office()
    ours = await it.refer(form())
    olu = await joins(it, "Olu", ("sali-officer", None))
    assert 'href="/search">Find another child' in (await olu.get(f"/referrals/{ours}")).text


async def test_each_count_is_that_of_its_list(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    refs = await referred(it, 6)
    await do(it, AcceptReferral, refs[0])
    await do(it, AcceptReferral, refs[1])
    await do(it, AssignReferral, refs[1], ada.id)
    counted = await tabs(ada)
    assert counted["new"] == 4
    assert (counted["unassigned"], counted["mine"], counted["recent"]) == (5, 1, 1)
    for tab, number in counted.items():
        assert len(shown((await ada.get(f"/queue?tab={tab}")).text)) == number, tab


async def test_a_filter_narrows_counts_and_list_alike_and_can_be_taken_off(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    await referred(it, 2)
    other = await it.refer(form(urn="900002", child__upn=upn_of(30)))
    found = await ada.get("/queue?q=" + other.lower().replace("-", " "))
    assert shown(found.text) == [other]
    assert (await tabs(ada, f"?q={other}"))["new"] == 1
    assert (await tabs(ada, "?need=SEMH"))["new"] == 0
    assert (await tabs(ada, "?q=no+such+school"))["new"] == 0
    assert "Show all again" in found.text
    school = it.running.service and (await ada.get("/queue?q=larkspur")).text
    assert len(shown(str(school))) == 2


async def test_a_long_queue_goes_on_from_the_last_that_was_shown_and_leaves_none_out(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    refs = await referred(it, 30)
    for order in ("due", "oldest", "newest", "changed"):
        first = (await ada.get(f"/queue?sort={order}")).text
        more = re.search(r'href="([^"]+)" rel="next"', first)
        assert more is not None
        second = (await ada.get(more[1].replace("&amp;", "&"))).text
        assert sorted([*shown(first), *shown(second)]) == sorted(refs), order
        assert 'rel="next"' not in second


async def test_many_are_given_to_somebody_at_once_and_what_another_changed_is_named(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    bo = await joins(it, "Bo", ("team-member", TEAM))
    refs = await referred(it, 3)
    page = (await ada.get("/queue")).text
    boxes = re.findall(r'name="chosen" value="([^"]+)"', page)
    assert len(boxes) == 3
    await do(it, AcceptReferral, refs[1])
    answer = await ada.send("/queue/assign", **hidden(page), chosen=boxes, to=bo.id)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/queue"
    after = await ada.get("/queue?tab=recent")
    assert "2 referrals given" in after.text
    assert f"changed it meanwhile: {refs[1]}" in after.text
    assert {(await of(it, each))["assigned_to"] for each in (refs[0], refs[2])} == {bo.id}
    assert (await of(it, refs[1]))["assigned_to"] is None


async def test_shared_out_each_goes_to_whoever_has_least_by_then(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    bo = await joins(it, "Bo", ("team-member", TEAM))
    refs = await referred(it, 4)
    await do(it, AssignReferral, refs[0], bo.id)
    page = (await ada.get("/queue?tab=unassigned")).text
    boxes = re.findall(r'name="chosen" value="([^"]+)"', page)
    await ada.send("/queue/assign", **hidden(page), chosen=boxes, to="share-out")
    held = [(await of(it, each))["assigned_to"] for each in refs]
    assert sorted((held.count(ada.id), held.count(bo.id))) == [2, 2]


async def test_nothing_chosen_and_nobody_chosen_are_said_beside_their_fields(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    await referred(it, 1)
    answer = await ada.send("/queue/assign", back="/queue?tab=new", to="")
    assert answer.status_code == 422
    assert "Choose at least one referral." in answer.text
    assert "Choose who is to have them." in answer.text


async def test_nobody_gives_away_what_is_not_theirs(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    theirs = await it.refer(form(child__upn=upn_of(50), child__primary_need="HI"))
    answer = await ada.send("/queue/assign", back="/queue", chosen=f"{theirs}:1", to=ada.id)
    assert answer.status_code == 404
    assert (await of(it, theirs))["assigned_to"] is None


async def test_a_school_user_has_no_queue_and_a_stranger_is_sent_to_sign_in(office: Offices) -> None:
    it = await office()
    senco = await joins(it, "Sam", ("school-user", "900001"))
    assert (await senco.get("/queue")).status_code == 403
    await senco.http.aclose()
    stranger = await it.http.get("/queue", headers={"Accept": "text/html"})
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/sign-in?to=%2Fqueue")


async def test_a_restricted_referral_is_neither_listed_nor_counted(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    bo = await joins(it, "Bo", ("team-member", TEAM))
    refs = await referred(it, 2)
    id = (await of(it, refs[0]))["id"]
    await it.running.runner.command(
        RestrictReferral(id, frozenset({bo.id}), "A safeguarding matter at the school.", "m")
    )
    assert (await tabs(ada))["new"] == 1
    assert (await tabs(bo))["new"] == 2
    shut = await ada.get(f"/referrals/{refs[0]}")
    assert (shut.status_code, shut.headers["location"]) == (303, f"/glass/{refs[0]}")
    assert (await bo.get(f"/referrals/{refs[0]}")).status_code == 200


async def test_whoever_is_away_is_offered_last_and_not_shared_out_to(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    bo = await joins(it, "Bo", ("team-member", TEAM))
    await referred(it, 2)
    await it.running.runner.command(
        ArrangeCover(ada.id, bo.id, TODAY, TODAY + timedelta(days=3), by=OPERATOR)
    )
    page = (await ada.get("/queue")).text
    assert "Bo (away)" in page
    boxes = re.findall(r'name="chosen" value="([^"]+)"', page)
    await ada.send("/queue/assign", **hidden(page), chosen=boxes, to="share-out")
    assert {row["assigned_to"] for row in await it.pool.fetch("SELECT assigned_to FROM referral")} == {
        staff_id("Ada")
    }


async def test_words_that_fit_no_school_stand_in_no_address_of_the_page(office: Offices) -> None:
    it = await office()
    ada = await joins(it, "Ada", ("team-member", TEAM))
    assert "q=larkspur" in (await ada.get("/queue?q=larkspur&need=ASD")).text
    page = (await ada.get("/queue?q=Hazelden&need=ASD")).text
    assert "q=" not in page
    assert "need=ASD" in page
