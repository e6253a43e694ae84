"""When panels sit: eight times in every month, on working days."""

from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import LONDON
from services.panels.domain.panels.panel import Moved, Panel
from services.panels.domain.panels.recurrence import checked_rule, days_in_month
from services.panels.domain.panels.sittings_calendar import (
    BadCalendar,
    PanelBook,
    check,
    sitting_days,
    split_id,
)
from tests.panels.builders import BOOK

MONTHS = list(product(range(2024, 2031), range(1, 13)))
PANEL = BOOK.panels[0]


def days(year: int, month: int) -> list[str]:
    return [f"{slot.sits_on:%a %d}" for slot in BOOK.month("placement", year, month)]


def changed(panel: Panel = PANEL, **calendar: object) -> Panel:
    """The panel with another calendar, checked like a file."""
    whole = panel.model_dump()
    return Panel.model_validate(whole | {"calendar": whole["calendar"] | calendar})


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_eight_sittings_every_month_on_working_days_and_never_two_on_a_day(year: int, month: int) -> None:
    slots = BOOK.month("placement", year, month)
    assert len(slots) == 8
    assert len({slot.sits_on for slot in slots}) == 8
    assert all(BOOK.working.is_working_day(slot.sits_on) for slot in slots)
    assert all((slot.sits_on.year, slot.sits_on.month) == (year, month) for slot in slots)


@given(st.sampled_from(MONTHS))
def test_papers_close_five_working_days_before_at_five_and_the_batch_is_confirmed_before(
    when: tuple[int, int],
) -> None:
    for slot in BOOK.month("placement", *when):
        closing, confirm_by = slot.papers_close_at.astimezone(LONDON), slot.confirm_by.astimezone(LONDON)
        assert (closing.hour, closing.minute) == (17, 0)
        assert BOOK.working.between(closing.date(), slot.sits_on) == 5
        assert confirm_by.date() == closing.date()
        assert confirm_by < closing < slot.sits_at
        assert slot.sits_at.astimezone(LONDON).strftime("%H:%M") == "09:30"


def test_a_month_without_holidays_has_the_first_four_tuesdays_and_thursdays() -> None:
    assert days(2026, 3) == [
        "Tue 03", "Thu 05", "Tue 10", "Thu 12", "Tue 17", "Thu 19", "Tue 24", "Thu 26",
    ]  # fmt: skip


def test_boxing_day_moves_back_because_the_offices_stay_closed_until_new_year() -> None:
    # 2024: Thursday 26 December is Boxing Day; 27, 30 and 31 are closed, 25 is Christmas, 24 has its own sitting.
    assert days(2024, 12)[-3:] == ["Thu 19", "Mon 23", "Tue 24"]


def test_christmas_day_moves_to_christmas_eve() -> None:
    # 2025: Thursday 25 December; Friday 26 is Boxing Day, 29 to 31 are closed.
    assert days(2025, 12)[-2:] == ["Tue 23", "Wed 24"]


def test_new_years_day_moves_to_the_day_after() -> None:
    assert days(2026, 1)[0] == "Fri 02"


def test_easter_tuesday_is_a_working_day_and_maundy_thursday_too() -> None:
    # Easter Day is 5 April 2026: Good Friday is the 3rd, Easter Monday the 6th.
    assert days(2026, 4) == [
        "Thu 02", "Tue 07", "Thu 09", "Tue 14", "Thu 16", "Tue 21", "Thu 23", "Tue 28",
    ]  # fmt: skip


def test_papers_before_easter_close_seven_days_earlier_than_usual() -> None:
    # Five working days before Thursday 9 April 2026, over Good Friday and Easter Monday: 8, 7, 2, 1 April, 31 March.
    slot = BOOK.slot("placement-2026-04-09")
    assert slot is not None
    assert slot.papers_close_at.astimezone(LONDON).isoformat() == "2026-03-31T17:00:00+01:00"


def test_the_29th_of_february_is_an_ordinary_day() -> None:
    # 2028 is a leap year; the 29th is the fifth Tuesday, so nobody sits, but it counts as a working day.
    assert days(2028, 2)[-1] == "Thu 24"
    slot = BOOK.slot("placement-2028-03-02")
    assert slot is not None
    assert slot.papers_close_at.date() == date(2028, 2, 24)


def test_a_panel_may_sit_on_the_29th_of_february() -> None:
    monthly = changed(rule="FREQ=MONTHLY;BYDAY=5TU,-1TU", sittings_a_month=1)
    assert sitting_days(monthly, 2028, 2, BOOK.working) == [date(2028, 2, 29)]


def test_the_hour_is_londons_in_winter_and_in_summer() -> None:
    # The clocks go forward on 29 March 2026.
    hours = [slot.sits_at.strftime("%H:%M") for slot in BOOK.months("placement", date(2026, 3, 1), 2)]
    assert hours == ["09:30"] * 8 + ["08:30"] * 8


def test_a_date_moved_by_hand_is_moved() -> None:
    moved = changed(moved=[Moved(day=date(2026, 5, 7), to=date(2026, 5, 6), reason="elections").model_dump()])
    assert date(2026, 5, 6) in sitting_days(moved, 2026, 5, BOOK.working)
    assert date(2026, 5, 7) not in sitting_days(moved, 2026, 5, BOOK.working)


def test_a_move_to_a_bank_holiday_is_refused() -> None:
    moved = changed(moved=[Moved(day=date(2026, 5, 7), to=date(2026, 5, 4), reason="elections").model_dump()])
    with pytest.raises(BadCalendar, match="name a working day of that month"):
        check(PanelBook((moved,), BOOK.working))


def test_dates_that_move_back_move_back() -> None:
    # 2026: 1 January is a holiday and nothing comes before it in the month, so it still moves forward.
    back = changed(when_not_a_working_day="previous")
    assert sitting_days(back, 2026, 1, BOOK.working)[0] == date(2026, 1, 2)
    assert sitting_days(back, 2024, 12, BOOK.working) == sitting_days(PANEL, 2024, 12, BOOK.working)


def test_a_rule_that_never_falls_is_refused() -> None:
    never = changed(rule="FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30")
    with pytest.raises(BadCalendar, match="panel placement never sits"):
        check(PanelBook((never,), BOOK.working))


def test_two_files_of_one_panel_in_effect_on_one_day_are_refused() -> None:
    later = PANEL.model_copy(update={"effective_from": date(2027, 1, 1)})
    with pytest.raises(BadCalendar, match="two files in effect on 2027-01-01"):
        check(PanelBook((PANEL, later), BOOK.working))


def test_a_later_file_takes_over_on_its_day() -> None:
    first = PANEL.model_copy(update={"effective_to": date(2026, 12, 31)})
    later = changed(rule="FREQ=MONTHLY;BYDAY=1WE", sittings_a_month=1).model_copy(
        update={"effective_from": date(2027, 1, 1)}
    )
    book = PanelBook((first, later), BOOK.working)
    check(book)
    assert len(book.month("placement", 2026, 12)) == 8
    assert [slot.sits_on for slot in book.month("placement", 2027, 1)] == [date(2027, 1, 6)]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("every Tuesday", "needs FREQ="),
        ("FREQ=SECONDLY", "needs FREQ="),
        ("FREQ=MONTHLY;COUNT=3", "effective_to instead"),
        ("FREQ=MONTHLY;BYDAY=XX", "not an RFC 5545"),
        ("FREQ=MONTHLY;BYDAY", "not an RFC 5545"),
    ],
)
def test_a_rule_that_cannot_be_read_is_answered_with_what_to_write(rule: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        checked_rule(rule)


def test_every_other_week_is_counted_from_the_beginning_of_the_panel() -> None:
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"
    found = [day for month in (1, 2, 3) for day in days_in_month(rule, date(2026, 1, 1), 2026, month)]
    assert {(later - earlier).days for earlier, later in pairwise(found)} == {14}


@given(st.text(max_size=80))
def test_any_text_is_a_sittings_id_or_is_not(text: str) -> None:
    assert BOOK.slot(text) is None


def test_an_id_names_its_panel_and_day() -> None:
    assert split_id("placement-2026-03-05") == ("placement", date(2026, 3, 5))
    assert split_id("placement-2026-02-30")[1] is None
    assert split_id("2026-03-05")[1] is None


def test_a_funding_panels_papers_close_fourteen_days_before_and_earlier_over_a_bank_holiday() -> None:
    papers = PANEL.papers.model_copy(
        update={"close_working_days_before": None, "close_calendar_days_before": 14}
    )
    assert papers.closing_day(date(2026, 3, 19), BOOK.working) == date(2026, 3, 5)
    # Fourteen days before 20 April 2026 is Easter Monday; Good Friday is closed too.
    assert papers.closing_day(date(2026, 4, 20), BOOK.working) == date(2026, 4, 2)


def test_a_panel_that_keeps_the_schools_holidays_has_no_sitting_in_them_and_no_other_day_for_it() -> None:
    term_time = changed(in_school_holidays="skip")
    august = {date(2026, 8, day) for day in range(1, 32)}
    assert sitting_days(term_time, 2026, 8, BOOK.working, august) == []
    assert len(sitting_days(term_time, 2026, 7, BOOK.working, august)) == 8
    check(PanelBook((term_time,), BOOK.working, frozenset(august)))
