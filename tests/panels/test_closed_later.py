"""A day that is closed after the calendar was made, as by a bank holiday that is proclaimed."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import LONDON, WorkingCalendar, london_date
from services.panels import handlers
from services.panels.domain.commands import ScheduleSitting
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.arranging import CancelSitting, MoveSitting
from services.panels.domain.sittings.moving import to_make, to_move
from services.panels.domain.sittings.sitting import SITTING, Sitting, made, wanted
from tests.panels.builders import BOOK, MONDAY, PanelsBench, at

TUESDAY_10_MARCH = "placement-2026-03-10"


def closing(*days: date) -> PanelBook:
    """The panels as they are, with further closed days."""
    own = [(day, day) for day in BOOK.working.closed]
    return PanelBook(BOOK.panels, WorkingCalendar([*own, *((day, day) for day in days)]))


def sittings(bench: PanelsBench, *more: str) -> list[Sitting]:
    ids = [*wanted(BOOK, MONDAY), *more]
    found = (bench.state(SITTING, sitting_id) for sitting_id in ids)
    return [sitting for sitting in found if sitting]


def test_a_sitting_on_a_day_that_was_closed_since_is_proposed_for_the_calendars_new_day() -> None:
    bench, book = PanelsBench(), closing(date(2026, 3, 10))
    assert to_move(book, sittings(bench), MONDAY) == {TUESDAY_10_MARCH: date(2026, 3, 11)}


def test_until_a_person_says_yes_nothing_moves_and_no_second_sitting_is_made() -> None:
    bench, book = PanelsBench(), closing(date(2026, 3, 10))
    assert "placement-2026-03-11" in wanted(book, MONDAY)
    assert "placement-2026-03-11" not in to_make(book, sittings(bench), MONDAY)
    assert set(to_make(book, sittings(bench), MONDAY)) < set(wanted(book, MONDAY))
    assert bench.sitting(TUESDAY_10_MARCH).status == "scheduled"


def test_with_a_persons_yes_it_moves_and_the_month_has_its_eight_sittings() -> None:
    bench, book = PanelsBench(), closing(date(2026, 3, 10))
    bench.go_on_with(handlers.build(book))
    bench.deliver(MoveSitting(TUESDAY_10_MARCH, date(2026, 3, 11), ""))
    moved = bench.sitting("placement-2026-03-11")
    assert (moved.status, moved.kind) == ("scheduled", "regular")
    gone = bench.sitting(TUESDAY_10_MARCH).cancelled
    assert gone is not None
    assert gone.reason == "closed-day"
    known = sittings(bench, moved.sitting_id)
    assert to_move(book, known, MONDAY) == {}
    assert set(to_make(book, known, MONDAY)) <= {each.sitting_id for each in known}


def test_where_it_is_moved_to_another_day_or_cancelled_the_calendar_brings_no_second_one() -> None:
    book = closing(date(2026, 3, 10))
    for command in (
        MoveSitting(TUESDAY_10_MARCH, date(2026, 3, 13), ""),
        CancelSitting(TUESDAY_10_MARCH, "closed-day", "", ()),
    ):
        bench = PanelsBench()
        bench.go_on_with(handlers.build(book))
        bench.deliver(command)
        known = sittings(bench, "placement-2026-03-13")
        assert "placement-2026-03-11" not in to_make(book, known, MONDAY)


def test_a_month_that_is_made_after_the_day_was_closed_has_its_new_day() -> None:
    bench, book = (
        PanelsBench(),
        closing(date(2026, 6, 2)),
    )  # the first Tuesday of a month that is not made yet
    bench.go_on_with(handlers.build(book))
    for sitting_id in to_make(book, sittings(bench), MONDAY):
        bench.deliver(ScheduleSitting(sitting_id))
    bench.advance(at("2026-03-02 12:00"))
    june = [slot.sitting_id for slot in book.month("placement", 2026, 6)]
    assert "placement-2026-06-03" in june
    assert {bench.sitting(sitting_id).status for sitting_id in june} == {"scheduled"}
    assert bench.state(SITTING, "placement-2026-06-02") is None


DAYS = st.dates(date(2026, 2, 3), date(2026, 5, 28))


@given(st.sets(DAYS, max_size=6))
def test_whatever_is_closed_later_each_sitting_moves_to_a_working_day_of_its_own(days: set[date]) -> None:
    book = closing(*days)
    known = [a_sitting(slot_id) for slot_id in wanted(BOOK, MONDAY)]
    proposed = to_move(book, known, MONDAY)
    standing = {each.sits_on for each in known}
    assert proposed.keys() == {
        each.sitting_id for each in known if not book.working.is_working_day(each.sits_on)
    }
    assert len(set(proposed.values())) == len(proposed)
    assert not set(proposed.values()) & standing
    assert all(book.working.is_working_day(day) and day > london_date(MONDAY) for day in proposed.values())
    after = (standing - {date.fromisoformat(id[-10:]) for id in proposed}) | set(proposed.values())
    assert len(after) == len(known)
    assert {date.fromisoformat(id[-10:]) for id in to_make(book, known, MONDAY)} <= after


def a_sitting(sitting_id: str) -> Sitting:
    slot = BOOK.slot(sitting_id)
    assert slot is not None
    return made(slot)


CHANGES_AND_FEASTS = st.sampled_from([(year, month) for year in range(2024, 2032) for month in (2, 3, 4, 10)])


@given(CHANGES_AND_FEASTS)
def test_over_leap_days_easter_and_the_change_of_the_clocks_hours_stay_londons_and_days_working_ones(
    month: tuple[int, int],
) -> None:
    for slot in BOOK.month("placement", *month):
        sits, closes = slot.sits_at.astimezone(LONDON), slot.papers_close_at.astimezone(LONDON)
        assert (f"{sits:%H:%M}", f"{closes:%H:%M}") == ("09:30", "17:00")
        assert BOOK.working.is_working_day(sits.date())
        assert BOOK.working.is_working_day(closes.date())
        assert timedelta(days=6) <= sits.date() - closes.date() <= timedelta(days=14)
