"""A case's checklist, time limits and timeline, and the small pages on which an EHC co-ordinator completes it."""

import re
from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.directory_v1 import SettingListed
from schemas.staff_v1 import ReferralRestricted
from services.panels.domain.cases.case import Case, case_id_of
from services.panels.domain.commands import CompleteCase, DeferCase, RequestPapers
from services.panels.domain.legal.clocks import Dates
from services.panels.web.case.case_file import of_case, papers_of, timeline_of
from services.panels.web.case.clock_picture import picture_of
from tests.panels.builders import (
    BOOK,
    MONDAY,
    THURSDAY_5_MARCH,
    PanelsBench,
    a_referral_id,
    a_routed_referral,
    an_ask,
    at,
)
from tests.panels.conftest import House
from tests.panels.test_pages import as_, case_path

CASE_ID = case_id_of(a_referral_id())
LACKING = an_ask(papers_complete=False)
TODAY = MONDAY.date()
SET_OUT, PAPERS, EXCEPTION = (f"{case_path()}/{code}" for code in ("set-out", "papers", "exception"))
ASKED: dict[str, str] = {
    "trigger": "draft-plan", "provision": "special-school", "budget": "not-known", "transfer": "none",
}  # fmt: skip


def day(name: str, text: str) -> dict[str, str]:
    """The three inputs of a day, such as 2026-03-27."""
    year, month, number = text.split("-")
    return {f"{name}-day": number, f"{name}-month": month, f"{name}-year": year}


@cache
def a_queued_case() -> Case:
    """One complete case, made once: making the sittings around it takes its time."""
    bench = PanelsBench()
    bench.open_cases(1)
    return bench.case()


# What is shown ------------------------------------------------------------------------------------


def test_a_checklist_says_of_each_paper_whether_it_is_here_or_who_was_asked() -> None:
    bench = PanelsBench()
    bench.open_cases(1, placement=LACKING)
    bench.deliver(RequestPapers(CASE_ID, ("school-report",), "school", date(2026, 2, 20)))
    bench.deliver(CompleteCase(CASE_ID, papers=("family-views",), brought_by="family"))
    shown = {
        each.name: (each.there, each.words)
        for each in papers_of(bench.case(), BOOK.at("placement", TODAY), TODAY)
    }
    assert shown == {
        "the educational psychologist's advice": (False, "nobody has been asked for it yet"),
        "the family's views": (True, "arrived on 2 February 2026, from the family"),
        "the school's report": (False, "asked of the school, by 20 February 2026"),
    }
    late = papers_of(bench.case(), BOOK.at("placement", TODAY), date(2026, 2, 21))
    assert [each.words for each in late if "which has passed" in each.words] == [
        "asked of the school, by 20 February 2026, which has passed"
    ]


def test_a_paper_for_which_a_sitting_deferred_the_case_is_brought_by_whom_the_panel_named() -> None:
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(1))
    bench.advance(at("2026-03-05 10:00"))
    deferral = DeferCase(
        CASE_ID,
        THURSDAY_5_MARCH,
        missing=("health-advice",),
        owner="health",
        next_on=date(2026, 3, 20),
        reason="Not clear.",
    )
    bench.deliver(deferral)
    lines = papers_of(bench.case(), BOOK.at("placement", TODAY), TODAY)
    assert [each.words for each in lines if not each.there] == [
        "the health service brings it, by 20 March 2026"
    ]


def test_the_picture_has_a_bar_for_each_limit_and_says_the_same_in_words() -> None:
    bench = PanelsBench()
    bench.open_cases(1)
    bench.confirm(CASE_ID)
    picture = picture_of(bench.case(), TODAY)
    assert picture is not None
    assert [bar.text for bar in picture.bars] == ["Views on the draft: 12 Feb 2026", "Final plan: 4 May 2026"]
    assert picture.described.startswith("Today is 2 February 2026. 15 days for views on the draft")
    assert picture.described.endswith("91 days left. The sitting is on 5 March 2026.")
    assert picture.sitting is not None
    assert picture.today.x < picture.sitting.x


@given(
    st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    st.dates(date(2024, 1, 1), date(2029, 1, 1)),
)
def test_the_picture_keeps_within_its_frame_whatever_the_dates(
    received: date, met: date, today: date
) -> None:
    dates = Dates(request_received=received, review_meeting=met, schools_consulted=met)
    case = a_queued_case().model_copy(update={"dates": dates, "trigger": "school-referral"})
    picture = picture_of(case, today)
    assert picture is not None
    assert len(picture.bars) == len(case.clocks)
    assert all(bar.x >= 0 and bar.x + bar.width <= picture.width + 2 for bar in picture.bars)
    assert 0 <= picture.today.x <= picture.width
    assert [limit.words for limit in of_case(BOOK, case, today, None).limits]


def test_the_timeline_has_states_deferrals_and_what_was_said_with_the_latest_first() -> None:
    bench = PanelsBench()
    bench.open_cases(1, placement=LACKING)
    bench.advance(at("2026-02-03 09:00"))
    bench.deliver(CompleteCase(CASE_ID, papers_complete=True))
    words = [line.words for line in timeline_of(bench.case())]
    assert words[-1] == "It came to the panel, and something was missing"
    assert set(words[:2]) == {"Papers arrived", "It was complete and waited for a sitting"}


# Pages --------------------------------------------------------------------------------------------


async def hidden(visitor: Any, path: str) -> dict[str, str]:
    page = (await visitor.get(path)).text
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "form")}  # type: ignore[index]


async def listed_schools(house: House) -> None:
    for urn, name in (("117215", "Hill School"), ("117216", "Hillside School"), ("117217", "100% Vale")):
        await house.hear(SettingListed(entry=f"setting:{urn}", urn=urn, name=name, town="Ware", area="DSPL3"))


async def test_what_the_family_asks_for_is_set_out_with_a_setting_that_is_looked_up(house: House) -> None:
    await house.hear(a_routed_referral())
    await listed_schools(house)
    ehc = await as_(house, "ehc")
    form = await hidden(ehc, SET_OUT)
    several = await ehc.post(SET_OUT, **form, **ASKED, setting="hill")
    assert (several.status_code, "choose one of them" in several.text) == (422, True)
    assert "Hill School, Ware" in several.text
    assert "Hillside School, Ware" in several.text
    none = await ehc.post(SET_OUT, **form, **ASKED, setting="Nowhere")
    assert "No setting has this name" in none.text
    done = await ehc.post(SET_OUT, **form, **ASKED, setting="hill", setting_urn="117216")
    assert (done.status_code, done.headers["location"]) == (303, case_path())
    page = (await ehc.get(case_path())).text
    assert "Hillside School, Ware (117216)" in page
    assert "not known yet" in page
    assert 'value="Hillside School"' in (await ehc.get(SET_OUT)).text


async def test_of_several_settings_each_can_be_chosen_and_another_name_is_looked_up_anew(
    house: House,
) -> None:
    await house.hear(a_routed_referral())
    await listed_schools(house)
    nursery = {"urn": "EY1007", "name": "Hill Pre-school", "town": "Ware", "area": "DSPL3"}
    await house.hear(SettingListed(entry="setting:EY1007", **nursery))
    ehc = await as_(house, "ehc")
    assert (await ehc.post(SET_OUT, **ASKED, setting="hill", setting_urn="EY1007")).status_code == 303
    assert (await house.get(f"/cases/{CASE_ID}"))["asked_setting"] == "EY1007"
    assert (await ehc.post(SET_OUT, **ASKED, setting="vale", setting_urn="117216")).status_code == 303
    assert (await house.get(f"/cases/{CASE_ID}"))["asked_setting"] == "117217"


async def test_a_name_with_a_sign_of_its_own_is_found_as_it_is_written(house: House) -> None:
    await house.hear(a_routed_referral())
    await listed_schools(house)
    ehc = await as_(house, "ehc")
    assert (await ehc.post(SET_OUT, **ASKED, setting="100%")).status_code == 303
    assert (await house.get(f"/cases/{CASE_ID}"))["asked_setting"] == "117217"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trigger": ""}, "Choose what triggered the case."),
        ({"budget": ""}, "Choose whether a personal budget is asked for"),
        ({"transfer": "secondary"}, "Give the calendar year of the change"),
        ({"transfer": "secondary", "transfer_year": "2019"}, "must be the calendar year of the change"),
    ],
)
async def test_what_is_wrong_with_a_form_stands_beside_its_field(
    house: House, given: dict[str, str], said: str
) -> None:
    await house.hear(a_routed_referral())
    answer = await (await as_(house, "ehc")).post(SET_OUT, **{**ASKED, **given})
    assert (answer.status_code, said in answer.text) == (422, True)


async def test_papers_are_asked_for_and_the_case_says_of_whom(house: House) -> None:
    await house.hear(a_routed_referral(placement=LACKING))
    ehc = await as_(house, "ehc")
    form = await hidden(ehc, PAPERS)
    assert "Choose what is asked for." in (await ehc.post(PAPERS, **form)).text
    given = {"items": ["school-report"], "owner": "school", **day("bring_by", "2026-02-20")}
    assert (await ehc.post(PAPERS, **form, **given)).status_code == 303
    assert "asked of the school, by 20 February 2026" in (await ehc.get(case_path())).text
    assert "case.papers-requested.v1" in [each[2] for each in await house.said()]


async def test_papers_arrive_with_their_day_and_who_brought_them(house: House) -> None:
    await house.hear(a_routed_referral(placement=LACKING))
    ehc = await as_(house, "ehc")
    given = {"papers": ["school-report"], "brought_by": "school", **day("arrived_on", "2026-01-30")}
    assert (await ehc.post(f"{case_path()}/complete", **given)).status_code == 303
    assert "arrived on 30 January 2026, from the school" in (await ehc.get(case_path())).text
    late = await ehc.post(f"{case_path()}/complete", papers="family-views", seen="1")
    assert "Somebody else was quicker" in late.text


async def test_an_exception_is_shown_at_the_clocks_and_their_dates_stay(house: House) -> None:
    await house.hear(a_routed_referral())
    ehc = await as_(house, "ehc")
    before = (await house.get(f"/cases/{CASE_ID}"))["clocks"]
    given = {"kind": "personal-circumstances", "words": "A bereavement.", **day("first", "2026-01-20")}
    assert (await ehc.post(EXCEPTION, **given)).status_code == 303
    after = (await house.get(f"/cases/{CASE_ID}"))["clocks"]
    assert [each["on"] for each in after] == [each["on"] for each in before]
    assert after[-1]["claimed"] == ["personal-circumstances"]
    page = (await ehc.get(case_path())).text
    assert "Exception claimed" in page
    assert "A bereavement." in page


async def test_the_small_pages_are_for_those_who_complete_a_case_and_open_while_it_can_be_completed(
    house: House,
) -> None:
    await house.hear(a_routed_referral(1, placement=LACKING), a_routed_referral(2))
    for path in (SET_OUT, PAPERS, EXCEPTION):
        assert (await (await as_(house, "tom")).get(path)).status_code == 200
        assert (await (await as_(house, "officer")).get(path)).status_code == 403
        assert (await (await as_(house, "officer")).post(path)).status_code == 403
    nothing_lacks = await (await as_(house, "ehc")).get(f"{case_path(2)}/papers")
    assert nothing_lacks.headers["location"] == f"{case_path(2)}?late=yes"
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=MONDAY))
    assert (await (await as_(house, "ehc")).get(SET_OUT)).status_code == 404


async def test_programs_set_out_a_case_ask_for_papers_and_claim_exceptions(house: House) -> None:
    await house.hear(a_routed_referral(placement=LACKING))
    path = f"/cases/{CASE_ID}"
    asked = {"trigger": "draft-plan", "provision": None, "asked_setting": "117215", "personal_budget": False}
    assert (await house.post(f"{path}/set-out", asked)).status_code == 200
    request = {"items": ["school-report"], "owner": "family", "bring_by": "2026-02-20"}
    assert (await house.post(f"{path}/papers", request)).json()["bring_by"] == "2026-02-20"
    claim = {"kind": "absent-from-area", "first": "2025-12-20", "last": "2025-12-27", "words": "Away."}
    short = await house.post(f"{path}/exceptions", claim)
    assert [each["field"] for each in short.json()["errors"]] == ["last"]
    assert (await house.post(f"{path}/exceptions", claim | {"last": "2026-01-27"})).status_code == 200
    seen = (await house.get(path))["version"]
    assert (
        await house.post(f"{path}/set-out", asked | {"seen": seen - 1, "provision": "other"})
    ).status_code == 409
    case = await house.get(path)
    assert (case["provision"], case["asked_setting"], case["personal_budget"]) == (None, "117215", False)
    assert case["exceptions"][0]["by"] == "co-ordinator"
    assert (await house.post(f"{path}/set-out", asked, role="reader")).status_code == 403
