"""Where a referral goes, by the data files that are shipped."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import AsksFor, Need, SenProvision
from services.referrals.domain.children.ages import age_on, phase_of, year_group
from services.referrals.domain.routing.rules import Facts
from tests.referrals.builders import TODAY, book

SETTINGS = list(book().register)


def facts(urn: str = "900001", born: date = date(2016, 5, 17), day: date = TODAY, **given: Any) -> Facts:
    setting = book().register.find(urn)
    assert setting is not None
    year = year_group(born, day)
    known: dict[str, Any] = {
        "asks_for": "advice",
        "need": "ASD",
        "other_needs": (),
        "phase": phase_of(year),
        "year": year,
        "age": age_on(born, day),
        "area": setting.area,
        "area_name": book().register.areas[setting.area].name,
        "town": setting.town,
        "urn": urn,
        "sen_provision": "K",
        "trigger": None,
        "looked_after": False,
        "day": day,
    }
    return Facts(**{**known, **given})


def destination(wanted: Facts) -> str:
    return book().routing.choose(wanted).goes_to(wanted.area)


@pytest.mark.parametrize(
    ("need", "team"),
    [
        ("ASD", "communication-autism"),
        ("SPLD", "spld"),
        ("SLCN", "speech-language"),
        ("PD", "physical-neurological"),
        ("SEMH", "wellbeing"),
        ("HI", "deaf"),
        ("VI", "vision"),
        ("MSI", "multi-sensory"),
        ("MLD", "outreach-dspl1"),
        ("OTH", "triage"),
        ("NSA", "triage"),
    ],
)
def test_advice_goes_to_the_team_of_the_main_need(need: Need, team: str) -> None:
    assert destination(facts(need=need)) == team


@pytest.mark.parametrize(
    ("urn", "team"),
    [
        ("EY1001", "early-years-north"),
        ("EY1002", "early-years-north"),
        ("EY1003", "early-years-east"),
        ("EY1005", "early-years-east"),
        ("EY1006", "early-years-south"),
        ("EY1007", "early-years-west"),
        ("EY1008", "early-years-west"),
        ("EY1009", "early-years-south"),
    ],
)
def test_under_fives_go_to_the_early_years_team_of_their_quadrant_which_is_no_area(
    urn: str, team: str
) -> None:
    assert destination(facts(urn, born=date(2022, 1, 1))) == team


def test_very_complex_needs_stay_with_the_early_years_team_until_seven() -> None:
    assert destination(facts(born=date(2019, 6, 1), need="PMLD")) == "early-years-north"
    assert destination(facts(born=date(2019, 3, 1), need="PMLD")) == "outreach-dspl1"


@pytest.mark.parametrize("number", range(1, 10))
def test_outreach_goes_to_the_co_ordinator_of_the_schools_area(number: str) -> None:
    schools = [each for each in SETTINGS if each.area == f"DSPL{number}"]
    expected = {f"outreach-dspl{number}"}
    day = date(2025, 8, 31)
    assert {destination(facts(each.urn, asks_for="outreach", day=day)) for each in schools} == expected


def test_in_area_5_outreach_goes_through_one_form_from_september_2025() -> None:
    asked: dict[str, Any] = {"urn": "900401", "asks_for": "outreach"}
    assert destination(facts(**asked, day=date(2025, 8, 31))) == "outreach-dspl5"
    assert destination(facts(**asked, day=date(2025, 9, 1))) == "single-service-dspl5"


def test_a_school_can_belong_to_another_area_than_its_town() -> None:
    school = book().register.find("900406")
    assert school is not None
    assert (school.town, school.area) == ("Hatfield", "DSPL6")
    assert destination(facts("900406", asks_for="outreach")) == "outreach-dspl6"


def test_requests_under_a_legal_duty_do_not_go_to_teams() -> None:
    assert destination(facts(asks_for="ehc-needs-assessment")) == "statutory-assessment"
    assert destination(facts(asks_for="placement", trigger="draft-plan")) == "placement"


@given(
    st.sampled_from(AsksFor.__args__),  # type: ignore[attr-defined]
    st.sampled_from(Need.__args__),  # type: ignore[attr-defined]
    st.sampled_from(SenProvision.__args__),  # type: ignore[attr-defined]
    st.sampled_from(SETTINGS),
    st.dates(date(2000, 3, 5), TODAY),
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
)
def test_every_referral_finds_a_destination_and_a_reason_in_words(
    asks_for: Any, need: Need, sen: Any, setting: Any, born: date, day: date
) -> None:
    wanted = facts(setting.urn, born, day, asks_for=asks_for, need=need, sen_provision=sen)
    rule = book().routing.choose(wanted)
    assert rule.goes_to(setting.area) in book().destinations
    for reason in (rule.reason_for(wanted), rule.public_reason):
        assert reason[0].isupper()
        assert reason.endswith(".")
        assert "{" not in reason


def test_answers_are_due_in_working_days_or_by_law_in_weeks() -> None:
    teams, days = book().destinations, book().days
    good_friday_is_3_april = date(2026, 4, 1)
    assert teams["deaf"].answer_by(good_friday_is_3_april, days) == date(2026, 4, 10)
    assert teams["statutory-assessment"].answer_by(TODAY, days) == date(2026, 4, 15)
