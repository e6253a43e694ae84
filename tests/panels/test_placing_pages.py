"""After the panel, by pages: an agreed case comes to its place; a school answers without an account."""

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from schemas.directory_v1 import SettingListed
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.staff_v1 import ReferralRestricted
from services.panels import placed
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.commands import ConfirmSitting, IssueDecision, RecordRecommendation
from services.panels.domain.placing.placement import Placement, placement_id_of
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.placing import CENTRE, ELM, OAK, accepted_by_the_centre, referred_to_the_centre
from tests.panels.test_pages import ROLES, Visitor, as_
from tests.panels.test_short_placements import FIRST, LAST

CASE_ID = case_id_of(a_referral_id())
ID = placement_id_of(CASE_ID)
PAGE = f"/placements/{ID}"
NEEDS = "Wren finds it hard to be in a large class."
LINK = re.compile(r"http://here/consultations/([A-Za-z0-9_-]{22})")


def day(name: str, on: str) -> dict[str, str]:
    year, month, of_month = on.split("-")
    return {f"{name}-day": of_month, f"{name}-month": month, f"{name}-year": year}


async def agreed(house: House, **changes: Any) -> None:
    """A case that was agreed on 5 March, two schools in the directory, and the words of the referral."""
    routed = a_routed_referral(**changes)
    child = {"relation": "child", "given_name": "Wren", "family_name": "Amber", "may_be_told": False}
    await house.hear(
        routed,
        PersonDetails(person_id=routed.child_id, **child),
        ReferralPapers(referral_id=routed.referral_id, narrative=NEEDS),
        *(
            SettingListed(entry=f"setting:{urn}", urn=urn, name=name, town="Hitchin", area="DSPL1")
            for urn, name in ((OAK, "Oak School"), (ELM, "Elm School"))
        ),
    )
    await house.running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, (CASE_ID,)))
    await house.step(at("2026-03-05 10:00"))
    said = RecordRecommendation(CASE_ID, THURSDAY_5_MARCH, "agreed", "special-school", "A small class.")
    await house.running.runner.command(said)
    await house.running.runner.command(IssueDecision(CASE_ID, "officer"))


async def the_placement(house: House, id: str = ID) -> Placement:
    async with house.pool.acquire() as conn:
        found = await placed.placement(conn, id)
    assert found is not None
    return found


async def sent(visitor: Visitor, path: str, **given: Any) -> httpx2.Response:
    """Opens a form and sends it with what it holds hidden."""
    page = await visitor.get(path)
    assert page.status_code == 200, page.text
    hidden = {
        name: found[1]
        for name in ("seen", "form", "kind")
        if (found := re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page.text))
    }
    return await visitor.post(path, **{**hidden, **given})


def gone_on(answer: httpx2.Response) -> bool:
    return (answer.status_code, answer.headers.get("location")) == (303, PAGE)


async def a_link(visitor: Visitor, setting: str = OAK) -> str:
    """The school is asked; answers its link's path."""
    letter = await sent(visitor, f"{PAGE}/consult?school=school", setting=setting)
    assert letter.status_code == 200, letter.text
    found = LINK.search(letter.text)
    assert found is not None
    return f"/consultations/{found[1]}"


def school(house: House) -> httpx2.AsyncClient:
    """Somebody at a school, without an account."""
    return httpx2.AsyncClient(
        transport=house.web,
        base_url="http://here",
        headers={"Accept": "text/html"},
    )


ANSWER = {"can_meet": "yes", "reasons": "A small class is free.", "by": "Ms Oak, head teacher"}


async def test_an_agreed_case_comes_to_its_place(house: House) -> None:
    await agreed(house)
    tom, ehc = await as_(house, "tom"), await as_(house, "ehc")
    assert ID in (await ehc.get("/placements")).text
    counted = await sent(tom, f"/places/{OAK}?kind=special-school", number="1")
    assert counted.headers["location"] == "/places"
    assert "1 free" in (await ehc.get("/places")).text
    link = await a_link(ehc)
    async with school(house) as head:
        cover = await head.get(link)
        assert NEEDS not in cover.text
        assert "20 March 2026" in cover.text
        assert NEEDS in (await head.post(f"{link}/request")).text
        lacking = await head.post(link, data={"can_meet": "yes"})
        assert lacking.status_code == 422
        assert "Write why the school can or cannot meet the needs." in lacking.text
        done = await head.post(link, data={**ANSWER, **day("earliest_start_on", "2026-04-13")})
        assert (done.status_code, done.headers["location"]) == (303, link)
        assert "Your answer has arrived" in (await head.get(link)).text
    assert "A small class is free." in (await ehc.get(PAGE)).text
    offer = {"setting": OAK, **day("starts_on", "2026-04-13"), **day("reply_by", "2026-03-20")}
    assert gone_on(await sent(ehc, f"{PAGE}/offer", kind="special-school", **offer))
    took = {"accepted_by": "parent-or-carer", **day("accepted_on", "2026-03-05")}
    assert gone_on(await sent(ehc, f"{PAGE}/accept", **took))
    assert gone_on(await sent(ehc, f"{PAGE}/confirm", **day("starts_on", "2026-04-13")))
    await house.step(at("2026-04-13 08:00"))
    assert "Has the child started?" in (await ehc.get(PAGE)).text
    assert ID in (await ehc.get("/placements?tab=asked")).text
    assert gone_on(await sent(ehc, f"{PAGE}/start", **day("started_on", "2026-04-13")))
    assert (await the_placement(house)).status == "started"
    assert "1 in use" in (await ehc.get("/places")).text
    told = [kind for key, _, kind in await house.said() if key == ID]
    assert told == [
        "place.awaited.v1", "place.consulted.v1", "place.answered.v1", "place.offered.v1", "place.accepted.v1",
        "placement.confirmed.v1", "placement.started.v1",
    ]  # fmt: skip


async def test_what_lacks_a_place_says_what_would_help_and_keeps_what_was_typed(house: House) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    link = await a_link(ehc)
    async with school(house) as head:
        await head.post(link, data=ANSWER)
    offer = {"setting": OAK, **day("starts_on", "2026-04-13"), **day("reply_by", "2026-03-20")}
    refused = await sent(ehc, f"{PAGE}/offer", kind="special-school", **offer)
    assert refused.status_code == 422
    assert 'href="#because"' in refused.text
    assert 'value="2026"' in refused.text
    because = "The tribunal named it."
    assert gone_on(await sent(ehc, f"{PAGE}/offer", kind="special-school", **offer, because=because))
    assert "1 more than there are" in (await ehc.get("/places")).text


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("offer", "Choose the school whose place is offered."),
        ("accept", "Choose who took the place."),
        ("decline", "Choose why it is not taken."),
        ("end", "Choose why it ends."),
    ],
)
async def test_an_empty_form_says_beside_each_field_what_it_lacks(house: House, act: str, says: str) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    if act in ("accept", "decline"):
        async with school(house) as head:
            await head.post(await a_link(ehc), data=ANSWER)
        offer = {"setting": OAK, **day("starts_on", "2026-04-13"), **day("reply_by", "2026-03-20")}
        await sent(ehc, f"{PAGE}/offer", kind="special-school", **offer, because="Near home.")
    answer = await sent(ehc, f"{PAGE}/{act}")
    assert answer.status_code == 422
    assert says in answer.text


async def test_a_phase_is_said_in_words_to_staff_and_to_the_school(house: House) -> None:
    await agreed(house, phase="early-years")
    ehc = await as_(house, "ehc")
    pages = [(await ehc.get(path)).text for path in ("/placements", PAGE)]
    async with school(house) as head:
        pages.append((await head.post(f"{await a_link(ehc)}/request")).text)
    assert [("arly years" in page, "arly-years" in page) for page in pages] == [(True, False)] * 3


async def test_a_school_is_asked_once_and_reminded_with_a_new_link(house: House) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    link = await a_link(ehc)
    assert OAK not in (await ehc.get(f"{PAGE}/consult?school=oak")).text.split("Which school")[-1]
    await house.step(at("2026-03-16 08:00"))
    assert ID in (await ehc.get("/placements?tab=remind")).text
    found = re.search(rf'action="({PAGE}/consultations/[^"]+/remind)"', (await ehc.get(PAGE)).text)
    assert found is not None
    seen = str((await the_placement(house)).version)
    letter = await ehc.post(found[1], seen=seen)
    again = LINK.search(letter.text)
    assert again is not None
    assert again[0] != link
    assert ID not in (await ehc.get("/placements?tab=remind")).text
    late = await ehc.post(found[1], seen=seen)
    assert late.headers["location"] == f"{PAGE}?late=yes"
    async with school(house) as head:
        assert (await head.get(f"/consultations/{again[1]}")).status_code == 200
        assert (await head.get(link)).status_code == 200


async def test_a_school_whose_link_went_with_a_database_is_shown_as_one_that_needs_a_new_link(
    house: House,
) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    await a_link(ehc)
    assert ID not in (await ehc.get("/placements?tab=remind")).text
    placement = await the_placement(house)
    lost = tuple(each.model_copy(update={"link_lost": True}) for each in placement.consultations)
    state = placement.model_copy(update={"consultations": lost}).model_dump_json()
    await house.pool.execute("UPDATE placement SET state = $1::json", state)
    assert ID in (await ehc.get("/placements?tab=remind")).text
    page = (await ehc.get(PAGE)).text
    assert "Needs a new link" in page
    found = re.search(rf'action="({PAGE}/consultations/[^"]+/remind)"', page)
    assert found is not None
    assert LINK.search((await ehc.post(found[1], seen=str(placement.version))).text)
    assert "Needs a new link" not in (await ehc.get(PAGE)).text


async def test_a_step_whose_day_has_passed_is_marked_as_overdue(house: House) -> None:
    await agreed(house)
    by = (await the_placement(house)).next_step_by
    assert by is not None
    ehc = await as_(house, "ehc")
    await house.step(at(f"{by} 08:00"))
    assert "Overdue" not in (await ehc.get("/placements")).text
    await house.step(at(f"{by + timedelta(days=1)} 08:00"))
    for page in ("/placements", PAGE):
        assert "Overdue" in (await ehc.get(page)).text


async def test_a_link_is_kept_only_as_a_hash_and_opens_nothing_once_it_is_over(house: House) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    link = await a_link(ehc)
    token = link.rpartition("/")[2]
    for table in ("consultation_link", "placement", "outbox", "access_log"):
        assert token not in str(await house.pool.fetch(f"SELECT * FROM {table}"))
    async with school(house) as head:
        for wrong in ("x", "A" * 22, token[:-1] + ("a" if token[-1] != "a" else "b")):
            assert (await head.get(f"/consultations/{wrong}")).status_code == 404
        await house.step(at("2026-05-10 10:00"))
        assert (await head.get(link)).status_code == 404
        assert (await head.post(link, data=ANSWER)).status_code == 404
        assert NEEDS not in (await head.post(f"{link}/request")).text


async def test_a_school_s_reading_is_recorded_and_so_is_a_colleague_s(house: House) -> None:
    await agreed(house)
    ehc = await as_(house, "ehc")
    link = await a_link(ehc)
    await house.pool.execute("DELETE FROM access_log")
    async with school(house) as head:
        await head.get(link)
        assert await house.pool.fetch("SELECT who FROM access_log") == []
        await head.post(f"{link}/request")
    (consultation,) = (await the_placement(house)).consultations
    (row,) = await house.pool.fetch("SELECT who, what, subject FROM access_log")
    assert tuple(row) == (f"school:{OAK}", "consultation", consultation.consultation_id)
    await ehc.get(PAGE)
    rows = await house.pool.fetch("SELECT who, what, subject FROM access_log ORDER BY id")
    assert tuple(rows[-1]) == ("staff:ehc", "placement", ID)


async def test_who_guesses_links_is_stopped_and_so_is_a_form_of_another_site(house: House) -> None:
    await agreed(house)
    link = await a_link(await as_(house, "ehc"))
    async with school(house) as head:
        foreign = await head.post(link, data=ANSWER, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        answers = [(await head.get(f"/consultations/{n:022}")).status_code for n in range(31)]
        assert answers == [404] * 30 + [429]
        assert (await head.get(link)).status_code == 429


async def test_a_restricted_child_s_way_is_there_only_for_those_who_are_named(house: House) -> None:
    await agreed(house)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=MONDAY))
    tom, other = await as_(house, "tom"), await as_(house, "max")
    assert (await tom.get(PAGE)).status_code == 200
    assert ID in (await tom.get("/placements")).text
    for path in (PAGE, f"{PAGE}/consult", f"{PAGE}/offer", f"{PAGE}/end"):
        assert (await other.get(path)).status_code == 404
    assert ID not in (await other.get("/placements")).text
    assert re.search(r">0</span>\s*children", (await other.get("/")).text)
    async with house.as_("reader") as program:
        assert (await program.get(f"/placements/{ID}")).status_code == 404
    assert (await house.get("/placements"))["placements"] == []


SEES = {"tom", "max", "ehc", "officer", "mona"}
FINDS = {"tom", "max", "ehc"}
COUNTS = {"tom", "max", "mona"}
PAGES = [
    ("/placements", SEES),
    ("/places", SEES),
    (PAGE, SEES),
    (f"{PAGE}/consult", FINDS),
    (f"{PAGE}/end", FINDS),
]
PAGES += [(f"{PAGE}/offer", FINDS), (f"/places/{OAK}?kind=other", COUNTS), (f"/places/{OAK}", COUNTS)]


@pytest.mark.parametrize("name", ROLES)
async def test_each_role_opens_its_own_pages(house: House, name: str) -> None:
    await agreed(house)
    visitor = await as_(house, name)
    for path, who in PAGES:
        assert (await visitor.get(path)).status_code == (200 if name in who else 403), path
    posts = [(f"{PAGE}/offer", FINDS), (f"{PAGE}/consult", FINDS), (f"/places/{OAK}", COUNTS)]
    for path, who in posts:
        answer = await visitor.post(path, kind="other")
        assert answer.status_code == (422 if name in who else 403), path


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (day("from_on", "2026-04-01"), "Write how many are out of use, as a number."),
        ({"reason": "staffing"}, "Write how many are out of use, as a number."),
        (day("coming_on", "2026-09-01"), "Write how many are coming, as a number."),
    ],
)
async def test_places_of_which_nobody_says_how_many_they_are_are_not_lost_in_silence(
    house: House, typed: dict[str, str], says: str
) -> None:
    await agreed(house)
    tom = await as_(house, "tom")
    answer = await sent(tom, f"/places/{OAK}?kind=special-school", number="4", **typed)
    assert (answer.status_code, says in answer.text) == (422, True)


async def test_two_people_who_count_the_same_places_do_not_overwrite_each_other(house: House) -> None:
    await agreed(house)
    tom = await as_(house, "tom")
    path = f"/places/{OAK}?kind=special-school"
    out = {"out_of_use": "1", "reason": "staffing", **day("from_on", "2026-04-01")}
    saved = await sent(tom, path, number="4", coming="2", **day("coming_on", "2026-09-01"), **out)
    assert saved.status_code == 303, saved.text
    page = (await tom.get("/places")).text
    assert "1 out of use from Wednesday 1 April 2026. 2 more from Tuesday 1 September 2026" in page
    late = await tom.post(f"/places/{OAK}", kind="special-school", seen="0", number="9")
    assert late.status_code == 422
    assert "Somebody else changed these places" in late.text
    await sent(tom, path, number="4", gone=["out-0"])
    (places,) = (await house.get("/places", setting=OAK))["places"]
    assert (places["out_of_use"], len(places["coming"]), places["number"]) == ([], 1, 4)
    for unknown in ("/places/999999?kind=other", "/places/999999", "/places/x"):
        assert (await tom.get(unknown)).status_code == 404


async def test_a_short_placement_is_seen_reviewed_and_over_by_itself(house: House) -> None:
    await house.hear(referred_to_the_centre(), accepted_by_the_centre(1, MONDAY, FIRST, LAST))
    ehc = await as_(house, "ehc")
    assert ID in (await ehc.get("/placements?tab=short")).text
    assert ID not in (await ehc.get("/placements")).text
    await house.step(at("2026-03-02 12:00"))
    page = (await ehc.get(PAGE)).text
    assert "The day of the review has come" in page
    assert f'href="{PAGE}/decline"' not in page
    unsaid = await sent(ehc, f"{PAGE}/review", **day("ends_on", "2026-03-27"))
    assert unsaid.status_code == 422
    assert "Choose whether it helped, or that it is too early to say." in unsaid.text
    assert gone_on(
        await sent(
            ehc, f"{PAGE}/review", **day("ends_on", "2026-03-27"), because="Two weeks more.", helped="partly"
        )
    )
    assert "Monday 30 March 2026" in (await ehc.get(PAGE)).text
    await house.step(at("2026-03-28 12:00"))
    assert ID in (await ehc.get("/placements?tab=over")).text
    (places,) = (await house.get("/places", setting=CENTRE))["places"]
    assert (places["in_use"], places["free"]) == (0, 0)
