"""A sitting on its way: scheduled, confirmed, locked, held; or lapsed."""

from datetime import date
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.panels_v1 import CaseListed, SittingConfirmed, SittingLocked, SittingScheduled
from services.panels.domain.commands import CompleteCase, ConfirmSitting, ScheduleSitting
from services.panels.domain.sittings.agenda import _fit
from services.panels.domain.sittings.sitting import (
    BEGINS,
    CONFIRM_DUE,
    PAPERS_CLOSE,
    SCHEDULE,
    SITTING,
    wanted,
)
from tests.panels.builders import BOOK, MONDAY, THURSDAY_5_MARCH, PanelsBench, an_ask, at

TUESDAY_10_MARCH = "placement-2026-03-10"


def test_the_sittings_of_this_and_the_next_three_months_exist() -> None:
    ids = wanted(BOOK, MONDAY)
    assert len(ids) == 32
    assert (ids[0], ids[-1]) == ("placement-2026-02-03", "placement-2026-05-28")


def test_a_sitting_that_has_begun_is_not_wanted_any_more() -> None:
    assert wanted(BOOK, at("2026-02-03 09:30"))[0] == "placement-2026-02-05"


def test_a_sitting_is_scheduled_once() -> None:
    bench = PanelsBench()
    assert bench.deliver(ScheduleSitting(THURSDAY_5_MARCH)) == []
    (told,) = bench.deliver(ScheduleSitting("placement-2026-06-02"))
    assert told == SittingScheduled(
        sitting_id="placement-2026-06-02",
        panel="placement",
        sits_at=at("2026-06-02 08:30"),  # 09:30 in London's summer
        papers_close_at=at("2026-05-26 16:00"),  # the day after the bank holiday
        capacity=12,
        minutes=210,
        confirm_by=at("2026-05-26 11:00"),
    )


def test_a_day_that_the_calendar_does_not_have_is_passed_over() -> None:
    assert PanelsBench().deliver(ScheduleSitting("placement-2026-03-04")) == []


def test_the_calendar_goes_on_by_itself_for_two_years() -> None:
    bench = PanelsBench()
    bench.advance(at("2028-02-01 12:00"))
    expected = [slot.sitting_id for slot in BOOK.months("placement", date(2026, 2, 1), 28)]
    assert all(bench.sitting(sitting_id) for sitting_id in expected)
    assert expected[-1].startswith("placement-2028-05")
    assert bench.state(SITTING, "placement-2028-06-01") is None


def test_the_clock_stops_to_confirm_to_close_papers_and_to_sit() -> None:
    due = {each.what: each.at for each in PanelsBench().due if each.id == THURSDAY_5_MARCH and each.at}
    due.pop(SCHEDULE)  # it exists already, so that this changes nothing
    assert due == {
        CONFIRM_DUE: at("2026-02-26 12:00"),
        PAPERS_CLOSE: at("2026-02-26 17:00"),
        BEGINS: at("2026-03-05 09:30"),
    }


def test_a_batch_is_confirmed_and_each_of_its_cases_is_listed() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.said.clear()
    bench.confirm(second, first)
    confirmed, listed, _ = bench.said
    assert confirmed == SittingConfirmed(
        sitting_id=THURSDAY_5_MARCH, case_ids=(second, first), confirmed_at=MONDAY
    )
    assert listed == CaseListed(
        case_id=second,
        referral_id=bench.case(2).referral_id,
        panel="placement",
        sitting_id=THURSDAY_5_MARCH,
        sits_on=date(2026, 3, 5),
        papers_close_at=at("2026-02-26 17:00"),
        decision_by=date(2026, 3, 12),  # five working days after the sitting
        sits_at=at("2026-03-05 09:30"),
    )
    assert bench.case(1).status == bench.case(2).status == "listed"


def test_no_batch_is_confirmed_for_a_panel_that_no_file_describes_any_more() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.forget_panels()
    with pytest.raises(Refused, match="unknown-panel"):
        bench.confirm(case_id)
    assert bench.sitting().case_ids == ()


def test_a_confirmed_batch_is_locked_when_papers_close_and_held_at_its_hour() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    locking = [e for e in bench.advance(at("2026-02-26 17:00")) if isinstance(e, SittingLocked)]
    assert locking[-1].case_ids == (case_id,)
    assert bench.sitting().status == "locked"
    bench.advance(at("2026-03-05 09:30"))
    assert bench.sitting().status == "held"


def test_an_unconfirmed_sitting_stays_open_when_papers_close_and_is_flagged() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.advance(at("2026-02-26 12:00"))
    assert bench.sitting().flag == "confirmation-due"
    bench.advance(at("2026-02-26 17:00"))
    assert (bench.sitting().status, bench.sitting().flag) == ("scheduled", "confirmation-overdue")
    bench.said.clear()
    bench.confirm(case_id)
    assert (bench.sitting().status, bench.sitting().flag) == ("locked", None)
    assert [type(event) for event in bench.said] == [SittingConfirmed, SittingLocked, CaseListed]


def test_a_sitting_that_nobody_confirmed_lapses_at_its_hour_and_its_cases_wait() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.advance(at("2026-03-05 09:30"))
    assert bench.sitting().status == "lapsed"
    assert bench.case().status == "queued"
    with pytest.raises(Refused, match="sitting-closed"):
        bench.confirm(case_id)


def test_timers_in_any_order_after_an_outage_lock_before_the_sitting_is_held() -> None:
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(1))
    begins, closes = (
        next(due for due in bench.due if due.id == THURSDAY_5_MARCH and due.what == what)
        for what in (BEGINS, PAPERS_CLOSE)
    )
    bench.now = at("2026-03-05 11:00")
    (locked,) = bench.deliver(begins, kind="sitting")
    assert isinstance(locked, SittingLocked)
    assert bench.deliver(closes, kind="sitting") == []
    assert bench.sitting().status == "held"


def test_a_locked_sitting_is_not_confirmed_again() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first)
    bench.advance(at("2026-02-26 17:00"))
    with pytest.raises(Refused, match="sitting-closed"):
        bench.confirm(second)


def test_a_confirmed_batch_may_grow_until_papers_close_and_keeps_its_cases() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first)
    bench.confirm(second)
    assert bench.sitting().case_ids == (first, second)


def test_confirming_the_same_again_changes_nothing() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.said.clear()
    bench.confirm(case_id)
    assert bench.said == []
    assert bench.answer["state"] == "confirmed"


def test_a_co_ordinator_who_did_not_see_the_present_batch_is_asked_to_look_again() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.confirm(first)
    with pytest.raises(Refused, match="agenda-changed"):
        bench.deliver(ConfirmSitting(THURSDAY_5_MARCH, (second,), seen=()))


@pytest.mark.parametrize("count", [13, 400])
def test_more_cases_than_places_are_refused_whole_and_told_where_else(count: int) -> None:
    bench = PanelsBench()
    ids = bench.open_cases(count)
    with pytest.raises(Refused) as refused:
        bench.confirm(*ids)
    assert refused.value.code == "capacity-exceeded"
    assert "hears 12 cases" in refused.value.detail
    assert refused.value.detail.endswith(
        f"{count} were named: leave some to other sittings, as the plan has them, or add an extra sitting."
    )
    assert {bench.case(n).status for n in range(1, count + 1)} == {"queued"}


def test_an_incomplete_case_is_refused_by_name() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=an_ask(papers_complete=False))
    with pytest.raises(Refused) as refused:
        bench.confirm(case_id)
    assert refused.value.code == "case-incomplete"
    assert case_id in refused.value.detail


def test_a_case_is_listed_at_one_sitting_only() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    with pytest.raises(Refused, match="case-not-queued"):
        bench.confirm(case_id, sitting_id=TUESDAY_10_MARCH)


def test_papers_that_were_complete_after_papers_closed_are_too_late() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=an_ask(papers_complete=False))
    bench.advance(at("2026-02-26 17:01"))
    bench.deliver(CompleteCase(case_id, papers_complete=True))
    with pytest.raises(Refused, match="papers-late"):
        bench.confirm(case_id)
    bench.confirm(case_id, sitting_id=TUESDAY_10_MARCH)


@pytest.mark.parametrize(
    ("sitting_id", "case_ids", "code"),
    [
        ("placement-2026-03-06", ("someone",), "unknown-sitting"),
        (THURSDAY_5_MARCH, ("someone",), "unknown-case"),
        (THURSDAY_5_MARCH, ("someone", "someone"), "listed-twice"),
        (THURSDAY_5_MARCH, (), "empty-batch"),
    ],
)
def test_what_cannot_be_confirmed_is_refused(sitting_id: str, case_ids: tuple[str, ...], code: str) -> None:
    with pytest.raises(Refused, match=code):
        PanelsBench().deliver(ConfirmSitting(sitting_id, case_ids))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"died_at": MONDAY}, "child-died"),
        ({"status": "withdrawn"}, "case-not-queued"),
        ({"panel": "another"}, "other-panel"),
        ({"phase": "another"}, "outside-remit"),
        ({"complete_at": None}, "papers-late"),
    ],
)
def test_a_sitting_takes_no_case_that_it_may_not_hear(changed: dict[str, Any], code: str) -> None:
    bench = PanelsBench()
    bench.open_cases(2)
    bench.confirm(bench.case(1).case_id)
    sitting = bench.sitting()
    found = BOOK.at(sitting.panel, sitting.sits_on)
    assert found is not None
    remit = found.remit.model_copy(update={"phases": frozenset({bench.case(2).phase})})
    panel = found.model_copy(update={"remit": remit})
    _fit(bench.case(2), sitting, panel)
    with pytest.raises(Refused) as no:
        _fit(bench.case(2).model_copy(update=changed), sitting, panel)
    assert no.value.code == code
