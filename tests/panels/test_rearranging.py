"""Cases change their places, by the plan or by hand: all of it or nothing, and each family hears one new date."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.envelope import Event
from schemas.panels_v1 import CaseListed, CaseUnlisted
from services.panels import handlers
from services.panels.domain.cases.case import CASE, Case
from services.panels.domain.commands import ConfirmSitting, ScheduleSitting
from services.panels.domain.plan.commands import AcceptPlan, Arrangement, KeepPlan, Move, MoveCase
from services.panels.domain.plan.plans import PLAN, Plan, Planned, Proved, Unplanned, changes, with_siblings
from services.panels.domain.sittings.sitting import SITTING
from tests.panels.builders import BOOK, MONDAY, THURSDAY_5_MARCH, PanelsBench, a_routed_referral, at
from tests.panels.test_late import asks_to_withdraw
from tests.panels.test_restoring import restored, the_case

TUESDAY = "placement-2026-03-10"
LATER = "placement-2026-03-12"


def arranged(bench: PanelsBench, *moves: Move, told_ok: bool = True, **given: Any) -> Arrangement:
    """These moves, with the batches as they are."""
    places = sorted({place for m in moves for place in (m.was, m.to) if place})
    batches = tuple((place, bench.sitting(place).case_ids) for place in places)
    fields: dict[str, Any] = {"moves": moves, "batches": batches, "by": "tom"}
    if told_ok:
        fields["told_ok"] = frozenset(m.case_id for m in moves)
    return Arrangement(**(fields | given))


def by_hand(bench: PanelsBench, *moves: Move, seen: int | None = None, **given: Any) -> list[Event]:
    arrangement = arranged(bench, *moves, **({"why": "The family asked."} | given))
    return bench.deliver(MoveCase(moves[0].case_id, arrangement, seen))


def a_plan(*places: tuple[str, str | None], digest: str = "d1") -> Plan:
    return Plan(
        panel="placement",
        digest=digest,
        made_at=MONDAY,
        listings=tuple(Planned(case_id=c, sitting_id=s, reason="Because.") for c, s in places if s),
        unlisted=tuple(Unplanned(case_id=c, reason="Full.") for c, s in places if not s),
        proofs=(Proved(level="listed", value=len(places), bound=len(places), how="linear"),),
    )


def accepted(bench: PanelsBench, *moves: Move, seen: str = "d1", **given: Any) -> list[Event]:
    return bench.deliver(AcceptPlan("placement", seen, arranged(bench, *moves, **given)))


@pytest.fixture
def bench() -> PanelsBench:
    return PanelsBench()


def test_a_family_that_knows_a_date_hears_the_new_one_once(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.confirm(case_id)
    said = by_hand(bench, Move(case_id, THURSDAY_5_MARCH, TUESDAY))
    told = [event for event in said if isinstance(event, CaseUnlisted | CaseListed)]
    assert [(event.type, getattr(event, "reason", None)) for event in told] == [
        ("case.unlisted.v1", "moved"),
        ("case.listed.v1", None),
    ]
    assert isinstance(told[1], CaseListed)
    assert (told[1].why, str(told[1].was_on), str(told[1].sits_on)) == ("moved", "2026-03-05", "2026-03-10")
    assert bench.case().sits(TUESDAY)
    assert [(m.was, m.to, m.by, m.why) for m in bench.case().moves] == [
        (THURSDAY_5_MARCH, TUESDAY, "tom", "The family asked.")
    ]


def test_a_sitting_that_all_cases_have_left_waits_for_a_batch_again(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.confirm(case_id)
    by_hand(bench, Move(case_id, THURSDAY_5_MARCH, TUESDAY))
    assert (bench.sitting().status, bench.sitting().case_ids) == ("scheduled", ())
    assert (bench.sitting(TUESDAY).status, bench.sitting(TUESDAY).case_ids) == ("confirmed", (case_id,))
    bench.advance(at("2026-03-05 10:00"))
    assert bench.sitting().status == "lapsed"


def test_a_case_that_waits_is_placed_by_hand_without_a_word_of_a_change(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    said = by_hand(bench, Move(case_id, None, TUESDAY), told_ok=False)
    listed = [event for event in said if isinstance(event, CaseListed)]
    assert [(event.why, event.was_on) for event in listed] == [("listed", None)]


def code_of(no: pytest.ExceptionInfo[Refused]) -> str:
    return no.value.code


def test_a_date_that_the_family_knows_changes_only_with_a_persons_yes(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.confirm(case_id)
    with pytest.raises(Refused) as no:
        by_hand(bench, Move(case_id, THURSDAY_5_MARCH, TUESDAY), told_ok=False)
    assert code_of(no) == "family-knows"
    assert [fault.field for fault in no.value.faults] == [f"told-{case_id}"]


def test_nobody_accepts_a_plan_that_is_not_made_yet_or_nothing_of_one_or_moves_a_case_to_where_it_is(
    bench: PanelsBench,
) -> None:
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    here = Move(case_id, THURSDAY_5_MARCH, THURSDAY_5_MARCH)
    with pytest.raises(Refused, match="no-plan"):
        accepted(bench, here)
    bench.deliver(KeepPlan(a_plan((case_id, THURSDAY_5_MARCH))))
    with pytest.raises(Refused, match="nothing-chosen"):
        accepted(bench)
    with pytest.raises(Refused, match="same-place"):
        accepted(bench, here)


def test_a_case_that_was_withdrawn_while_it_waited_is_put_nowhere(bench: PanelsBench) -> None:
    (waiting,) = bench.open_cases(1)
    stale = arranged(bench, Move(waiting, None, THURSDAY_5_MARCH), why="Room.")
    bench.deliver(asks_to_withdraw())
    with pytest.raises(Refused) as no:
        bench.deliver(MoveCase(waiting, stale))
    assert code_of(no) == "changed-meanwhile"


def test_nothing_is_done_where_somebody_was_quicker(bench: PanelsBench) -> None:
    first, second = bench.open_cases(2)
    bench.confirm(first)
    stale = arranged(bench, Move(second, None, THURSDAY_5_MARCH), why="Room.")
    version = bench.case(2).version
    bench.confirm(second)
    for command, code in (
        (MoveCase(second, stale), "changed-meanwhile"),
        (
            MoveCase(second, arranged(bench, Move(second, THURSDAY_5_MARCH, TUESDAY)), version),
            "changed-meanwhile",
        ),
    ):
        with pytest.raises(Refused) as no:
            bench.deliver(command)
        assert code_of(no) == code
    old_batch = Arrangement(
        moves=(Move(first, THURSDAY_5_MARCH, TUESDAY),),
        batches=((THURSDAY_5_MARCH, (first,)), (TUESDAY, ())),
        told_ok=frozenset({first}),
    )
    with pytest.raises(Refused) as no:
        bench.deliver(MoveCase(first, old_batch))
    assert code_of(no) == "agenda-changed"


def test_a_locked_sitting_gives_and_takes_no_case(bench: PanelsBench) -> None:
    first, second = bench.open_cases(2)
    bench.confirm(first)
    bench.advance(at("2026-02-26 17:30"))
    for asked in (Move(first, THURSDAY_5_MARCH, TUESDAY), Move(second, None, THURSDAY_5_MARCH)):
        with pytest.raises(Refused) as no:
            by_hand(bench, asked)
        assert code_of(no) == "sitting-closed"


def test_a_full_sitting_takes_a_case_only_where_another_leaves_it(bench: PanelsBench) -> None:
    ids = bench.open_cases(13)
    bench.confirm(*ids[:12])
    with pytest.raises(Refused) as no:
        by_hand(bench, Move(ids[12], None, THURSDAY_5_MARCH))
    assert code_of(no) == "capacity-exceeded"
    bench.deliver(KeepPlan(a_plan((ids[12], THURSDAY_5_MARCH), (ids[0], TUESDAY))))
    accepted(bench, Move(ids[0], THURSDAY_5_MARCH, TUESDAY), Move(ids[12], None, THURSDAY_5_MARCH))
    assert set(bench.sitting().case_ids) == set(ids[1:])
    assert bench.sitting(TUESDAY).case_ids == (ids[0],)


def test_brothers_and_sisters_are_not_parted(bench: PanelsBench) -> None:
    ids = bench.open_cases(2)
    for n, case_id in enumerate(ids, 1):
        bench._states[CASE.at(case_id)] = bench.case(n).model_copy(update={"siblings": "family"})
    with pytest.raises(Refused) as no:
        by_hand(bench, Move(ids[0], None, TUESDAY), Move(ids[1], None, LATER))
    assert code_of(no) == "siblings-apart"
    by_hand(bench, *(Move(case_id, None, TUESDAY) for case_id in ids))
    assert bench.sitting(TUESDAY).case_ids == tuple(ids)


def test_of_two_co_ordinators_who_accept_one_plan_the_second_is_told_so(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.deliver(KeepPlan(a_plan((case_id, TUESDAY))))
    second = AcceptPlan("placement", "d1", arranged(bench, Move(case_id, None, TUESDAY)))
    accepted(bench, Move(case_id, None, TUESDAY))
    assert bench.answer == {"listed": [case_id], "moved": [], "unlisted": []}
    plan = bench.state(PLAN, "placement")
    assert plan is not None
    assert plan.state == "accepted"
    with pytest.raises(Refused) as no:
        bench.deliver(second)
    assert code_of(no) == "changed-meanwhile"


def test_a_plan_that_was_made_anew_is_accepted_where_it_proposes_the_same(bench: PanelsBench) -> None:
    first, second = bench.open_cases(2)
    bench.deliver(KeepPlan(a_plan((first, TUESDAY), (second, TUESDAY), digest="d2")))
    accepted(bench, Move(first, None, TUESDAY), seen="d1")
    with pytest.raises(Refused) as no:
        accepted(bench, Move(second, None, LATER), seen="d1")
    assert code_of(no) == "plan-changed"


def test_what_loses_its_date_to_a_case_that_cannot_wait_is_back_in_the_queue(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.confirm(case_id)
    bench.deliver(KeepPlan(a_plan((case_id, None))))
    said = accepted(bench, Move(case_id, THURSDAY_5_MARCH, None))
    assert [event.reason for event in said if isinstance(event, CaseUnlisted)] == ["withdrawn"]
    assert bench.case().status == "queued"


def test_a_plan_of_the_same_input_is_kept_as_it_is(bench: PanelsBench) -> None:
    bench.deliver(KeepPlan(a_plan(("a", TUESDAY))))
    bench.deliver(KeepPlan(a_plan(("a", LATER))))
    plan = bench.state(PLAN, "placement")
    assert plan is not None
    assert plan.place_of("a") == TUESDAY


def test_what_would_change_is_what_differs_from_the_sittings_as_they_are() -> None:
    plan = a_plan(("new", TUESDAY), ("moved", LATER), ("stays", TUESDAY), ("gone", TUESDAY), ("out", None))
    current = {"new": None, "moved": TUESDAY, "stays": TUESDAY, "out": LATER}
    found = changes(plan, current)
    assert [(each.case_id, each.was, each.to, each.told) for each in found] == [
        ("new", None, TUESDAY, False),
        ("moved", TUESDAY, LATER, True),
        ("out", LATER, None, True),
    ]


def test_whoever_is_heard_with_a_chosen_case_is_chosen_too() -> None:
    marks = {"a": "family", "b": "family", "c": None, "d": "other"}
    assert with_siblings(["a"], marks) == {"a", "b"}
    assert with_siblings(["c"], marks) == {"c"}


PLACES = st.sampled_from([THURSDAY_5_MARCH, TUESDAY, LATER])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), PLACES), min_size=1, max_size=12))
def test_however_cases_are_moved_each_is_on_the_one_batch_that_it_says(steps: list[tuple[int, str]]) -> None:
    bench = PanelsBench()
    ids = bench.open_cases(4)
    for number, to in steps:
        case: Case = bench.case(number + 1)
        was = case.listing.sitting_id if case.listing else None
        if was != to:
            by_hand(bench, Move(ids[number], was, to))
    for n, case_id in enumerate(ids, 1):
        batches = [s for s in (THURSDAY_5_MARCH, TUESDAY, LATER) if case_id in bench.sitting(s).case_ids]
        listing = bench.case(n).listing
        assert batches == ([listing.sitting_id] if listing else [])
    for place in (THURSDAY_5_MARCH, TUESDAY, LATER):
        sitting = bench.state(SITTING, place)
        assert sitting is not None
        assert (sitting.status == "confirmed") == bool(sitting.case_ids)


def test_a_batch_is_confirmed_as_before_beside_all_this(bench: PanelsBench) -> None:
    first, second = bench.open_cases(2)
    by_hand(bench, Move(first, None, TUESDAY))
    bench.deliver(ConfirmSitting(TUESDAY, (first, second), (first,)))
    assert bench.sitting(TUESDAY).case_ids == (first, second)


def test_a_sitting_takes_no_more_cases_than_it_has_minutes_for(bench: PanelsBench) -> None:
    first, second = bench.open_cases(2)
    bench._states[SITTING.at(TUESDAY)] = bench.sitting(TUESDAY).model_copy(update={"minutes": 30})
    for n, case_id in enumerate((first, second), 1):
        bench._states[CASE.at(case_id)] = bench.case(n).model_copy(update={"minutes": 20})
    by_hand(bench, Move(first, None, TUESDAY))
    with pytest.raises(Refused) as no:
        by_hand(bench, Move(second, None, TUESDAY))
    assert code_of(no) == "minutes-exceeded"


def test_nothing_moves_to_a_sitting_of_a_panel_that_no_file_describes_any_more(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.forget_panels()
    with pytest.raises(Refused) as no:
        by_hand(bench, Move(case_id, None, TUESDAY))
    assert code_of(no) == "unknown-panel"
    assert bench.case().status == "queued"


def scheduling(sitting_id: str) -> Event:
    """The fact that the calendar set this sitting."""
    return Bench(handlers.build(BOOK), MONDAY).deliver(ScheduleSitting(sitting_id))[0]


def test_a_move_and_the_batch_that_all_have_left_come_back_from_their_facts(bench: PanelsBench) -> None:
    (case_id,) = bench.open_cases()
    bench.confirm(case_id)
    by_hand(bench, Move(case_id, THURSDAY_5_MARCH, TUESDAY))
    scheduled = [scheduling(place) for place in (THURSDAY_5_MARCH, TUESDAY)]
    states = restored(a_routed_referral(), *scheduled, *bench.said)
    case = the_case(states)
    assert case.sits(TUESDAY)
    left, taken = (states[SITTING.at(place)] for place in (THURSDAY_5_MARCH, TUESDAY))
    assert (left.status, left.case_ids) == ("scheduled", ())
    assert (taken.status, taken.case_ids) == ("confirmed", (case_id,))
