"""The agenda pack: one for each member, without what is not for them, as a document that can be read aloud."""

import asyncio
import json
from datetime import date
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.typesetting import NotSet, Typesetter
from chassis.typesetting.printable import BOX, SHOWN, printable
from chassis.typesetting.setter import pdf
from chassis.web.problems import Problem
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.staff_v1 import ReferralRestricted, StaffDetails, StaffGrant
from services.panels.documents import TEMPLATES
from services.panels.documents.pack import Item, Seated, is_ready, pack
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.cases.papers import PaperState
from services.panels.domain.heard import Child, School, Told, Words
from services.panels.storage import Background
from tests.panels.builders import (
    BOOK,
    MONDAY,
    THURSDAY_5_MARCH,
    PanelsBench,
    a_referral_id,
    a_routed_referral,
    at,
)
from tests.panels.conftest import House
from tests.panels.test_pages import as_
from tests.support.reading import Document
from tests.support.sessions import session_for

PACKS = f"/sittings/{THURSDAY_5_MARCH}/pack"
CHAIR = Seated("member", "Member Mills", "chair", "yes")


def a_document(
    count: int = 2, narrative: str = "Finds change hard.", aside: int = 0, **changes: Any
) -> Document:
    """The pack of a sitting that has so many cases, each with these words of its school."""
    bench = PanelsBench()
    bench.open_cases(count, **changes)
    known = Background(
        Child(given_name="Robin", family_name="Łoś"), School(name="Larkspur", town="Ware"),
        Words(narrative=narrative, advice=None), Told(),
    )  # fmt: skip
    items = [Item(bench.case(n), known) for n in range(1, count + 1)]
    panel = BOOK.at("placement", bench.sitting().sits_on)
    assert panel is not None
    data = pack("A council", panel, bench.sitting(), CHAIR, [CHAIR], items, aside, MONDAY)
    return Document(pdf(TEMPLATES / "pack.typ", printable(data), MONDAY))


def test_a_pack_can_be_read_aloud() -> None:
    made = a_document()
    assert made.claims_pdf_ua
    assert made.language == "en-GB"
    assert made.title == "Agenda pack for the sitting of Thursday 5 March 2026, Placement and Provision Panel"
    assert made.unmarked_pages() == []
    assert [tag for tag in made.tags if tag in ("H1", "H2")] == ["H1", *["H2"] * 4]
    assert {"Table", "TH", "TD", "P", "Link"} <= set(made.tags)


def test_each_case_stands_in_it_with_what_is_asked_its_clocks_and_its_papers() -> None:
    text = a_document(1).text
    assert "OFFICIAL-SENSITIVE" in text
    for words in (
        "4HW9-ZB6N-XCEB", "Robin Łoś", "Larkspur, Ware", "a special school", "Monday 4 May 2026",
        "Final plan within 20 weeks of the request", "SI 2014/1530 reg 13(2)", "The family's views",
        "Finds change hard.", "Draft.",
    ):  # fmt: skip
        assert words in text or words.replace("'", "’") in text, words


def test_siblings_are_named_by_their_case_and_a_paper_by_its_state() -> None:
    def item(n: int, **changes: Any) -> Item:
        bench = PanelsBench()
        bench.open_cases(2)
        case = bench.case(n).model_copy(update={"reference": f"AAAA-BBBB-CCC{n}", **changes})
        return Item(case, Background(None, None, None, Told()))

    asked = PaperState(item="school-report", asked_of="school", bring_by=date(2026, 3, 2))
    items = [
        item(1, siblings="together", missing=("school-report",), papers=(asked,)),
        item(2, siblings="together"),
    ]
    panel = BOOK.at("placement", MONDAY.date())
    assert panel is not None
    first, second = pack("", panel, PanelsBench().sitting(), CHAIR, [CHAIR], items, 0, MONDAY)["cases"]
    assert ["Heard together with", "AAAA-BBBB-CCC2"] in first["facts"]
    assert ["Heard together with", "AAAA-BBBB-CCC1"] in second["facts"]
    assert ["The school's report", "still missing: asked of the school by 2 March 2026"] in first["papers"]


def test_an_agenda_without_a_case_is_a_pack_all_the_same() -> None:
    assert "There is no case on this copy of the agenda." in a_document(0, aside=1).text
    assert "1 case for which you stand aside" in a_document(0, aside=1).text


def test_what_a_school_wrote_is_never_a_command() -> None:
    written = (
        '#panic("x") *not bold* = no heading $x^2$ @ref <label> \\ #include "/etc/passwd" // none [a] {b}'
    )
    assert "#panic(" in a_document(1, written).text
    assert "*not bold* = no heading $x^2$ @ref <label>" in a_document(1, written).text


def test_every_character_that_is_let_through_has_a_shape() -> None:
    every = "".join(chr(code) for first, last in SHOWN for code in range(first, last + 1))
    shown = printable(f"{every}\n{' '.join(every)}")
    assert a_document(1, shown).claims_pdf_ua


@pytest.mark.parametrize(
    "character", ["漢", "😀", "\x00", "\x07", "\ue000", "\u202e", "\ud800", "অ", "\U0010ffff"]
)
def test_what_has_no_shape_is_a_box_or_nothing_and_the_pack_is_made(character: str) -> None:
    assert printable(character) in ("", BOX)
    assert "before" in a_document(1, f"before{character}after").text


@given(st.text(max_size=300))
@settings(max_examples=40, deadline=None)
def test_whatever_a_school_writes_there_is_a_pack(written: str) -> None:
    assert a_document(1, written).claims_pdf_ua


async def a_locked_sitting(house: House) -> list[str]:
    """Three cases before 5 March, whose papers have closed; Member stands aside for the first."""
    await house.hear(*(a_routed_referral(n, reference=f"AAAA-BBBB-CCC{n}") for n in (1, 2, 3)))
    ids = [case_id_of(a_referral_id(n)) for n in (1, 2, 3)]
    for n in (1, 2, 3):
        child = {"relation": "child", "given_name": f"Child{n}", "family_name": "Amber", "may_be_told": False}
        routed = a_routed_referral(n)
        await house.hear(
            PersonDetails(person_id=routed.child_id, **child),
            ReferralPapers(referral_id=routed.referral_id, narrative=f"Words of school {n}."),
        )
    answer = await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": ids})
    assert answer.status_code == 200, answer.text
    seats = {
        "members": [{"staff_id": "member", "seat": "head"}, {"staff_id": "max", "seat": "chair"}],
        "aside": [{"staff_id": "member", "case_id": ids[0], "why": "current-school"}],
    }
    await house.pool.execute(
        "UPDATE sitting SET state = (state::jsonb || $2::jsonb)::json WHERE id = $1",
        THURSDAY_5_MARCH,
        json.dumps(seats),
    )
    return ids


async def test_a_member_takes_their_own_pack_without_the_case_they_stand_aside_for(house: House) -> None:
    ids = await a_locked_sitting(house)
    member, other = await as_(house, "member"), await as_(house, "max")
    await house.step(at("2026-02-26 17:00"))
    mine = Document((await member.get(f"{PACKS}/member.pdf")).content)
    assert "Child1" not in mine.text
    assert "AAAA-BBBB-CCC1" not in mine.text
    assert all(words in mine.text for words in ("Child2", "Words of school 3.", "AAAA-BBBB-CCC2"))
    theirs = Document((await other.get(f"{PACKS}/max.pdf")).content)
    assert "Child1 Amber" in theirs.text
    rows = await house.pool.fetch(
        "SELECT subject FROM access_log WHERE who = 'staff:member' AND what = 'pack'"
    )
    assert {row["subject"] for row in rows} == {THURSDAY_5_MARCH, ids[1], ids[2]}


async def test_who_works_at_the_child_s_school_gets_no_word_of_the_case_even_if_nobody_noted_it(
    house: House,
) -> None:
    ids = await a_locked_sitting(house)
    grants = tuple(
        StaffGrant(role=role, scope=scope, from_day=MONDAY.date())
        for role, scope in (("panel-member", None), ("school-user", "117215"))
    )
    told: dict[str, Any] = {"subject": "idp|max", "name": "Max", "email": "max@x.example", "active": True}
    await house.hear(StaffDetails(staff_id="max", grants=grants, **told))
    held = await session_for(house.pool, "max", "panels")
    await house.step(at("2026-02-26 17:00"))
    async with httpx2.AsyncClient(transport=house.web, base_url="http://here", cookies=held.cookies) as head:
        theirs = Document((await head.get(f"{PACKS}/max.pdf")).content).text
        assert "Words of school" not in theirs
        assert "3 cases for which you stand aside" in theirs
        assert (await head.get(f"/cases/{ids[1]}")).status_code == 403


async def test_a_member_does_not_read_on_its_page_the_case_they_stand_aside_for(house: House) -> None:
    ids = await a_locked_sitting(house)
    member, other, ehc = [await as_(house, name) for name in ("member", "max", "ehc")]
    shut = await member.get(f"/cases/{ids[0]}")
    assert (shut.status_code, "You stand aside" in shut.text, "Words of school" in shut.text) == (
        403,
        True,
        False,
    )
    assert [(await each.get(f"/cases/{ids[0]}")).status_code for each in (other, ehc)] == [200, 200]
    assert (await member.get(f"/cases/{ids[1]}")).status_code == 200


async def test_a_member_finds_the_case_they_stand_aside_for_in_no_list_and_on_no_agenda(house: House) -> None:
    await a_locked_sitting(house)
    member, other = await as_(house, "member"), await as_(house, "tom")
    for path in (
        f"/sittings/{THURSDAY_5_MARCH}", "/cases?tab=listed", "/cases?tab=listed&format=csv",
    ):  # fmt: skip
        assert ("AAAA-BBBB-CCC1" in (await other.get(path)).text, path) == (True, path)
        theirs = (await member.get(path)).text
        assert ("AAAA-BBBB-CCC1" in theirs, "AAAA-BBBB-CCC2" in theirs, path) == (False, True, path)


async def test_a_deferral_does_not_open_a_case_to_whoever_stood_aside_for_it(house: House) -> None:
    ids = await a_locked_sitting(house)
    await house.step(at("2026-03-05 10:00"))
    deferral = {
        "sitting_id": THURSDAY_5_MARCH, "missing": ["health-advice"], "owner": "health", "next_on": "2026-03-20",
        "reason": "Not clear.",
    }  # fmt: skip
    assert (await house.post(f"/cases/{ids[0]}/defer", deferral)).status_code == 200
    member = await as_(house, "member")
    assert (await member.get(f"/cases/{ids[0]}")).status_code == 403
    assert "AAAA-BBBB-CCC1" not in (await member.get("/cases?tab=incomplete")).text


async def test_a_member_has_no_pack_of_somebody_else_and_none_before_papers_close(house: House) -> None:
    await a_locked_sitting(house)
    member, tom = await as_(house, "member"), await as_(house, "tom")
    await as_(house, "max")
    early = await member.get(f"{PACKS}/member.pdf")
    assert (early.status_code, "Papers have not closed" in early.text) == (409, True)
    draft = await tom.get(f"{PACKS}/member.pdf")
    assert "Draft." in Document(draft.content).text
    await house.step(at("2026-02-26 17:00"))
    assert (await member.get(f"{PACKS}/max.pdf")).status_code == 404
    assert (await tom.get(f"{PACKS}/max.pdf")).status_code == 200
    assert (await tom.get(f"{PACKS}/nobody.pdf")).status_code == 404
    listed = [(await each.get(PACKS)).text for each in (member, tom)]
    assert ["max.pdf" in page for page in listed] == [False, True]
    assert all("member.pdf" in page for page in listed)
    assert (await (await as_(house, "school")).get(PACKS)).status_code == 403


async def test_a_restricted_case_is_in_the_pack_of_those_named_only_whoever_downloads_it(
    house: House,
) -> None:
    await a_locked_sitting(house)
    named = ReferralRestricted(referral_id=a_referral_id(3), named=("member",), restricted_at=MONDAY)
    await house.hear(named)
    member, tom = await as_(house, "member"), await as_(house, "tom")
    await as_(house, "max")
    await house.step(at("2026-02-26 17:00"))
    assert "Child3" in Document((await member.get(f"{PACKS}/member.pdf")).content).text
    for staff_id in ("member", "max"):
        assert "Child3" not in Document((await tom.get(f"{PACKS}/{staff_id}.pdf")).content).text


async def test_what_cannot_be_set_is_said_without_its_words() -> None:
    with pytest.raises(NotSet) as said:
        await Typesetter(TEMPLATES).typeset("pack", {"title": "Robin Łoś"}, MONDAY)
    assert "Łoś" not in str(said.value)
    assert said.value.__cause__ is None


async def test_more_documents_than_can_wait_are_turned_away_and_the_others_are_set() -> None:
    words = dict.fromkeys(("title", "council", "marking", "panel", "heading"), "Words")
    lists: dict[str, list[str]] = {name: [] for name in ("cover", "members", "notes", "cases")}
    setter = Typesetter(TEMPLATES)
    asked = [
        setter.typeset("pack", {**words, **lists, "draft": False}, MONDAY) for _ in range(setter.MOST + 1)
    ]
    made = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in made] == [bytes] * setter.MOST + [Problem]


async def test_the_same_pack_at_the_same_instant_is_the_same_file() -> None:
    words = dict.fromkeys(("title", "council", "marking", "panel", "heading"), "Words")
    lists: dict[str, list[str]] = {name: [] for name in ("cover", "members", "notes", "cases")}
    first, second = [
        await Typesetter(TEMPLATES).typeset("pack", {**words, **lists, "draft": False}, MONDAY)
        for _ in range(2)
    ]
    assert first == second


def test_packs_are_ready_once_papers_have_closed() -> None:
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(1))
    assert not is_ready(bench.sitting())
    bench.advance(at("2026-02-26 17:00"))
    assert is_ready(bench.sitting())
