"""Who sits at a sitting, who stands aside, and which cases are heard together."""

from datetime import date
from typing import Any

import pytest

from chassis.decision import Refused
from chassis.staff import Colleague
from schemas.staff_v1 import StaffDetails, StaffGrant
from services.panels.domain.cases.case import CASE
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.plan.commands import Arrangement, Move, MoveCase
from services.panels.domain.sittings.arranging import (
    CancelSitting,
    LinkCases,
    PartCase,
    SeatMembers,
    SetMinutes,
    StandAside,
)
from services.panels.domain.sittings.seating import as_before, of_the_schools, open_to_change, seen
from services.panels.domain.sittings.sitting import Signed
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, PanelsBench, at

TUESDAY_10_MARCH = "placement-2026-03-10"
HELD: Any = ("chair", "carol", "unknown"), ("head", "henry", "unknown")


def a_grant(role: Any, scope: str | None = "placement") -> StaffGrant:
    return StaffGrant(role=role, scope=scope, from_day=date(2025, 9, 1))


def a_bench(**roles: StaffGrant) -> PanelsBench:
    """A bench with Carol, who may chair, Henry and Erin, who are members, and whoever else is given."""
    bench = PanelsBench()
    known = {"carol": a_grant("chair"), "henry": a_grant("panel-member"), "erin": a_grant("panel-member")}
    for name, grant in (known | roles).items():
        about = {"subject": name, "name": name.title(), "email": f"{name}@x.example", "active": True}
        bench.deliver(StaffDetails(staff_id=name, grants=(grant,), **about))
    return bench


def test_members_take_their_seats() -> None:
    bench = a_bench()
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    assert seen(bench.sitting()) == ("chair:carol:unknown", "head:henry:unknown")
    assert [each.attends for each in bench.sitting().members] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    ("members", "field", "code"),
    [
        ((("treasurer", "henry", "unknown"),), "treasurer", "no-such-seat"),
        ((("chair", "carol", "unknown"), ("chair", "henry", "unknown")), "chair", "seat-full"),
        ((("head", "henry", "yes"), ("head", "henry", "no")), "members", "named-twice"),
        ((("chair", "henry", "unknown"),), "chair", "not-a-member"),
        ((("head", "nobody", "unknown"),), "head", "not-a-member"),
        ((("head", "stranger", "unknown"),), "head", "not-a-member"),
    ],
)
def test_a_seat_is_for_members_of_the_panel_and_the_chair_for_those_who_may_chair(
    members: Any, field: str, code: str
) -> None:
    bench = a_bench(stranger=a_grant("panel-member", "another"))
    with pytest.raises(Refused) as refused:
        bench.deliver(SeatMembers(THURSDAY_5_MARCH, members))
    assert (field, code) in {(fault.field, fault.code) for fault in refused.value.faults}


def test_a_member_of_all_panels_is_one_of_this_one_too() -> None:
    bench = a_bench(anna=a_grant("panel-member", None))
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, (("health", "anna", "yes"),)))
    assert bench.sitting().members[0].attends == "yes"


def test_of_two_who_name_the_members_at_once_the_second_looks_again() -> None:
    bench = a_bench()
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD, seen=()))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD[:1], seen=()))
    assert len(bench.sitting().members) == 2


def test_naming_the_members_does_not_undo_what_somebody_noted_meanwhile_of_who_comes() -> None:
    bench = a_bench()
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    before = seen(bench.sitting())
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, (HELD[0], ("head", "henry", "no")), seen=before))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD, seen=before))
    assert [each.attends for each in bench.sitting().members] == ["unknown", "no"]
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD, seen=("chair:carol", "head:henry")))


def test_the_members_of_the_last_sitting_are_offered_for_the_next_one() -> None:
    bench = a_bench()
    later = bench.sitting(TUESDAY_10_MARCH)
    assert as_before([bench.sitting()], later) == ()
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, (("chair", "carol", "yes"),)))
    (offered,) = as_before([bench.sitting(), later], later)
    assert (offered.staff_id, offered.attends) == ("carol", "unknown")


def test_a_member_stands_aside_for_a_case_and_takes_part_again() -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    bench.deliver(StandAside(THURSDAY_5_MARCH, "henry", case_id, "current-school"))
    bench.deliver(StandAside(THURSDAY_5_MARCH, "henry", case_id, "declared-interest", "A neighbour."))
    (aside,) = bench.sitting().aside
    assert (aside.staff_id, aside.case_id, aside.why, aside.words) == (
        "henry",
        case_id,
        "declared-interest",
        "A neighbour.",
    )
    bench.deliver(StandAside(THURSDAY_5_MARCH, "henry", case_id, None))
    assert bench.sitting().aside == ()


def test_whoever_gives_up_a_seat_stands_aside_no_more() -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    bench.deliver(StandAside(THURSDAY_5_MARCH, "henry", case_id, "current-school"))
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD[:1]))
    assert bench.sitting().aside == ()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"staff_id": "erin"}, "no-member"),
        ({"case_id": "unknown"}, "unknown-case"),
        ({"why": "declared-interest"}, "interest-missing"),
        ({"sitting_id": "placement-2026-03-06"}, "unknown-sitting"),
    ],
)
def test_who_cannot_stand_aside_is_told_why(given: dict[str, Any], code: str) -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    fields: dict[str, Any] = {
        "sitting_id": THURSDAY_5_MARCH,
        "staff_id": "henry",
        "case_id": case_id,
        "why": "current-school",
    }
    with pytest.raises(Refused, match=code):
        bench.deliver(StandAside(**(fields | given)))


def test_after_the_chair_has_signed_or_it_was_cancelled_nobody_is_seated() -> None:
    bench = a_bench()
    bench.deliver(CancelSitting(TUESDAY_10_MARCH, "no-cases", ""))
    with pytest.raises(Refused, match="sitting-over"):
        bench.deliver(SeatMembers(TUESDAY_10_MARCH, HELD))
    with pytest.raises(Refused, match="sitting-signed"):
        open_to_change(bench.sitting().model_copy(update={"signed": Signed(by="carol", at=MONDAY)}))


def test_whoever_stood_aside_for_a_case_does_so_where_it_is_moved_if_they_sit_there() -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    for sitting_id in (THURSDAY_5_MARCH, TUESDAY_10_MARCH):
        bench.deliver(SeatMembers(sitting_id, HELD))
    bench.deliver(StandAside(THURSDAY_5_MARCH, "henry", case_id, "declared-interest", "A neighbour."))
    batches = ((THURSDAY_5_MARCH, (case_id,)), (TUESDAY_10_MARCH, ()))
    move = Move(case_id, THURSDAY_5_MARCH, TUESDAY_10_MARCH)
    bench.deliver(MoveCase(case_id, Arrangement((move,), batches, frozenset({case_id}), "tom", "Snow.")))
    (aside,) = bench.sitting(TUESDAY_10_MARCH).aside
    assert (aside.staff_id, aside.case_id, aside.words) == ("henry", case_id, "A neighbour.")


def test_whoever_works_at_the_childs_school_is_found() -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    head = Colleague(subject="h", name="Henry", active=True, grants=(a_grant("headteacher", "117215"),))
    other = Colleague(subject="o", name="Olga", active=True, grants=(a_grant("headteacher", "117216"),))
    found = of_the_schools([bench.case()], {"henry": head, "olga": other}, date(2026, 3, 5))
    assert found == [("henry", case_id, "current-school")]
    asks = bench.case().model_copy(update={"asked_setting": "117216"})
    also = of_the_schools([asks], {"henry": head, "olga": other}, date(2026, 3, 5))
    assert also == [("henry", case_id, "current-school"), ("olga", case_id, "asked-school")]


def test_two_cases_are_heard_together_and_a_third_joins_them() -> None:
    bench = PanelsBench()
    first, second, third = bench.open_cases(3)
    bench.deliver(LinkCases(second, first))
    bench.deliver(LinkCases(third, second))
    assert len({bench.case(n).siblings for n in (1, 2, 3)}) == 1
    before = bench.case(2).version
    bench.deliver(PartCase(second, seen=before))
    assert bench.case(2).siblings is None
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(LinkCases(second, first, seen=before))
    assert bench.case(1).siblings == bench.case(3).siblings


def test_a_case_is_not_linked_to_itself_to_another_group_or_to_one_that_was_heard() -> None:
    bench = PanelsBench()
    ids = bench.open_cases(5)
    with pytest.raises(Refused, match="same-case"):
        bench.deliver(LinkCases(ids[0], ids[0]))
    bench.deliver(LinkCases(ids[0], ids[1]))
    bench.deliver(LinkCases(ids[2], ids[3]))
    with pytest.raises(Refused, match="linked-already"):
        bench.deliver(LinkCases(ids[0], ids[2]))
    with pytest.raises(Refused, match="unknown-case"):
        bench.deliver(LinkCases(ids[0], "nobody"))
    bench.confirm(ids[4])
    bench.advance(at("2026-03-05 10:00"))
    bench.hear(ids[4])
    with pytest.raises(Refused, match="case-not-open"):
        bench.deliver(LinkCases(ids[0], ids[4]))


def test_a_case_is_not_linked_to_one_of_another_panel_since_no_sitting_could_hear_both() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench._states[CASE.at(second)] = bench.case(2).model_copy(update={"panel": "complex"})
    with pytest.raises(Refused, match="other-panel"):
        bench.deliver(LinkCases(first, second))
    assert bench.case(1).siblings is bench.case(2).siblings is None


def test_a_case_is_confirmed_with_those_it_is_heard_with_or_not_at_all() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    bench.deliver(LinkCases(first, second))
    with pytest.raises(Refused, match="siblings-apart"):
        bench.deliver(ConfirmSitting(THURSDAY_5_MARCH, (first,), (), siblings=(second,)))
    bench.deliver(ConfirmSitting(THURSDAY_5_MARCH, (first, second), ()))
    assert bench.case(2).sits(THURSDAY_5_MARCH)


def test_a_case_that_somebody_moved_on_meanwhile_is_not_linked() -> None:
    bench = PanelsBench()
    first, second = bench.open_cases(2)
    before = bench.case(1).version
    bench.confirm(first)
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(LinkCases(first, second, seen=before))


def test_cases_that_take_longer_than_the_sitting_has_are_too_many() -> None:
    bench = PanelsBench()
    ids = bench.open_cases(2)
    for case_id in ids:
        bench.deliver(SetMinutes(case_id, 120))
    with pytest.raises(Refused, match="minutes-exceeded"):
        bench.confirm(*ids)
    bench.deliver(SetMinutes(ids[1], None))
    bench.confirm(*ids)
