"""From the decision to a place: schools are asked and answer, a place is offered, taken, settled, and begins."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chassis.decision import Refused
from schemas.children_v1 import ChildMoved
from schemas.panels_v1 import DecisionIssued
from schemas.places_v1 import (
    PlaceAccepted,
    PlaceAnswered,
    PlaceAwaited,
    PlaceConsulted,
    PlaceDeclined,
    PlaceFreed,
    PlaceKept,
    PlacementConfirmed,
    PlacementEnded,
    PlacementStarted,
    PlaceOffered,
)
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.day.commands import CorrectDecision
from services.panels.domain.judged import Judgement
from services.panels.domain.placing import commands as asked
from services.panels.domain.placing.beginning import after_decision
from services.panels.domain.placing.consulting import owed
from services.panels.domain.placing.placement import PLACEMENT, placement_id_of
from tests.panels.builders import a_referral_id, at
from tests.panels.placing import ELM, OAK, REPLY_BY, STARTS_ON, PlacesBench, hashed

TODAY = date(2026, 3, 5)


def days_later(bench: PlacesBench, days: int) -> date:
    bench.advance(bench.now + timedelta(days=days))
    return bench.now.date()


def test_a_decision_for_a_special_school_begins_the_wait_for_a_place_in_the_same_breath() -> None:
    bench = PlacesBench()
    case_id = bench.a_heard_case()
    bench.said.clear()
    bench.decide(case_id)
    issued, _, awaited = bench.for_others
    assert isinstance(issued, DecisionIssued)
    assert isinstance(awaited, PlaceAwaited)
    assert (awaited.case_id, awaited.provision, awaited.next_step_by) == (
        case_id, "special-school", issued.next_step_by,
    )  # fmt: skip
    assert bench.placement(awaited.placement_id).status == "awaiting"
    bench.decide(case_id)
    assert len(bench.for_others) == 3, "the same decision again begins nothing"


@pytest.mark.parametrize(
    ("outcome", "provision"),
    [("not-agreed", None), ("more-information", None)],
)
def test_where_no_place_is_needed_nobody_waits_for_one(outcome: str, provision: str | None) -> None:
    bench = PlacesBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id, outcome=outcome, provision=provision, reasons="On reflection.")
    assert bench.state(PLACEMENT, placement_id_of(case_id)) is None


def corrected(case: Case, **changes: object) -> Case:
    assert case.decision is not None
    return case.model_copy(update={"decision": case.decision.model_copy(update=changes)})


def test_a_decision_that_is_corrected_ends_a_wait_that_has_led_nowhere_yet() -> None:
    bench = PlacesBench()
    id, case = bench.agreed(), bench.case()
    undone = after_decision(
        case, corrected(case, outcome="not-agreed", provision=None), bench.placement(id), bench.now
    )
    assert undone is not None
    assert undone.state is not None
    assert undone.state.status == "ended"
    (fact,) = undone.events
    assert isinstance(fact, PlacementEnded)
    assert (fact.reason, fact.began) == ("decision-corrected", False)
    again = after_decision(
        corrected(case, outcome="not-agreed", provision=None), case, undone.state, bench.now
    )
    assert again is not None
    assert again.state is not None
    assert again.state.status == "awaiting"


def test_a_correction_of_the_kind_of_provision_keeps_the_wait_and_what_schools_said() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.consult(id)
    case, before = bench.case(), bench.placement(id)
    base = corrected(case, provision="specialist-resource-provision")
    changed = after_decision(case, base, before, bench.now)
    assert changed is not None
    assert changed.state is not None
    assert changed.state.provision == "specialist-resource-provision"
    assert (changed.state.awaited_at, changed.state.consultations) == (
        before.awaited_at,
        before.consultations,
    )
    assert after_decision(case, corrected(case, reasons="Mended."), before, bench.now) is None
    offered = before.model_copy(update={"status": "offered"})
    asking = after_decision(case, base, offered, bench.now)
    assert asking is not None
    assert asking.state is not None
    assert (asking.state.status, asking.state.asks) == ("offered", "kind")


def test_the_authority_corrects_its_decision_and_the_wait_ends_with_it() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    after = Judgement(outcome="not-agreed", provision=None, reasons="The school can meet the needs.")
    bench.deliver(CorrectDecision(bench.case().case_id, "officer", after, "Another case."))
    assert bench.placement(id).status == "ended"


def test_a_place_that_was_offered_before_a_correction_is_asked_about_until_somebody_ends_it() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    agreed = judgement_of(bench)
    after = Judgement(outcome="not-agreed", provision=None, reasons="The school can meet the needs.")
    bench.deliver(CorrectDecision(bench.case().case_id, "officer", after, "Another case."))
    assert (bench.placement(id).status, bench.placement(id).asks) == ("offered", "corrected")
    bench.accept(id)
    bench.confirm_start(id)
    bench.advance(at("2026-04-14 12:00"))  # its first day
    assert bench.placement(id).asks == "corrected"
    bench.deliver(CorrectDecision(bench.case().case_id, "officer", agreed, "It was right."))
    assert (bench.placement(id).status, bench.placement(id).asks) == ("confirmed", None)


def judgement_of(bench: PlacesBench) -> Judgement:
    stands = bench.case().in_force
    assert stands is not None
    return judgement(stands)


def test_a_child_that_moves_takes_its_wait_for_a_place_along() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    moved = ChildMoved(
        referral_id=a_referral_id(),
        former_urn="117215",
        urn=ELM,
        area="DSPL2",
        moved_on=TODAY,
        moved_at=bench.now,
    )
    bench.deliver(moved)
    assert (bench.placement(id).urn, bench.placement(id).area, bench.case().urn) == (ELM, "DSPL2", ELM)


def test_a_school_is_asked_and_has_fifteen_days_to_answer() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.consult(id)
    (consulted,) = bench.said
    assert isinstance(consulted, PlaceConsulted)
    assert (consulted.setting, consulted.answer_by) == (OAK, date(2026, 3, 20))
    with pytest.raises(Refused, match="asked-before"):
        bench.consult(id)


def test_for_one_child_forty_schools_are_asked_and_no_more() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    for n in range(40):
        bench.consult(id, f"{200_000 + n}", f"token {n}")
    with pytest.raises(Refused, match="too-many"):
        bench.consult(id)
    assert len(bench.placement(id).consultations) == 40


def test_a_school_is_reminded_once_when_ten_days_are_over_and_once_when_it_is_late() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    first = bench.consult(id)
    due = {}
    for day in range(1, 25):
        today = days_later(bench, 1)
        for each in owed(bench.placement(id), today):
            due[day] = each.why
            bench.deliver(asked.Remind(id, first, hashed(f"again {day}")))
            assert owed(bench.placement(id), today) == []
    assert due == {10: "soon-due", 16: "overdue"}
    bench.answered(id, first)
    assert owed(bench.placement(id), today) == []
    with pytest.raises(Refused, match="answered"):
        bench.deliver(asked.Remind(id, first, hashed("more")))


def test_who_is_not_reminded_in_time_is_not_reminded_twice_afterwards() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.consult(id)
    (late,) = owed(bench.placement(id), days_later(bench, 20))
    assert late.why == "overdue"


def test_a_school_answers_by_its_link_once_with_all_that_counts() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    consultation = bench.consult(id)
    with pytest.raises(Refused) as lacking:
        bench.answered(
            id,
            consultation,
            can_meet="with-conditions",
            reasons=" ",
            by="",
            earliest_start_on=date(2026, 3, 4),
        )
    assert {fault.field for fault in lacking.value.faults} == {
        "reasons", "conditions", "by", "earliest_start_on",
    }  # fmt: skip
    bench.said.clear()
    bench.answered(id, consultation, earliest_start_on=STARTS_ON)
    (told,) = bench.for_others
    assert isinstance(told, PlaceAnswered)
    assert (told.can_meet, told.earliest_start_on) == ("yes", STARTS_ON)
    with pytest.raises(Refused, match="answered"):
        bench.answered(id, consultation, can_meet="no")


def test_a_link_opens_its_own_question_only_and_only_as_long_as_the_child_waits() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    oak, elm = bench.consult(id), bench.consult(id, ELM, "elm")
    with pytest.raises(Refused, match="link-over"):
        bench.answered(id, elm, "oak")
    with pytest.raises(Refused, match="link-over"):
        bench.answered(id, oak, "nobody was given this")
    bench.count(1)
    bench.answered(id, oak)
    bench.offer(id)
    with pytest.raises(Refused, match="link-over"):
        bench.answered(id, elm, "elm")


def test_a_link_lasts_sixty_days_and_a_reminder_brings_a_new_one() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    oak = bench.consult(id)
    days_later(bench, 60)
    with pytest.raises(Refused, match="link-over"):
        bench.answered(id, oak)
    bench.deliver(asked.Remind(id, oak, hashed("new")))
    bench.answered(id, oak, "new")


def test_a_place_that_is_offered_is_kept_and_its_family_takes_it() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.count(1)
    bench.answered(id, bench.consult(id))
    bench.said.clear()
    bench.offer(id)
    offered, kept = bench.for_others
    assert isinstance(offered, PlaceOffered)
    assert isinstance(kept, PlaceKept)
    assert (offered.starts_on, offered.reply_by, kept.from_on) == (STARTS_ON, REPLY_BY, STARTS_ON)
    assert (bench.places().free_on(STARTS_ON), bench.places().free_on(TODAY)) == (0, 1)
    bench.accept(id)
    accepted = bench.for_others[-1]
    assert isinstance(accepted, PlaceAccepted)
    assert (accepted.accepted_on, accepted.accepted_by) == (TODAY, "parent-or-carer")


def test_a_school_that_did_not_say_yes_or_has_no_place_needs_a_reason() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.count(1)
    with pytest.raises(Refused, match="school-not-agreed"):
        bench.offer(id)
    bench.answered(id, bench.consult(id), can_meet="no", reasons="No small class.")
    with pytest.raises(Refused, match="school-not-agreed"):
        bench.offer(id)
    bench.answered(id, bench.consult(id, ELM, "elm"), "elm")
    with pytest.raises(Refused, match="no-place-free"):
        bench.offer(id, ELM)
    bench.offer(id, ELM, because="The tribunal named this school.")
    assert bench.places(ELM).beyond is not None
    assert bench.placement(id).status == "offered"


def test_days_of_an_offer_lie_ahead() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    with pytest.raises(Refused) as refused:
        bench.offer(id, starts_on=date(2026, 3, 4), reply_by=date(2036, 1, 1))
    assert [fault.field for fault in refused.value.faults] == ["starts_on", "reply_by"]


@pytest.mark.parametrize("day", [date(2026, 4, 25), date(2026, 5, 4)], ids=["a Saturday", "a bank holiday"])
def test_no_child_begins_on_a_day_on_which_schools_are_shut(day: date) -> None:
    bench = PlacesBench()
    id = bench.agreed()
    with pytest.raises(Refused) as refused:
        bench.offer(id, starts_on=day)
    assert [fault.code for fault in refused.value.faults] == ["not-a-school-day"]


def test_a_place_that_is_not_taken_is_free_at_once_and_the_child_waits_again() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    places_id = bench.places().places_id
    bench.deliver(asked.DeclineOffer(id, places_id, "family-declined"))
    declined, freed = bench.said
    assert isinstance(declined, PlaceDeclined)
    assert isinstance(freed, PlaceFreed)
    assert (bench.placement(id).status, bench.places().kept) == ("awaiting", ())
    assert [offer.declined for offer in bench.placement(id).not_taken] == ["family-declined"]
    bench.offer(id)
    assert bench.placement(id).status == "offered"


def test_the_first_day_is_settled_and_on_it_somebody_is_asked_whether_the_child_came() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    with pytest.raises(Refused, match="not-now"):
        bench.confirm_start(id)
    bench.accept(id)
    bench.confirm_start(id, date(2026, 4, 20))
    confirmed = bench.for_others[1]
    assert isinstance(confirmed, PlacementConfirmed)
    assert (confirmed.starts_on, confirmed.short) == (date(2026, 4, 20), False)
    assert [kept.from_on for kept in bench.places().kept] == [date(2026, 4, 20)]
    bench.advance(at("2026-04-20 04:59"))
    assert bench.placement(id).asks is None
    bench.advance(at("2026-04-20 05:00"))
    assert bench.placement(id).asks == "started"


def test_a_first_day_that_is_settled_again_as_it_was_is_told_once() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    bench.accept(id)
    bench.confirm_start(id)
    said, before = len(bench.said), bench.placement(id)
    bench.confirm_start(id)
    assert (bench.said[said:], bench.placement(id)) == ([], before)
    assert bench.answer["state"] == "confirmed"


def test_a_first_day_that_moves_moves_its_timer() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    bench.accept(id)
    bench.confirm_start(id, date(2026, 4, 20))
    bench.confirm_start(id, date(2026, 4, 27))
    bench.advance(at("2026-04-21 12:00"))
    assert bench.placement(id).asks is None
    bench.advance(at("2026-04-27 12:00"))
    assert bench.placement(id).asks == "started"


def test_the_way_is_over_when_the_child_is_there() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    bench.accept(id)
    bench.confirm_start(id)
    bench.advance(at("2026-04-14 12:00"))
    places_id = bench.places().places_id
    with pytest.raises(Refused, match="dates-not-plausible"):
        bench.deliver(asked.NoteStart(id, places_id, date(2026, 4, 15), "tom"))
    bench.deliver(asked.NoteStart(id, places_id, STARTS_ON, "tom"))
    started = bench.said[-2]
    assert isinstance(started, PlacementStarted)
    placement = bench.placement(id)
    assert (placement.status, placement.started_on, placement.asks) == ("started", STARTS_ON, None)
    assert bench.places().kept_on(date(2027, 1, 1)) == 1


def test_a_child_that_started_before_its_first_day_needs_a_second_yes() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    bench.accept(id)
    bench.confirm_start(id)
    bench.advance(at("2026-04-09 12:00"))
    early = asked.NoteStart(id, bench.places().places_id, date(2026, 4, 9), "tom")
    with pytest.raises(Refused, match="before-the-first-day"):
        bench.deliver(early)
    assert bench.placement(id).status == "confirmed"
    bench.deliver(replace(early, early=True))
    assert bench.placement(id).started_on == date(2026, 4, 9)
    assert [kept.from_on for kept in bench.places().kept] == [date(2026, 4, 9)]


def test_a_placement_that_ends_frees_its_place_after_its_last_day() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    bench.accept(id)
    bench.confirm_start(id)
    bench.advance(at("2026-04-30 12:00"))
    places_id = bench.places().places_id
    bench.deliver(asked.NoteStart(id, places_id, STARTS_ON, "tom"))
    bench.deliver(asked.EndPlacement(id, places_id, "moved-away", date(2026, 4, 30)))
    ended = bench.said[-2]
    assert isinstance(ended, PlacementEnded)
    assert (ended.returns_on, ended.began) == (None, True)
    assert (bench.places().free_on(date(2026, 4, 30)), bench.places().free_on(date(2026, 5, 1))) == (0, 1)
    with pytest.raises(Refused, match="not-now"):
        bench.deliver(asked.EndPlacement(id, places_id, "moved-away", date(2026, 4, 30)))


def test_who_waits_no_more_is_taken_off_the_list_without_a_place_to_free() -> None:
    bench = PlacesBench()
    id = bench.agreed()
    bench.deliver(asked.EndPlacement(id, "", "family-withdrew", TODAY))
    (ended,) = bench.said
    assert isinstance(ended, PlacementEnded)
    assert not ended.began


def test_a_timer_that_comes_after_the_end_changes_nothing() -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    bench.accept(id)
    bench.confirm_start(id)
    bench.deliver(asked.EndPlacement(id, bench.places().places_id, "family-withdrew", TODAY))
    bench.advance(at("2026-06-01 12:00"))
    assert (bench.placement(id).status, bench.placement(id).asks) == ("ended", None)


def test_nothing_was_taken_and_nothing_has_ended_on_a_day_that_is_to_come() -> None:
    bench = PlacesBench()
    id, tomorrow = bench.offered_at_oak(), TODAY + timedelta(days=1)
    offer = bench.placement(id).offer
    assert offer is not None
    with pytest.raises(Refused, match="dates-not-plausible"):
        bench.deliver(asked.AcceptOffer(id, "parent-or-carer", tomorrow, "tom"))
    with pytest.raises(Refused, match="dates-not-plausible"):
        bench.deliver(asked.EndPlacement(id, offer.places_id, "moved-away", tomorrow))


@pytest.mark.parametrize("seen", [0, 99])
def test_who_acts_on_what_has_moved_on_is_told_so(seen: int) -> None:
    bench = PlacesBench()
    id = bench.offered_at_oak()
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(asked.AcceptOffer(id, "young-person", TODAY, "tom", seen))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(asked.DeclineOffer(id, "elsewhere:other", "family-declined"))
    with pytest.raises(Refused, match="changed-meanwhile"):
        bench.deliver(asked.EndPlacement(id, "elsewhere:other", "moved-away", TODAY))
    with pytest.raises(Refused, match="unknown-placement"):
        bench.deliver(asked.AcceptOffer("nobody's", "young-person", TODAY, "tom"))
