"""The form's pages on a real PostgreSQL: started, saved, shared, sent once; evidence in and out."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.clock import SteppedClock
from services.referrals.domain import asking
from services.referrals.domain.staff.commands import OPERATOR, AppointStaff, Wanted
from tests.referrals.builders import NOW, form, upn_of
from tests.referrals.conftest import RINGS
from tests.referrals.referring import PDF, Sites, errors, filled, referrals, started, typed
from tests.referrals.signed_in import Site, site


@pytest.fixture
def pages(database: Callable[..., Awaitable[Any]], tmp_path: Path) -> Sites:
    """Makes a service with pages, and a folder for evidence."""

    async def make(**given: Any) -> Site:
        store = {"evidence_store": (tmp_path / "evidence").as_uri(), "evidence_mb": 1, "keyrings": RINGS}
        return await site(database, **(store | given))

    return make


async def test_a_form_is_filled_in_page_by_page_checked_and_sent(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    await filled(who, draft)
    check = await who.get(f"{draft}/check")
    assert check.status_code == 200
    assert "Before you can send this" not in check.text
    assert "Communication and Autism team" in check.text
    sent = await who.post(f"{draft}/send")
    assert sent.headers["Location"] == f"{draft}/sent"
    page = (await who.get(f"{draft}/sent")).text
    reference = await it.pool.fetchval("SELECT reference FROM referral")
    assert reference in page
    assert "will answer by 18 March 2026" in page
    assert "07700 900121" in page
    assert await it.pool.fetchval("SELECT state::text FROM draft") is not None
    assert "Wilf" not in await it.pool.fetchval("SELECT state::text FROM draft")


async def test_whatever_is_typed_is_saved_although_something_is_wrong_with_it(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    wrong = {
        "child-given-name": "Wilf",
        "child-born-day": "31",
        "child-born-month": "2",
        "child-born-year": "2016",
    }
    answer = await who.post(f"{draft}/child", wrong)
    assert answer.status_code == 422
    assert errors(answer.text) == [
        "Enter the last name",
        "Date of birth: enter a real date as day, month and year, such as 27 3 2016",
    ]
    again = (await who.get(f"{draft}/child")).text
    assert 'value="Wilf"' in again
    assert 'value="31"' in again


async def test_why_there_is_no_upn_can_be_taken_back_once_there_is_one(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    none = await who.post(f"{draft}/upn", {"child-no-upn-reason": "not-yet-assigned"})
    assert none.status_code == 303
    page = (await who.get(f"{draft}/upn")).text
    back = re.search(r'name="child-no-upn-reason" type="radio" value="">', page)
    assert back is not None, "the radio that takes the reason back"
    assert "UPN (optional)" not in page
    there = {"child-upn": "A919400023001", "child-no-upn-reason": "", "seen": "1"}
    assert (await who.post(f"{draft}/upn", there)).status_code == 303


async def test_each_sentence_of_the_summary_says_what_it_is_about(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    wrong = {
        "child-given-name": "W" * 10_000,
        "child-family-name": "Hazelden",
        "child-born-day": "1",
        "child-born-month": "1",
        "child-born-year": "2030",
        "child-year-group": "Year 5",
    }
    assert errors((await who.post(f"{draft}/child", wrong)).text) == [
        "First name: this is too long; shorten it",
        "Date of birth: this day is still to come; enter one that has passed",
        "Year group: enter a number in digits, such as 4",
    ]
    assert "Say whether the parents agree" in (await who.get(f"{draft}/check")).text


async def test_whoever_begins_a_form_need_not_type_who_they_are(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    roles = (Wanted("school-user", "900001", NOW.date()),)
    command = AppointStaff("senco", "idp|senco", "Rowan Elder", "rowan@school.example.org", roles, OPERATOR)
    await it.running.runner.command(command)
    page = (await who.get(f"{await started(who)}/you")).text
    for known in ("Rowan Elder", "rowan@school.example.org", "SENCo"):
        assert f'value="{known}"' in page


async def test_a_form_is_left_and_gone_on_with_by_a_colleague(pages: Sites) -> None:
    it = await pages()
    who, colleague = await it.as_("senco"), await it.as_("colleague")
    draft = await started(who)
    left = await who.post(f"{draft}/child", {"child-given-name": "Wilf", "then": "later"})
    assert (left.status_code, left.headers["Location"]) == (303, "/refer")
    assert "Wilf" in (await colleague.get("/refer")).text
    assert 'value="Wilf"' in (await colleague.get(f"{draft}/child")).text


@pytest.mark.parametrize("who", ["other-school", "sali"])
async def test_a_draft_is_shown_to_its_own_school_only(pages: Sites, who: str) -> None:
    it = await pages()
    draft = await started(await it.as_("senco"))
    other = await it.as_(who)
    await (await it.as_("senco")).post(f"{draft}/child", {"child-given-name": "Quetzal"})
    assert "Quetzal" not in (await other.get("/refer")).text
    for path in ("", "/child", "/tried", "/tried/0", "/check", "/sent", "/delete", "/evidence/0"):
        assert (await other.get(f"{draft}{path}")).status_code == 404, path
    for path in ("/child", "/tried", "/tried/0", "/tried/0/remove", "/send", "/delete", "/evidence/0"):
        assert (await other.post(f"{draft}{path}")).status_code == 404, path


async def test_whose_role_sends_nothing_cannot_begin(pages: Sites) -> None:
    it = await pages()
    for who in ("autism-team", "nobody"):
        person = await it.as_(who)
        assert (await person.get("/refer")).status_code == 403
        assert (await person.post("/refer")).status_code == 403


async def test_a_post_without_the_session_s_token_changes_nothing(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    for path in ("/refer", f"{draft}/child", f"{draft}/send", f"{draft}/delete"):
        assert (
            await who.http.post(path, data={"csrf": "wrong", "child-given-name": "Wilf"})
        ).status_code == 403
    files = {"file": ("a.pdf", PDF)}
    assert (await who.http.post(f"{draft}/evidence/0", data={"csrf": "no"}, files=files)).status_code == 403
    assert (await who.http.post(f"{draft}/evidence/0", files=files)).status_code == 403
    assert await it.pool.fetchval("SELECT count(*) FROM evidence") == 0


async def test_the_same_start_twice_begins_one_form(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    token = re.search(r'name="draft" value="([^"]+)"', (await who.get("/refer")).text)
    assert token is not None
    answers = await asyncio.gather(*(who.post("/refer", {"draft": token[1]}) for _ in range(5)))
    assert {each.status_code for each in answers} == {303}
    assert await it.pool.fetchval("SELECT count(*) FROM draft") == 1


async def test_who_refers_for_two_schools_chooses_one_of_them(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("two-schools")
    for urn in ("", "900101", "999999"):
        answer = await who.post("/refer", {"urn": urn})
        assert (answer.status_code, errors(answer.text)) == (422, ["Choose the school, or enter its URN"])
    await started(who, "900002")
    assert await it.pool.fetchval("SELECT urn FROM draft") == "900002"


async def test_fifty_posts_at_once_and_the_back_button_send_one_referral(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    await filled(who, draft)
    answers = await asyncio.gather(*(who.post(f"{draft}/send") for _ in range(50)))
    assert {each.status_code for each in answers} == {303}
    assert {each.headers["Location"] for each in answers} == {f"{draft}/sent"}
    assert await referrals(it) == 1
    for path in ("/child", "/tried", "/check", ""):
        back = await who.get(f"{draft}{path}")
        assert (back.status_code, back.headers["Location"]) == (303, f"{draft}/sent")
    assert (await who.post(f"{draft}/child", {"child-given-name": "Else"})).status_code == 303
    assert (await who.post(f"{draft}/send")).status_code == 303
    assert await referrals(it) == 1


async def test_a_form_that_is_not_whole_is_not_sent(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    answer = await who.post(f"{draft}/send")
    assert answer.status_code == 422
    assert "Enter the first name" in answer.text
    assert await referrals(it) == 0


async def test_a_colleague_s_answers_are_shown_and_not_overwritten(pages: Sites) -> None:
    it = await pages()
    who, colleague = await it.as_("senco"), await it.as_("colleague")
    draft = await started(who)
    await colleague.post(f"{draft}/needs", {"seen": 0, "child-primary-need": "HI"})
    answer = await who.post(f"{draft}/needs", {"seen": 0, "child-primary-need": "ASD"})
    assert answer.status_code == 409
    assert "Sorrel Finch saved this page" in answer.text
    assert "Hearing" in answer.text
    assert re.search(r'value="ASD" checked', answer.text)
    seen = re.search(r'name="seen" value="(\d+)"', answer.text)
    assert seen is not None
    kept = await who.post(f"{draft}/needs", {"seen": seen[1], "child-primary-need": "ASD"})
    assert kept.status_code == 303


async def test_rounds_are_added_changed_and_taken_out_once(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    page, (one,) = asking.BY_SLUG["tried"], form()["tried"]
    for number in range(3):
        fields = typed(page, {**one, "changed": f"Change number {number}."})
        assert (await who.post(f"{draft}/tried/{number}", fields)).status_code == 303
    listed = (await who.get(f"{draft}/tried")).text
    marks = re.findall(r'name="mark" value="(\w+)"', listed)
    assert len(marks) == 3
    await asyncio.gather(*(who.post(f"{draft}/tried/0/remove", {"mark": marks[0]}) for _ in range(5)))
    listed = (await who.get(f"{draft}/tried")).text
    assert re.findall(r"Change number \d", listed) == ["Change number 1", "Change number 2"]
    beyond = await who.get(f"{draft}/tried/7")
    assert (beyond.status_code, beyond.headers["Location"]) == (303, f"{draft}/tried")
    assert (await who.post(f"{draft}/tried/7", typed(page, one))).headers["Location"] == f"{draft}/tried"


async def test_a_list_with_a_faulty_entry_says_which(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    assert errors((await who.post(f"{draft}/contacts")).text) == [
        "Add at least one parent, carer or other adult with responsibility for the child"
    ]
    answer = await who.post(f"{draft}/contacts/0", {"given-name": "Ines", "email": "ines@@x"})
    assert errors(answer.text) == [
        "Enter the last name",
        "Choose the relation",
        "Check the e-mail address",
    ]
    assert errors((await who.post(f"{draft}/contacts")).text)[0].startswith("Adult 1: ")


async def test_the_same_child_again_is_shown_and_sent_where_the_school_says_so(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    first = await started(who)
    await filled(who, first)
    await who.post(f"{first}/send")
    reference = await it.pool.fetchval("SELECT reference FROM referral")
    for changes in ({}, {"child__upn": upn_of(7)}):
        draft = await started(who)
        await filled(who, draft, **changes)
        assert reference in (await who.get(f"{draft}/check")).text
        answer = await who.post(f"{draft}/send")
        assert answer.status_code == 422
        assert errors(answer.text) == [
            "Look at the referrals that this one may repeat, then choose whether to send it"
        ]
    assert await referrals(it) == 1
    assert (await who.post(f"{draft}/send", {"anyway": "yes"})).status_code == 303
    assert await referrals(it) == 2


async def test_another_child_and_another_time_are_no_duplicate(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    first = await started(who)
    await filled(who, first)
    await who.post(f"{first}/send")
    other = await started(who)
    await filled(who, other, child__upn=upn_of(8), child__given_name="Ada")
    assert (await who.post(f"{other}/send")).status_code == 303
    assert isinstance(it.running.clock, SteppedClock)
    await it.running.clock.step(it.pool, NOW + timedelta(days=61))
    late = await started(who)
    await filled(who, late)
    assert (await who.post(f"{late}/send")).status_code == 303
    assert await referrals(it) == 3


async def test_a_draft_is_deleted_by_hand_and_a_form_that_is_forgotten_by_the_clock(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    one, two = await started(who), await started(who)
    await who.post(f"{two}/child", {"child-given-name": "Quetzal"})
    assert (await who.post(f"{one}/delete")).headers["Location"] == "/refer"
    assert (await who.get(f"{one}/child")).status_code == 410
    assert isinstance(it.running.clock, SteppedClock)
    await it.running.clock.step(it.pool, NOW + timedelta(days=80))
    assert "It will be deleted on Tuesday 2 June 2026" in (await who.get("/refer")).text
    await it.running.clock.step(it.pool, NOW + timedelta(days=90))
    await it.running.due.once()
    assert "Quetzal" not in (await who.get("/refer")).text
    assert await it.pool.fetchval("SELECT count(*) FROM draft WHERE state::text LIKE '%Quetzal%'") == 0
    assert (await who.get(f"{two}/child")).status_code == 410


ODD = {
    "a wrong UPN": ("upn", {"child-upn": "B919400023001"}, "Check the UPN"),
    "a birth date tomorrow": (
        "child",
        {"child-born-day": "5", "child-born-month": "3", "child-born-year": "2026"},
        "still to come",
    ),
    "age 26": (
        "child",
        {"child-born-day": "1", "child-born-month": "1", "child-born-year": "2000"},
        "up to 25",
    ),
    "a year group": ("child", {"child-year-group": "11"}, "year group"),
    "a long name": ("child", {"child-given-name": "x" * 10_000}, "too long"),
    "no real code": ("needs", {"child-primary-need": "ADHD"}, "Choose one of the answers"),
}


@pytest.mark.parametrize("case", ODD)
async def test_bad_input_is_named_beside_its_field(pages: Sites, case: str) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    page, fields, words = ODD[case]
    sound = typed(asking.BY_SLUG[page], form(child__looked_after=False))
    answer = await who.post(f"{draft}/{page}", {**sound, **fields})
    assert answer.status_code == 422
    assert any(words in each for each in errors(answer.text)), errors(answer.text)


@pytest.mark.parametrize("name", ["😀 Ænya", "ابن سينا", "שלום", "Zoë-Mæ O’Neill", "<b>Wilf</b>"])
async def test_every_name_is_kept_as_it_is_and_shown_as_text(pages: Sites, name: str) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    await filled(who, draft, child__given_name=name)
    assert "<b>Wilf" not in (await who.get(f"{draft}/check")).text
    assert (await who.post(f"{draft}/send")).status_code == 303
    kept = await it.pool.fetchval(
        "SELECT state -> 'details' ->> 'given_name' FROM person WHERE born IS NOT NULL"
    )
    assert kept == name


async def test_no_page_holds_anything_personal_in_its_address_or_title(pages: Sites) -> None:
    it = await pages()
    who = await it.as_("senco")
    draft = await started(who)
    await filled(who, draft, child__family_name="Quetzalcoatl")
    for path in ("/refer", draft, f"{draft}/child", f"{draft}/check"):
        page = (await who.get(path)).text
        title = re.search(r"<title>(.*?)</title>", page, re.S)
        assert title is not None
        assert "Quetzal" not in title[1]
        assert "Quetzal" not in " ".join(re.findall(r'(?:href|action)="([^"]*)"', page))
