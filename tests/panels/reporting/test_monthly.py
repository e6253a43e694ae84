"""The service report of a month, and the waits in it."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.panels.reporting.course import month, quantile, year_before
from services.panels.reporting.monthly import report
from tests.panels.reporting.courses import a_course, a_waiting_course

FEBRUARY, MARCH = month(2026, 2), month(2026, 3)


def test_a_case_is_received_in_one_month_and_decided_in_another() -> None:
    made = [report([a_course()], period) for period in (FEBRUARY, MARCH)]
    assert [(each.received, each.decided, each.open_at_end) for each in made] == [(1, 0, 1), (0, 1, 0)]


def test_the_wait_is_from_the_coming_of_a_case_to_its_decision() -> None:
    cases = [a_course(decided_on=date(2026, 3, day)) for day in (3, 4, 5, 30)]
    made = report(cases, MARCH)
    assert (made.median_wait, made.ninetieth_wait) == (30, 56)


def test_a_decision_without_a_known_due_date_is_never_on_time() -> None:
    cases = [a_course(), a_course(due_on=None), a_course(due_on=date(2026, 3, 9))]
    made = report(cases, MARCH)
    assert (made.decided, made.dated, made.on_time, made.timeliness) == (3, 2, 1, 50.0)


def test_the_deferral_rate_is_that_of_each_panel_s_own_sittings_in_the_month() -> None:
    back = (date(2026, 3, 5),)
    cases = [
        a_course(deferred_on=(date(2026, 2, 10),)),
        a_waiting_course(deferred_on=back),
        a_waiting_course(deferred_on=back),
        a_waiting_course(panel="other", deferred_on=back),
    ]
    lines = report(cases, MARCH).panels
    assert [(line.panel, line.heard, line.deferred, line.deferral_rate) for line in lines] == [
        ("other", 0, 1, 100.0),
        ("placement", 1, 2, 66.7),
    ]


def test_who_got_what_is_told_by_area_and_by_need() -> None:
    cases = [a_course(), a_course(area="DSPL1", outcome="not-agreed", provision=None), a_course(need="SEMH")]
    made = report(cases, MARCH)
    assert [(line.name, line.decided, line.outcomes["agreed"]) for line in made.by_area] == [
        ("DSPL1", 1, 0), ("DSPL7", 2, 2),
    ]  # fmt: skip
    assert [(line.name, line.provisions) for line in made.by_need] == [
        ("ASD", {"special-school": 1}), ("SEMH", {"special-school": 1}),
    ]  # fmt: skip


def test_a_month_in_which_nothing_happened_has_no_rates() -> None:
    made = report([], MARCH)
    assert (made.median_wait, made.timeliness, made.panels) == (None, None, ())


def test_the_year_before_ends_with_the_last_whole_month() -> None:
    year = year_before(date(2026, 3, 31))
    assert (year.first, year.last) == (date(2025, 3, 1), date(2026, 2, 28))


@given(st.lists(st.integers(0, 400), min_size=1), st.sampled_from([0.5, 0.9, 1.0]))
def test_that_many_waited_no_longer_and_no_fewer_would_do(days: list[int], share: float) -> None:
    found = quantile(days, share)
    assert found in days
    assert sum(each <= found for each in days) >= share * len(days) - 1e-9
    assert all(sum(each <= less for each in days) < share * len(days) for less in days if less < found)


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.lists(st.integers(0, 900), max_size=30))
def test_months_that_follow_each_other_count_every_decision_once(first: date, days: list[int]) -> None:
    cases = [a_course(opened_on=first, decided_on=first + timedelta(days=each)) for each in days]
    months = [month(year, number) for year in range(2020, 2034) for number in range(1, 13)]
    assert sum(report(cases, each).decided for each in months) == len(days)
