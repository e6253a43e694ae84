"""The month that the demo plays: right forms are right, wrong ones wrong as planted, volumes as published."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from chassis.calendar import london_date
from deploy.demo import figures
from deploy.demo.arrivals import Arrival, make_arrivals, system_of, systems
from deploy.demo.defects import DEFECTS, Defect, Fault
from deploy.demo.month import Month, read_month
from deploy.demo.people import make_upn
from deploy.demo.phones import LATE, WRONG, Phones, phones_of
from services.referrals.domain.children.ages import age_on
from services.referrals.domain.form.checking import About, check
from services.referrals.domain.form.child_checks import is_upn
from services.referrals.domain.register.places import Register
from services.referrals.files import load_register


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register()


@pytest.fixture(scope="module")
def march() -> Month:
    return read_month("2026-03")


@pytest.fixture(scope="module")
def arrivals(march: Month, register: Register) -> list[Arrival]:
    return make_arrivals(march, register, seed=7)


def faults_found(arrival: Arrival, register: Register) -> frozenset[Fault]:
    urns = frozenset(systems(register)[system_of(arrival.urn, register)]) if arrival.way == "event" else None
    about = About(register, london_date(arrival.at), arrival.way == "statutory", urns)
    checked = check(arrival.body, about)
    return frozenset((one.field, one.code) for one in checked) if isinstance(checked, list) else frozenset()


@pytest.mark.parametrize("seed", range(3))
def test_every_form_has_exactly_the_faults_that_were_planted(
    march: Month, register: Register, seed: int
) -> None:
    for arrival in make_arrivals(march, register, seed):
        assert faults_found(arrival, register) == arrival.faults, arrival.id


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_alone_gives_exactly_its_faults(
    defect: Defect, arrivals: list[Arrival], register: Register
) -> None:
    spoilt = 0
    for arrival in arrivals:
        form = json.loads(arrival.body) if not arrival.refused else None
        if form is None or defect.event not in (None, arrival.way == "event") or not defect.fits(form):
            continue
        planted = frozenset(defect.plant(form, london_date(arrival.at)))
        if needs_a_statutory_form(planted) and arrival.way != "statutory":
            continue
        assert faults_found(replace(arrival, body=json.dumps(form).encode()), register) == planted
        spoilt += 1
        if spoilt == 20:
            break
    assert spoilt


def needs_a_statutory_form(planted: frozenset[Fault]) -> bool:
    return bool({code for _, code in planted} & {"draft-served-missing", "review-meeting-missing"})


def test_one_form_in_twenty_is_defective(arrivals: list[Arrival]) -> None:
    assert sum(arrival.refused for arrival in arrivals) == round(len(arrivals) / 20)


def test_a_defective_form_has_one_to_three_mistakes(arrivals: list[Arrival]) -> None:
    # A misspelt field is one mistake and two faults: an unknown field, and one that is missing.
    assert {len(arrival.faults) for arrival in arrivals if arrival.refused} <= {1, 2, 3, 4}


def test_the_same_seed_makes_the_same_month(march: Month, register: Register) -> None:
    assert make_arrivals(march, register, 3, 0.1) == make_arrivals(march, register, 3, 0.1)


def test_another_seed_makes_another_month(march: Month, register: Register) -> None:
    assert make_arrivals(march, register, 3, 0.1) != make_arrivals(march, register, 4, 0.1)


def test_requests_are_a_twelfth_of_the_published_year(arrivals: list[Arrival]) -> None:
    kinds = Counter(arrival.asks_for for arrival in arrivals)
    assert kinds["ehc-needs-assessment"] == round(figures.REQUESTS_A_YEAR / 12)


def test_the_published_figures_add_up() -> None:
    assert sum(figures.REQUESTS_BY_AGE.values()) == figures.REQUESTS_A_YEAR
    assert sum(figures.NEW_PLANS_BY_AGE.values()) == figures.NEW_PLANS_A_YEAR
    assert sum(figures.NEW_PLANS_BY_NEED.values()) == figures.NEW_PLANS_A_YEAR


def test_ages_come_in_the_published_shares(arrivals: list[Arrival]) -> None:
    requests = [
        arrival for arrival in arrivals if arrival.asks_for == "ehc-needs-assessment" and not arrival.refused
    ]
    ages = Counter(age_of(arrival) for arrival in requests)
    total = round(figures.REQUESTS_A_YEAR / 12)
    for age, published in figures.REQUESTS_BY_AGE.items():
        if 2 < age < 20:
            assert abs(ages[age] - total * published / figures.REQUESTS_A_YEAR) <= 1 + total - len(requests)


def test_needs_come_in_the_published_shares(arrivals: list[Arrival]) -> None:
    whole = [arrival for arrival in arrivals if not arrival.refused]
    needs = Counter(json.loads(arrival.body)["child"]["primary_need"] for arrival in whole)
    for need, published in figures.NEW_PLANS_BY_NEED.items():
        assert needs[need] / len(whole) == pytest.approx(published / figures.NEW_PLANS_A_YEAR, abs=0.02)


def test_about_a_quarter_of_what_schools_send_comes_as_events(arrivals: list[Arrival]) -> None:
    ways = Counter(arrival.way for arrival in arrivals)
    assert ways["event"] / (ways["event"] + ways["http"]) == pytest.approx(figures.EVENT_SHARE, abs=0.05)


def test_each_sitting_gets_about_as_many_cases_as_it_has_places(
    march: Month, arrivals: list[Arrival]
) -> None:
    for window, slot in zip(march.windows(), march.sittings, strict=False):
        days = [london_date(one.at) for one in arrivals if one.asks_for == "placement"]
        assert slot.capacity <= sum(day in window for day in days) <= slot.capacity + 5


def test_forms_come_in_on_working_days_only(march: Month, arrivals: list[Arrival]) -> None:
    assert {london_date(arrival.at) for arrival in arrivals} <= set(march.all_days)


def test_nobody_but_panels_gets_anything_before_the_month_begins(
    march: Month, arrivals: list[Arrival]
) -> None:
    early = [arrival for arrival in arrivals if london_date(arrival.at) < march.first]
    assert early
    assert {arrival.asks_for for arrival in early} == {"placement"}


def test_no_two_families_share_an_address_or_a_pupil_number(arrivals: list[Arrival]) -> None:
    addresses = [who.email for arrival in arrivals for who in arrival.recipients if who.email]
    children = [json.loads(arrival.body)["child"] for arrival in arrivals if not arrival.refused]
    numbers = [child["upn"] for child in children if "upn" in child]
    assert len(addresses) == len(set(addresses))
    assert len(numbers) == len(set(numbers))


def test_no_address_can_reach_anybody(arrivals: list[Arrival]) -> None:
    for arrival in arrivals:
        for who in arrival.recipients:
            assert (who.email or "@example.org").endswith("@example.org")
            assert (who.phone or "+447700900").startswith("+447700900")


def test_some_families_are_told_by_text_and_of_each_kind_of_telephone_there_is_one(
    arrivals: list[Arrival],
) -> None:
    taken = [arrival for arrival in arrivals if not arrival.refused]
    texted = {who.texted: who for arrival in taken for who in arrival.recipients if who.texted}
    told = [who for arrival in taken for who in arrival.recipients]
    assert len(texted) / len(told) == pytest.approx(0.15, abs=0.03)
    phones = phones_of(arrivals, seed=7)
    assert len(phones.wrong) == round(len(texted) * WRONG)
    assert len(phones.late) == round(len(texted) * LATE)
    assert {(bool(texted[one].email), bool(texted[one].post)) for one in phones.wrong} == {
        (True, False),
        (False, True),
        (False, False),
    }
    assert not phones.wrong & phones.late
    assert phones.wrong | phones.late | phones.unsaid <= set(texted)


def test_the_same_seed_makes_the_same_telephones(arrivals: list[Arrival]) -> None:
    assert phones_of(arrivals, 7) == phones_of(arrivals, 7) != phones_of(arrivals, 8)


def test_a_month_so_small_that_nobody_is_texted_has_no_wrong_numbers() -> None:
    assert phones_of([], 7) == Phones()


def test_pupil_numbers_are_valid_also_for_settings_with_a_local_code() -> None:
    assert is_upn(make_upn("900001", 19, 7))
    assert is_upn(make_upn("EY1004", 24, 999))


@pytest.mark.parametrize("text", ["2024-01", "2025-12", "2026-04", "2030-12"])
def test_any_month_can_be_played(text: str, register: Register) -> None:
    month = read_month(text)
    assert month.starts < month.sittings[0].papers_close_at
    for arrival in make_arrivals(month, register, 1, 0.1):
        assert month.starts < arrival.at < month.ends
        assert faults_found(arrival, register) == arrival.faults


def test_a_month_without_sittings_is_refused() -> None:
    with pytest.raises(ValueError, match="choose a month"):
        read_month("2019-05")


def age_of(arrival: Arrival) -> int:
    born = date.fromisoformat(json.loads(arrival.body)["child"]["born"])
    return age_on(born, london_date(arrival.at))
