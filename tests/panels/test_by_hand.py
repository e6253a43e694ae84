"""Sittings by hand: an extra one, a cancelled one, and one that takes place on another day."""

from datetime import date, time
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.panels_v1 import CaseListed, CaseUnlisted, SittingCancelled, SittingLocked, SittingScheduled
from services.panels import learning
from services.panels.domain.commands import ScheduleSitting, WithdrawCase
from services.panels.domain.sittings.arranging import AddSitting, CancelSitting, MoveSitting
from services.panels.domain.sittings.sitting import Sitting, scheduling
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, PanelsBench, at

FRIDAY_6_MARCH = "placement-2026-03-06"


def an_extra(day: date = date(2026, 3, 6), **given: Any) -> AddSitting:
    fields: dict[str, Any] = {"panel": "placement", "sits_on": day, "why": "The queue is long."}
    return AddSitting(**(fields | given))


def cancel(bench: PanelsBench, sitting_id: str = THURSDAY_5_MARCH, **given: Any) -> list[Any]:
    seen = bench.sitting(sitting_id).case_ids
    fields: dict[str, Any] = {"reason": "no-room", "words": "The hall is flooded.", "seen": seen}
    return bench.deliver(CancelSitting(sitting_id, **(fields | given)))


def test_an_extra_sitting_is_one_like_the_others() -> None:
    bench = PanelsBench()
    (told,) = bench.deliver(an_extra(capacity=6))
    assert told == SittingScheduled(
        sitting_id=FRIDAY_6_MARCH,
        panel="placement",
        sits_at=at("2026-03-06 09:30"),
        papers_close_at=at("2026-02-27 17:00"),
        capacity=6,
        kind="extra",
        minutes=210,
        confirm_by=bench.sitting(FRIDAY_6_MARCH).confirm_by,
    )
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id, sitting_id=FRIDAY_6_MARCH)
    bench.advance(at("2026-03-06 09:30"))
    assert (bench.sitting(FRIDAY_6_MARCH).status, bench.sitting(FRIDAY_6_MARCH).why) == (
        "held",
        "The queue is long.",
    )


def test_an_extra_sitting_may_have_an_hour_and_a_closing_time_of_its_own() -> None:
    bench = PanelsBench()
    closes = at("2026-02-05 12:00")
    bench.deliver(an_extra(date(2026, 2, 6), hour=time(14), papers_close_at=closes))
    sitting = bench.sitting("placement-2026-02-06")
    assert (sitting.sits_at, sitting.papers_close_at, sitting.confirm_by) == (
        at("2026-02-06 14:00"),
        closes,
        closes,
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"day": date(2026, 3, 5)}, "sits-already"),
        ({"day": date(2026, 9, 1)}, "sits-already"),  # of the calendar, and not made yet
        ({"day": date(2026, 3, 7)}, "closed-day"),  # a Saturday
        ({"day": date(2026, 4, 6)}, "closed-day"),  # Easter Monday
        ({"day": date(2026, 1, 30)}, "day-past"),
        ({"day": date(2028, 3, 3)}, "too-far"),
        ({"day": date(2026, 2, 6)}, "papers-closed"),  # its papers would have closed the week before
        ({"papers_close_at": at("2026-03-06 10:00")}, "papers-closed"),
        ({"panel": "nobody"}, "unknown-panel"),
    ],
)
def test_an_extra_sitting_that_cannot_be_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        PanelsBench().deliver(an_extra(**given))


def test_a_cancelled_sitting_gives_its_cases_back_to_the_queue_and_says_so_once_each() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first, second)
    bench.said.clear()
    told = cancel(bench)
    assert [type(each) for each in told] == [SittingCancelled, CaseUnlisted, CaseUnlisted]
    unlisted = told[1]
    assert (unlisted.case_id, unlisted.sits_on, unlisted.reason, unlisted.due_on) == (
        first,
        date(2026, 3, 5),
        "sitting-cancelled",
        date(2026, 5, 4),
    )
    assert {bench.case(n).status for n in (1, 2)} == {"queued"}
    assert bench.case(1).listing is None
    assert bench.sitting().cancelled is not None
    assert bench.sitting().case_ids == ()
    bench.confirm(first, second, sitting_id="placement-2026-03-10")
    assert bench.case(2).sits("placement-2026-03-10")


def test_what_was_withdrawn_meanwhile_stays_withdrawn_when_its_sitting_is_cancelled() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first, second)
    bench.deliver(WithdrawCase(first, "moved-away"))
    cancel(bench)
    assert (bench.case(1).status, bench.case(2).status) == ("withdrawn", "queued")


def test_the_calendar_does_not_bring_a_cancelled_sitting_back_and_nothing_falls_due_for_it() -> None:
    bench = PanelsBench()
    cancel(bench)
    assert bench.deliver(ScheduleSitting(THURSDAY_5_MARCH)) == []
    assert {each.what for each in bench.due if each.id == THURSDAY_5_MARCH} <= {"keep-calendar"}
    bench.advance(at("2026-03-06 12:00"))
    assert bench.sitting().status == "cancelled"


def test_a_sitting_is_cancelled_even_after_papers_closed_but_not_once_it_has_begun() -> None:
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(1))
    bench.advance(at("2026-03-05 09:29"))
    assert bench.sitting().status == "locked"
    bench.advance(at("2026-03-05 09:30"))
    with pytest.raises(Refused, match="sitting-over"):
        cancel(bench)


def test_a_sitting_is_cancelled_once() -> None:
    bench = PanelsBench()
    cancel(bench)
    with pytest.raises(Refused, match="sitting-over"):
        cancel(bench)


def test_whoever_did_not_see_the_present_batch_cancels_nothing() -> None:
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(1))
    with pytest.raises(Refused, match="agenda-changed"):
        cancel(bench, seen=())
    assert bench.case().status == "listed"


def test_a_moved_sitting_takes_its_batch_along_and_each_family_is_told_the_new_date() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    told = bench.deliver(MoveSitting(THURSDAY_5_MARCH, date(2026, 3, 6), "The hall is taken.", (case_id,)))
    cancelled = next(each for each in told if isinstance(each, SittingCancelled))
    assert cancelled.moved_to == date(2026, 3, 6)
    off, on = (each for each in told if isinstance(each, CaseUnlisted | CaseListed))
    assert isinstance(off, CaseUnlisted)
    assert isinstance(on, CaseListed)
    assert (off.reason, on.sits_on, on.decision_by) == ("moved", date(2026, 3, 6), date(2026, 3, 13))
    assert (on.why, on.was_on) == ("moved", date(2026, 3, 5)), "the letter says which date it was"
    assert bench.case().sits(FRIDAY_6_MARCH)
    assert bench.sitting(FRIDAY_6_MARCH).case_ids == (case_id,)
    bench.advance(at("2026-03-06 09:30"))
    assert bench.sitting(FRIDAY_6_MARCH).status == "held"


def test_a_locked_sitting_stays_locked_on_its_new_day() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.advance(at("2026-03-04 09:00"))
    told = bench.deliver(MoveSitting(THURSDAY_5_MARCH, date(2026, 3, 9), "Snow.", (case_id,)))
    assert [type(each) for each in told if isinstance(each, SittingLocked)] == [SittingLocked]
    assert bench.sitting("placement-2026-03-09").status == "locked"


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2026, 3, 10), "sits-already"), (date(2026, 3, 8), "closed-day"), (date(2026, 1, 30), "day-past")],
)
def test_a_sitting_moves_to_no_day_that_is_taken_closed_or_past(day: date, code: str) -> None:
    with pytest.raises(Refused, match=code):
        PanelsBench().deliver(MoveSitting(THURSDAY_5_MARCH, day, "Snow."))


def test_a_sitting_by_hand_survives_the_loss_of_the_database() -> None:
    bench = PanelsBench()
    before = [scheduling(bench.sitting(each)) for each in (THURSDAY_5_MARCH, "placement-2026-03-10")]
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.deliver(MoveSitting(THURSDAY_5_MARCH, date(2026, 3, 6), "Snow.", (case_id,)))
    cancel(bench, "placement-2026-03-10")
    rules = learning.build(BOOK).restoring.rules
    found: dict[tuple[str, str], Any] = {}
    for fact in [*before, *bench.said]:
        rule = rules[type(fact)]
        place = (rule.kind.name, rule.key(fact))
        state = rule.decide(found.get(place), fact).state
        found[place] = found.get(place) if state is None else state
    moved: Sitting = found["sitting", FRIDAY_6_MARCH]
    kept = bench.sitting(FRIDAY_6_MARCH)
    again = moved.model_copy(update={"why": kept.why, "confirmed_at": kept.confirmed_at})
    assert again == kept
    assert found["sitting", "placement-2026-03-10"].status == "cancelled"
    assert found["sitting", THURSDAY_5_MARCH].status == "cancelled"
