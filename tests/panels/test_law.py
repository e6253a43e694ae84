"""Each time limit worked out by hand, what ends it, and what never moves it."""

from datetime import date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import Trigger
from services.panels.domain.legal.clocks import clocks, deadline, of_transfer, urgent_by
from services.panels.domain.legal.dates import Claimed, Dates, ExceptionKind, Transfer, long_enough
from services.panels.domain.legal.limits import EARLIEST, RULES, Clock
from tests.panels.builders import BOOK, MONDAY, at

DAYS = st.dates(min_value=EARLIEST, max_value=date(2040, 12, 31))
KINDS: tuple[ExceptionKind, ...] = get_args(ExceptionKind)


def the(rule: str, dates: Dates, trigger: Trigger = "school-referral", **more: object) -> Clock:
    """The clock of one rule. Fails where it does not run."""
    return next(clock for clock in clocks(trigger, dates, **more) if clock.rule == rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "dates", "on"),
    [
        # 5 January has 27 days of January left; 6 weeks are 42 days.
        ("assessment-decision", Dates(request_received=date(2026, 1, 5)), date(2026, 2, 16)),
        # Over 29 February, of a year that has one.
        ("assessment-decision", Dates(request_received=date(2028, 1, 20)), date(2028, 3, 2)),
        # Counted from a 29 February.
        ("assessment-decision", Dates(request_received=date(2028, 2, 29)), date(2028, 4, 11)),
        # On Christmas Day, and on Good Friday: the law counts days, whatever they are.
        ("assessment-decision", Dates(request_received=date(2026, 11, 13)), date(2026, 12, 25)),
        ("assessment-decision", Dates(request_received=date(2026, 2, 20)), date(2026, 4, 3)),
        # Over the night of 29 March 2026, which is an hour shorter, and that of 25 October, an hour longer.
        ("assessment-decision", Dates(request_received=date(2026, 3, 2)), date(2026, 4, 13)),
        ("assessment-decision", Dates(request_received=date(2026, 10, 5)), date(2026, 11, 16)),
        ("no-plan", Dates(request_received=date(2026, 1, 5)), date(2026, 4, 27)),
        ("final-plan", Dates(request_received=date(2025, 10, 10)), date(2026, 2, 27)),
        # On Easter Monday.
        ("review-report", Dates(review_meeting=date(2026, 3, 23)), date(2026, 4, 6)),
        ("review-decision", Dates(review_meeting=date(2026, 4, 13)), date(2026, 5, 11)),
        ("schools-answer", Dates(schools_consulted=date(2028, 2, 14)), date(2028, 2, 29)),
    ],
)
def test_a_limit_counts_days_of_the_calendar_and_minds_no_holiday(rule: str, dates: Dates, on: date) -> None:
    assert the(rule, dates).on == on


@pytest.mark.parametrize(
    ("transfer", "on"),
    [
        (Transfer(to="secondary", year=2027), date(2027, 2, 15)),
        (Transfer(to="school", year=2027), date(2027, 2, 15)),
        (Transfer(to="junior", year=2028), date(2028, 2, 15)),
        (Transfer(to="middle", year=2027), date(2027, 2, 15)),
        (Transfer(to="post-16", year=2027), date(2027, 3, 31)),
        # Five months before 31 July is the last of February, which has 28 days or 29.
        (Transfer(to="another-post-16", year=2027, starts_on=date(2027, 7, 31)), date(2027, 2, 28)),
        (Transfer(to="another-post-16", year=2028, starts_on=date(2028, 7, 31)), date(2028, 2, 29)),
        (Transfer(to="another-post-16", year=2027, starts_on=date(2027, 1, 4)), date(2026, 8, 4)),
    ],
)
def test_a_change_of_phase_has_its_date_by_phase_and_year(transfer: Transfer, on: date) -> None:
    clock = of_transfer(transfer)
    assert clock is not None
    assert clock.on == on
    assert clock.source.startswith("SI 2014/1530 reg 18(")


def test_a_change_between_places_after_16_has_no_limit_before_its_day_is_known() -> None:
    assert of_transfer(Transfer(to="another-post-16", year=2027)) is None


def test_the_panel_keeps_the_change_of_phase_where_it_comes_before_the_limit_of_the_review() -> None:
    met = Dates(review_meeting=date(2027, 1, 20))
    to_secondary = Transfer(to="secondary", year=2027)
    kept = deadline("annual-review", met, to_secondary)
    assert kept is not None
    assert (kept.rule, kept.on) == ("phase-transfer", date(2027, 2, 15))
    later = deadline("annual-review", met, Transfer(to="post-16", year=2027))
    assert later is not None
    assert later.rule == "review-decision"


def test_a_change_of_phase_alone_makes_no_deadline_so_the_case_stays_incomplete() -> None:
    assert deadline("annual-review", Dates(), Transfer(to="secondary", year=2027)) is None


def test_what_the_panel_has_no_part_in_is_not_its_deadline() -> None:
    known = Dates(request_received=date(2026, 1, 5), schools_consulted=date(2026, 1, 6))
    kept = deadline("school-referral", known)
    assert kept is not None
    assert kept.rule == "final-plan"


def test_the_step_that_ends_a_limit_is_shown_with_it_and_one_that_is_past_waiting_for_is_not_shown() -> None:
    decided = Dates(request_received=date(2026, 1, 5), assessment_decided=date(2026, 2, 20))
    clock = the("assessment-decision", decided, "draft-plan")
    assert (clock.met_on, clock.on) == (date(2026, 2, 20), date(2026, 2, 16))
    with_draft = Dates(request_received=date(2026, 1, 5), draft_served=date(2026, 4, 1))
    assert {c.rule for c in clocks("draft-plan", with_draft)} == {"final-plan", "views-on-draft"}


def a_claim(kind: ExceptionKind, first: date, last: date | None = None) -> Claimed:
    return Claimed(kind=kind, first=first, last=last, by="ehc", recorded_at=MONDAY)


def test_an_exception_is_shown_at_the_clocks_of_its_days_whose_law_names_it_and_moves_none() -> None:
    known = Dates(request_received=date(2026, 6, 1), review_meeting=date(2026, 6, 1))
    closed = a_claim("school-closed", date(2026, 7, 20), date(2026, 9, 2))
    with_it = {clock.rule: clock for clock in clocks("school-referral", known, claims=[closed])}
    without = {clock.rule: clock for clock in clocks("school-referral", known)}
    assert {rule: clock.on for rule, clock in with_it.items()} == {r: c.on for r, c in without.items()}
    # The six weeks end on 13 July, before the school closes; the law of reviews names no exception.
    assert {rule for rule, clock in with_it.items() if clock.claimed} == {"no-plan", "final-plan"}


@pytest.mark.parametrize(
    ("kind", "last", "enough"),
    [
        ("school-closed", date(2026, 8, 16), False),
        ("school-closed", date(2026, 8, 17), True),
        ("absent-from-area", date(2026, 8, 1), False),
        ("absent-from-area", None, True),
        ("personal-circumstances", date(2026, 7, 20), True),
    ],
)
def test_the_law_asks_for_four_weeks_on_end_but_for_personal_circumstances(
    kind: ExceptionKind, last: date | None, enough: bool
) -> None:
    assert long_enough(kind, date(2026, 7, 20), last) is enough


@given(DAYS, st.sampled_from(KINDS), DAYS, st.integers(0, 400))
def test_no_exception_ever_moves_a_clock(received: date, kind: ExceptionKind, first: date, days: int) -> None:
    known = Dates(request_received=received, review_meeting=received)
    claim = a_claim(kind, first, first + timedelta(days=days))
    ends = [(c.rule, c.on) for c in clocks("school-referral", known)]
    assert [(c.rule, c.on) for c in clocks("school-referral", known, claims=[claim])] == ends


@given(DAYS)
def test_a_rule_of_an_older_law_ends_where_its_successor_begins(day: date) -> None:
    """Of each rule exactly one version counts from any day on."""
    for rule in RULES:
        versions = [each for each in RULES if each.code == rule.code]
        known = Dates(**{rule.counted_from: day})
        running = [each for each in versions if each.clock(known)]
        assert len(running) == 1


@pytest.mark.parametrize(
    ("opened", "by"),
    [
        # Thursday 2 April 2026, a minute before five in London and at five: Easter lies between.
        ("2026-04-02 15:59", date(2026, 4, 20)),
        ("2026-04-02 16:00", date(2026, 4, 21)),
        # The Saturday before the clocks go forward counts as Monday.
        ("2026-03-28 10:00", date(2026, 4, 15)),
        # Before Christmas, with the offices closed until New Year; half past five in winter is half past five.
        ("2026-12-23 16:00", date(2027, 1, 14)),
        ("2026-12-23 17:30", date(2027, 1, 15)),
        # Over the bank holiday of 25 May 2026.
        ("2026-05-18 09:00", date(2026, 6, 2)),
        # Over 29 February 2028, a Tuesday on which people work.
        ("2028-02-21 09:00", date(2028, 3, 6)),
    ],
)
def test_ten_working_days_count_from_the_day_on_which_it_came_before_five(opened: str, by: date) -> None:
    assert urgent_by(at(opened), None, BOOK.working) == by


@given(st.datetimes(datetime(2024, 1, 1), datetime(2031, 1, 1)), st.integers(0, 60 * 24 * 14))
def test_what_comes_later_is_never_due_earlier(opened: datetime, minutes: int) -> None:
    first = at(opened.isoformat(" "))
    later = first + timedelta(minutes=minutes)
    assert urgent_by(first, None, BOOK.working) <= urgent_by(later, None, BOOK.working)
    assert BOOK.working.is_working_day(urgent_by(first, None, BOOK.working))
