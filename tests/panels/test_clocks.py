"""What the law allows, in dates worked out by hand."""

from datetime import date, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import Trigger
from services.panels.domain.legal.clocks import EARLIEST, RULES, DateName, Dates, clocks, deadline, urgent_by
from tests.panels.builders import BOOK, at

DAYS = st.dates(min_value=EARLIEST, max_value=date(2040, 12, 31))
MAYBE = st.none() | DAYS
TRIGGERS: tuple[Trigger, ...] = ("school-referral", "draft-plan", "annual-review")


@pytest.mark.parametrize(
    ("trigger", "dates", "rule", "on"),
    [
        # 20 weeks are 140 days: 5 January + 140 = 25 May (a bank holiday, which the law does not mind).
        ("draft-plan", Dates(request_received=date(2026, 1, 5)), "final-plan", date(2026, 5, 25)),
        ("school-referral", Dates(request_received=date(2026, 1, 5)), "final-plan", date(2026, 5, 25)),
        # 4 weeks over 29 February 2028.
        ("annual-review", Dates(review_meeting=date(2028, 2, 10)), "review-decision", date(2028, 3, 9)),
        ("school-referral", Dates(review_meeting=date(2028, 2, 10)), "review-decision", date(2028, 3, 9)),
        # 8 weeks from the proposed amendments, once they were served.
        (
            "annual-review",
            Dates(review_meeting=date(2026, 1, 5), draft_served=date(2026, 1, 30)),
            "amended-plan",
            date(2026, 3, 27),
        ),
        # A school's referral with both dates: the earlier limit counts.
        (
            "school-referral",
            Dates(request_received=date(2026, 1, 5), review_meeting=date(2026, 1, 12)),
            "review-decision",
            date(2026, 2, 9),
        ),
    ],
)
def test_a_deadline_is_counted_from_its_trigger(trigger: Trigger, dates: Dates, rule: str, on: date) -> None:
    found = deadline(trigger, dates)
    assert found is not None
    assert (found.rule, found.on) == (rule, on)
    assert found.source.startswith("SI 2014/1530 reg ")


def test_a_draft_is_open_for_views_for_fifteen_days_beginning_with_the_day_it_was_served() -> None:
    # Served on the 2nd: the 2nd is the first of fifteen days, the 16th the last, the 17th the first day after.
    (views,) = clocks("draft-plan", Dates(draft_served=date(2026, 3, 2)))
    assert (views.sense, views.on) == ("not-before", date(2026, 3, 17))


@pytest.mark.parametrize(
    ("trigger", "dates"),
    [
        ("draft-plan", Dates()),
        ("draft-plan", Dates(draft_served=date(2026, 1, 5), review_meeting=date(2026, 1, 5))),
        ("annual-review", Dates(request_received=date(2026, 1, 5))),
        ("school-referral", Dates()),
        ("draft-plan", Dates(request_received=date(2014, 8, 31))),
    ],
)
def test_without_its_date_a_case_has_no_deadline(trigger: Trigger, dates: Dates) -> None:
    assert deadline(trigger, dates) is None


def test_an_urgent_case_is_due_on_its_need_by_date_or_after_ten_working_days() -> None:
    assert urgent_by(at("2026-03-30 09:00"), date(2026, 4, 7), BOOK.working) == date(2026, 4, 7)
    # From Monday 30 March 2026: Good Friday 3 April and Easter Monday 6 April do not count.
    assert urgent_by(at("2026-03-30 09:00"), None, BOOK.working) == date(2026, 4, 15)


@given(st.sampled_from(TRIGGERS), MAYBE, MAYBE, MAYBE)
def test_a_deadline_never_moves_back_when_its_date_moves_on(
    trigger: Trigger, received: date | None, served: date | None, met: date | None
) -> None:
    dates = Dates(request_received=received, draft_served=served, review_meeting=met)
    before = deadline(trigger, dates)
    later = {name: day + timedelta(days=1) for name, day in dates if day}
    after = deadline(trigger, Dates(**later))
    assert (before is None) == (after is None)
    if before and after:
        assert after.on == before.on + timedelta(days=1)


@given(st.sampled_from(TRIGGERS), DAYS)
def test_every_clock_names_its_rule_its_source_and_the_date_it_counts_from(
    trigger: Trigger, day: date
) -> None:
    names = get_args(DateName)
    running = clocks(trigger, Dates(**dict.fromkeys(names, day)))
    assert {clock.rule for clock in running} == {
        rule.code for rule in RULES if trigger in rule.triggers and (rule.met_by or not rule.moot_by)
    }
    assert all(clock.counted_from == day and clock.source and clock.words for clock in running)
    assert [clock.on for clock in running] == sorted(clock.on for clock in running)
