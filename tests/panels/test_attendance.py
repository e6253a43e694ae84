"""The day of a sitting: who is there, who stands aside, and what a panel without a quorum may not do."""

from typing import Any

import pytest

from chassis.decision import Refused
from schemas.panel_days_v1 import SittingSigned
from schemas.panels_v1 import CaseUnlisted, DecisionIssued
from services.panels import handlers
from services.panels.domain.day.commands import KeepAttendance, LeaveUnheard, SignSitting
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.arranging import StandAside
from services.panels.domain.sittings.members import Seat
from services.panels.domain.sittings.sitting import SITTING
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, PanelsBench, at

CHAIR = Seat(staff_id="cora", seat="chair")
PSYCHOLOGIST = Seat(staff_id="pia", seat="educational-psychologist")
HEAD = Seat(staff_id="hal", seat="head")
ALL = (CHAIR, PSYCHOLOGIST, HEAD)


def with_panel(bench: PanelsBench, **changes: Any) -> None:
    """From now on the panel's file says this."""
    files = [Panel.model_validate(panel.model_dump() | changes) for panel in BOOK.panels]
    bench.go_on_with(handlers.build(PanelBook(files, BOOK.working)))


def a_day(*members: Seat, enforced: bool = True, cases: int = 1) -> tuple[PanelsBench, list[str]]:
    """A sitting that has begun, with its members."""
    bench = PanelsBench()
    ids = bench.open_cases(cases)
    bench.confirm(*ids)
    bench.advance(at("2026-03-05 10:00"))
    with_panel(bench, quorum=BOOK.panels[0].quorum.model_dump() | {"enforced": enforced})
    seated = bench.sitting().model_copy(update={"members": members})
    bench._states[SITTING.at(THURSDAY_5_MARCH)] = seated
    bench.said.clear()
    return bench, ids


def attends(bench: PanelsBench, **given: Any) -> None:
    bench.deliver(KeepAttendance(THURSDAY_5_MARCH, tuple(given.items()), bench.sitting().members))


def aside(bench: PanelsBench, case_id: str, who: str, *, back: bool = False) -> None:
    bench.deliver(StandAside(THURSDAY_5_MARCH, who, case_id, None if back else "current-school"))


def test_who_is_there_is_recorded_on_the_day() -> None:
    bench, _ = a_day(*ALL)
    attends(bench, cora="yes", pia="no")
    assert [seat.attends for seat in bench.sitting().members] == ["yes", "no", "unknown"]


def test_whoever_stands_aside_for_one_case_hears_the_others() -> None:
    bench, (one, other) = a_day(*ALL, cases=2)
    aside(bench, one, "hal")
    with pytest.raises(Refused, match="no-quorum") as refused:
        bench.hear(one)
    assert "no quorum without a member in the seat of a head. " in refused.value.detail
    bench.hear(other)
    aside(bench, one, "hal", back=True)  # it was a mistake
    bench.hear(one)
    assert bench.case(1).status == bench.case(2).status == "heard"


def test_a_member_who_is_not_there_breaks_the_quorum() -> None:
    bench, (case_id,) = a_day(*ALL)
    attends(bench, pia="no")
    with pytest.raises(Refused, match="no-quorum"):
        bench.hear(case_id)
    attends(bench, pia="yes")
    bench.hear(case_id)


@pytest.mark.parametrize(("members", "enforced"), [((), True), ((CHAIR,), False)])
def test_without_members_recorded_or_where_it_is_not_enforced_no_quorum_is_asked_for(
    members: tuple[Seat, ...], enforced: bool
) -> None:
    bench, (case_id,) = a_day(*members, enforced=enforced)
    bench.hear(case_id)
    assert bench.case().status == "heard"


def test_what_the_sitting_may_not_hear_waits_for_another_one() -> None:
    bench, (case_id,) = a_day(*ALL)
    aside(bench, case_id, "cora")
    seen = bench.case().version
    (told,) = bench.deliver(LeaveUnheard(case_id, THURSDAY_5_MARCH, seen))
    assert isinstance(told, CaseUnlisted)
    assert told.reason == "not-heard"
    assert (bench.case().status, bench.case().missing) == ("queued", ())
    bench.confirm(case_id, sitting_id="placement-2026-03-17")
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(LeaveUnheard(case_id, THURSDAY_5_MARCH, seen))


def test_two_who_record_at_once_do_not_overwrite_each_other() -> None:
    bench, _ = a_day(*ALL)
    seats = bench.sitting().members
    attends(bench, hal="no")
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(KeepAttendance(THURSDAY_5_MARCH, (("hal", "yes"),), seats))


def test_nobody_is_recorded_who_is_no_member_nor_before_the_day_nor_after_the_chair_has_signed() -> None:
    bench, (case_id,) = a_day(*ALL)
    with pytest.raises(Refused, match="not-a-member"):
        attends(bench, stranger="yes")
    bench.hear(case_id)
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "cora", (case_id,)))
    with pytest.raises(Refused, match="signed-off"):
        attends(bench, hal="no")
    early = PanelsBench()
    early.confirm(*early.open_cases(1))
    with pytest.raises(Refused, match="sitting-not-begun"):
        attends(early)


def test_nobody_was_at_a_sitting_that_did_not_take_place() -> None:
    bench = PanelsBench()
    bench.advance(at("2026-03-05 10:00"))
    assert bench.sitting().status == "lapsed"
    with pytest.raises(Refused, match="sitting-not-held"):
        attends(bench)
    with pytest.raises(Refused, match="unknown-sitting"):
        bench.deliver(KeepAttendance("placement-2026-03-04", (), ()))


def test_where_the_authority_lets_the_chair_decide_signing_issues_every_decision() -> None:
    bench, (one, two) = a_day(cases=2)
    with_panel(bench, decides="chair")
    bench.hear(one)
    bench.hear(two, outcome="not-agreed", provision=None, reasons="The school can.")
    bench.said.clear()
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "cora", (one, two)))
    issued = [each for each in bench.said if isinstance(each, DecisionIssued)]
    assert [each.outcome for each in issued] == ["agreed", "not-agreed"]
    assert any(isinstance(each, SittingSigned) for each in bench.said)
    decision = bench.case(1).decision
    assert decision is not None
    assert (bench.case(1).status, decision.officer) == ("decided", "cora")


def test_a_chair_issues_no_decision_on_a_case_that_they_stand_aside_for_or_did_not_see() -> None:
    bench, (one, two, three) = a_day(CHAIR, Seat(staff_id="val", seat="chair"), PSYCHOLOGIST, HEAD, cases=3)
    with_panel(bench, decides="chair")
    aside(bench, one, "cora")
    for case_id in (one, two, three):
        bench.hear(case_id)
    seen = tuple((bench.case(n).case_id, bench.case(n).version) for n in (1, 3))
    bench.said.clear()
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "cora", (one, two, three), seen))
    assert [each.case_id for each in bench.said if isinstance(each, DecisionIssued)] == [three]
    assert [bench.case(n).status for n in (1, 2, 3)] == ["heard", "heard", "decided"]
