"""The cases that come: as many as the figures say, on working days, the same for the same seed."""

from datetime import date

import pytest
from pydantic import ValidationError

from services.panels.simulation.demand import Assumed, Days, end_of, of_figures, of_queue
from services.panels.simulation.figures import AUTHORITIES, HERTFORDSHIRE, REQUESTS_BY_PHASE
from tests.panels.builders import BOOK, PanelsBench, at

FIRST = date(2026, 1, 1)
WORKING = BOOK.working


def test_every_authority_is_there_and_they_add_up_to_england() -> None:
    assert len(AUTHORITIES) == 153
    assert sum(each.requests for each in AUTHORITIES.values()) == 154_489
    herts = AUTHORITIES[HERTFORDSHIRE]
    assert (herts.name, herts.requests) == ("Hertfordshire", 3343)
    assert sum(REQUESTS_BY_PHASE.values()) == herts.requests


def test_each_year_brings_its_number_of_cases_on_working_days() -> None:
    cases = of_figures(1000, Assumed(cases_per_request=0.5), FIRST, 2, WORKING, seed=3)
    assert [sum(date.fromordinal(case.opened).year == year for case in cases) for year in (2026, 2027)] == [
        500,
        500,
    ]
    assert all(WORKING.is_working_day(date.fromordinal(case.opened)) for case in cases)
    assert [case.number for case in cases] == list(range(1000))


def test_the_same_seed_brings_the_same_cases_and_another_brings_others() -> None:
    drawn = [of_figures(400, Assumed(), FIRST, 1, WORKING, seed) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_share_that_is_changed_leaves_the_rest_of_each_case_as_it_was() -> None:
    one, other = (
        of_figures(400, Assumed(deferred=deferred), FIRST, 1, WORKING, 1) for deferred in (0.0, 0.5)
    )
    assert [case.due for case in one] == [case.due for case in other]
    assert [case.complete for case in one] == [case.complete for case in other]
    assert not any(case.back_after for case in one)


def test_the_shares_are_those_that_are_assumed() -> None:
    cases = of_figures(20_000, Assumed(cases_per_request=1), FIRST, 1, WORKING, 1)

    def share(count: int) -> float:
        return count / len(cases)

    assert share(sum(case.urgent for case in cases)) == pytest.approx(0.05, abs=0.01)
    assert share(sum(case.complete != case.opened for case in cases)) == pytest.approx(0.25, abs=0.01)
    assert share(sum(case.back_after is not None for case in cases)) == pytest.approx(0.08, abs=0.01)
    assert share(sum(case.withdrawn is not None for case in cases)) == pytest.approx(0.04, abs=0.01)


def test_dates_are_those_of_the_law() -> None:
    drafts = Assumed(from_drafts=1, urgent=0, draft_after=Days(least=100, most=100))
    reviews = Assumed(from_drafts=0, urgent=0, review_after=Days(least=7, most=7))
    for assumed, left in ((drafts, 40), (reviews, 21)):
        cases = of_figures(100, assumed, FIRST, 1, WORKING, 1)
        assert {case.due - case.opened for case in cases if case.due is not None} == {left}


def test_months_without_weight_bring_nothing() -> None:
    summerless = Assumed(months=(1,) * 7 + (0,) + (1,) * 4)
    cases = of_figures(1000, summerless, FIRST, 1, WORKING, 1)
    assert 8 not in {date.fromordinal(case.opened).month for case in cases}
    assert len(cases) == 300


def test_an_area_without_weight_brings_nothing() -> None:
    cases = of_figures(300, Assumed(areas=(1, 0, 3, 1, 1, 1, 1, 1, 1)), FIRST, 1, WORKING, 1)
    found = [case.area for case in cases]
    assert found.count("DSPL2") == 0
    assert found.count("DSPL3") > found.count("DSPL1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": (0,) * 12},
        {"areas": (0,) * 9},
        {"months": (1,) * 11},
        {"deferred": 1.5},
        {"cases_per_request": 0},
    ],
)
def test_what_cannot_be_assumed_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Assumed.model_validate(wrong)


def test_days_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValidationError, match="swap the two"):
        Days(least=3, most=2)


@pytest.mark.parametrize(("first", "years", "last"), [
    (date(2026, 1, 1), 1, date(2026, 12, 31)),
    (date(2026, 9, 1), 3, date(2029, 8, 31)),
    (date(2028, 2, 29), 1, date(2029, 2, 27)),
])  # fmt: skip
def test_a_period_of_years_ends_the_day_before_it_would_begin_again(
    first: date, years: int, last: date
) -> None:
    assert end_of(first, years) == last


def test_the_real_queue_comes_as_it_came() -> None:
    bench = PanelsBench()
    bench.open_cases(2)
    bench.advance(at("2026-02-10 10:00"))
    cases = of_queue([bench.case(2), bench.case(1)])
    assert [case.panel for case in cases] == ["placement", "placement"]
    assert {date.fromordinal(case.opened) for case in cases} == {date(2026, 2, 2)}
    assert all(case.complete == case.opened and case.due == date(2026, 5, 4).toordinal() for case in cases)
