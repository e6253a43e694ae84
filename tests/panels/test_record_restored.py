"""What people entered comes back from the service's own facts: a database that was lost knows all of it again."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any

from chassis.decision import Ref
from schemas.panels_v1 import SittingScheduled
from schemas.personal_v1 import CasePapers
from services.panels import learning
from services.panels.domain.cases.arrivals import Raised
from services.panels.domain.cases.case import CASE, Case
from services.panels.domain.commands import ClaimException, CompleteCase, DeferCase, SetOutCase
from services.panels.domain.day.commands import (
    AgreeChairAction,
    AnswerEscalation,
    AskChair,
    CorrectDecision,
    CorrectRecommendation,
    DeclineChairAction,
    KeepAttendance,
    SignSitting,
)
from services.panels.domain.judged import Judgement
from services.panels.domain.legal.clocks import Dates
from services.panels.domain.legal.dates import Transfer
from services.panels.domain.plan.commands import Arrangement, Move, MoveCase
from services.panels.domain.sittings.arranging import (
    AddSitting,
    CancelSitting,
    LinkCases,
    MoveSitting,
    PartCase,
    SeatMembers,
    SetMinutes,
    StandAside,
)
from services.panels.domain.sittings.sitting import SITTING, Sitting, scheduling, wanted
from tests.panels.builders import (
    BOOK,
    MONDAY,
    THURSDAY_5_MARCH,
    PanelsBench,
    a_routed_referral,
    an_ask,
    at,
)
from tests.panels.test_late import a_listed_case, adds_evidence, answers
from tests.panels.test_seating import HELD, a_bench
from tests.panels.test_setting_out import LACKING

AFTER = Judgement(
    outcome="agreed", provision="specialist-resource-provision", reasons="The base in her own school suits."
)
#: How a case and a sitting are compared with the live ones: as ``rebuild --verify`` does.
COMPARED = {each.table.kind: each.compared for each in learning.build(BOOK).own}


def rebuilt(bench: PanelsBench, routed: Sequence[Any], calendar: Sequence[Any] = ()) -> dict[Ref, Any]:
    """What the facts of a bench lead to: those of others first, those of the compacted topics last."""
    rules = learning.build(BOOK).restoring.rules
    states: dict[Ref, Any] = {}
    facts = [*routed, *calendar, *bench.said]
    for fact in sorted(facts, key=lambda each: rules[type(each)].fills):
        rule = rules[type(fact)]
        ref = rule.kind.at(rule.key(fact))
        state = rule.decide(states.get(ref), fact).state
        states[ref] = states.get(ref) if state is None else state
    return states


def known_again(bench: PanelsBench, *numbers: int, **asks: Any) -> Case:
    """The first of these cases as a rebuilt database has it; fails unless all of them are as they were."""
    asked = numbers or (1,)
    routed = [a_routed_referral(n, **asks) for n in asked]
    states = rebuilt(bench, routed, _calendar())
    for n in asked:
        was = bench.case(n)
        found = states[CASE.at(was.case_id)]
        assert COMPARED[CASE](found) == COMPARED[CASE](was)
    case = states[CASE.at(bench.case(asked[0]).case_id)]
    assert isinstance(case, Case)
    return case


def sits_again(bench: PanelsBench, sitting_id: str = THURSDAY_5_MARCH) -> Sitting:
    """The sitting as a rebuilt database has it; fails unless it is as it was."""
    routed = [a_routed_referral(n) for n in range(1, 4)]
    found = rebuilt(bench, routed, _calendar())[SITTING.at(sitting_id)]
    assert COMPARED[SITTING](found) == COMPARED[SITTING](bench.sitting(sitting_id))
    assert isinstance(found, Sitting)
    return found


def _calendar() -> list[SittingScheduled]:
    """The facts of the sittings that every bench begins with."""
    bench = PanelsBench()
    return [scheduling(bench.sitting(each)) for each in wanted(BOOK, MONDAY)]


def test_what_an_ehc_co_ordinator_set_out_is_known_again() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=LACKING)
    given = Dates(request_received=date(2025, 12, 16), assessment_decided=date(2026, 1, 20))
    bench.deliver(CompleteCase(case_id, given, papers=("school-report",), brought_by="school"))
    transfer = Transfer(to="secondary", year=2026)
    bench.deliver(SetOutCase(case_id, "draft-plan", "other", "117216", True, transfer))
    days = (date(2025, 12, 20), date(2026, 1, 30))
    bench.deliver(ClaimException(case_id, "absent-from-area", *days, by="tom", words="Abroad."))
    bench.deliver(SetMinutes(case_id, 40))
    case = known_again(bench, placement=LACKING)
    assert (case.dates, case.transfer, case.asked_setting, case.personal_budget) == (
        bench.case().dates,
        transfer,
        "117216",
        True,
    )
    assert case.exceptions == bench.case().exceptions
    assert (case.papers, case.missing, case.minutes) == (bench.case().papers, bench.case().missing, 40)


def test_a_case_that_was_complete_and_in_time_stays_so_once_its_dates_were_given() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=LACKING)
    bench.deliver(CompleteCase(case_id, Dates(request_received=date(2025, 12, 16)), papers_complete=True))
    case = known_again(bench, placement=LACKING)
    assert (case.status, case.due_on, case.complete_at) == ("queued", bench.case().due_on, MONDAY)


def twice_deferred() -> tuple[PanelsBench, str]:
    """A case that two sittings sent away, the second time escalated."""
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    for sitting_id, day, again in (
        (THURSDAY_5_MARCH, "2026-03-05 10:00", date(2026, 3, 20)),
        ("placement-2026-03-17", "2026-03-17 10:00", date(2026, 4, 20)),
    ):
        bench.confirm(case_id, sitting_id=sitting_id)
        bench.advance(at(day))
        escalated = bool(bench.case().deferrals)
        bench.deliver(
            DeferCase(case_id, sitting_id, ("health-advice",), "health", again, "Too old.", escalated)
        )
        bench.deliver(CompleteCase(case_id, papers_complete=True))
    return bench, case_id


def test_an_escalation_and_what_was_answered_to_it_are_known_again() -> None:
    bench, case_id = twice_deferred()
    waits = known_again(bench)
    assert [(each.escalated, each.answered, each.reason) for each in waits.deferrals] == [
        (False, None, "Too old."),
        (True, None, "Too old."),
    ]
    bench.deliver(AnswerEscalation(case_id, "manager", "Health was written to."))
    assert known_again(bench).deferrals == bench.case().deferrals


def test_a_recommendation_that_was_corrected_is_known_again_and_was_told_to_nobody() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    assert known_again(bench).recommendation == bench.case().recommendation
    bench.deliver(SignSitting(THURSDAY_5_MARCH, "chair", (case_id,)))
    bench.deliver(CorrectRecommendation(case_id, "chair", AFTER, "The wrong box."))
    case = known_again(bench)
    assert (case.status, case.recommendation) == ("heard", bench.case().recommendation)
    assert case.corrections == bench.case().corrections
    in_clear = [each for each in bench.said if not each.topic.sealed]
    assert not any("outcome" in type(each).model_fields for each in in_clear)
    assert {each.reasons for each in bench.said if isinstance(each, CasePapers)} == {None}


def test_a_decision_is_known_again_with_who_issued_it_and_each_of_its_reasons() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    bench.deliver(CorrectDecision(case_id, "officer", AFTER, "Typed wrongly."))
    case = known_again(bench)
    assert case.decision == bench.case().decision
    assert case.corrections == bench.case().corrections


def test_of_a_compacted_topic_the_last_papers_are_enough() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    bench.deliver(CorrectDecision(case_id, "officer", AFTER, "Typed wrongly."))
    last = [each for each in bench.said if isinstance(each, CasePapers)][-1]
    bench.said = [each for each in bench.said if not isinstance(each, CasePapers) or each is last]
    assert known_again(bench).in_force == bench.case().in_force


def test_chairs_action_that_was_declined_and_one_that_was_agreed_are_known_again() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=an_ask(urgent=True))
    bench.deliver(AskChair(case_id, "tom", "No school."))
    bench.deliver(DeclineChairAction(case_id, "chair", "It can wait."))
    assert known_again(bench, placement=an_ask(urgent=True)).chair_action == bench.case().chair_action
    bench.deliver(AskChair(case_id, "tom", "Out of school by now."))
    bench.deliver(AgreeChairAction(case_id, "chair", AFTER))
    case = known_again(bench, placement=an_ask(urgent=True))
    assert (case.status, case.recommendation) == ("heard", bench.case().recommendation)


def test_what_came_late_waits_for_its_answer_again() -> None:
    bench = a_listed_case()
    bench.deliver(adds_evidence())
    (raised,) = known_again(bench).to_decide
    assert raised == Raised(id="evidence-1", kind="evidence", at=raised.at, files=raised.files)
    bench.deliver(answers(True, "evidence-1"))
    assert known_again(bench).to_decide == ()


def test_who_is_heard_with_whom_is_known_again() -> None:
    bench = PanelsBench()
    first, second, third = bench.open_cases(3)
    bench.deliver(LinkCases(first, second))
    bench.deliver(LinkCases(third, second))
    bench.deliver(PartCase(third))
    assert known_again(bench, 1, 2, 3).siblings == bench.case(2).siblings is not None


def test_a_place_that_was_chosen_by_hand_is_held_again() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    move = Move(case_id, None, THURSDAY_5_MARCH)
    bench.deliver(MoveCase(case_id, Arrangement((move,), ((THURSDAY_5_MARCH, ()),), by="tom", why="Asked.")))
    assert bench.case().held
    assert known_again(bench).held


def test_members_who_is_there_and_stand_asides_are_known_again() -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    bench.deliver(StandAside(THURSDAY_5_MARCH, "henry", case_id, "declared-interest", "A neighbour."))
    bench.advance(at("2026-03-05 10:00"))
    members = bench.sitting().members
    bench.deliver(KeepAttendance(THURSDAY_5_MARCH, ((members[0].staff_id, "yes"),), members))
    sitting = sits_again(bench)
    assert sitting.members == bench.sitting().members
    assert [(each.staff_id, each.words) for each in sitting.aside] == [("henry", "A neighbour.")]


def test_an_extra_sitting_keeps_its_own_hour_and_why_it_was_added() -> None:
    bench = PanelsBench()
    bench.deliver(AddSitting("placement", date(2026, 3, 6), "Many are urgent.", hour=time(14, 15)))
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id, sitting_id="placement-2026-03-06")
    assert sits_again(bench, "placement-2026-03-06").why == "Many are urgent."
    listing = known_again(bench).listing
    assert listing is not None
    assert listing.sits_at == at("2026-03-06 14:15")


def test_an_extra_sitting_keeps_its_own_hour_when_it_is_moved() -> None:
    bench = PanelsBench()
    bench.deliver(AddSitting("placement", date(2026, 3, 6), "Many are urgent.", hour=time(14, 15)))
    bench.deliver(MoveSitting("placement-2026-03-06", date(2026, 3, 30), "Snow."))
    assert bench.sitting("placement-2026-03-30").sits_at == at("2026-03-30 13:15"), "British Summer Time"
    bench.deliver(MoveSitting(THURSDAY_5_MARCH, date(2026, 3, 31), "Snow."))
    assert bench.sitting("placement-2026-03-31").sits_at == at("2026-03-31 08:30"), "the panel's hour"


def test_a_sitting_that_was_moved_or_cancelled_is_known_again_with_its_members() -> None:
    bench = a_bench()
    (case_id,) = bench.open_cases(1)
    bench.confirm(case_id)
    bench.deliver(SeatMembers(THURSDAY_5_MARCH, HELD))
    bench.deliver(MoveSitting(THURSDAY_5_MARCH, date(2026, 3, 6), "Snow.", (case_id,)))
    bench.deliver(CancelSitting("placement-2026-03-10", "no-room", "The hall is wet."))
    assert sits_again(bench, "placement-2026-03-06").members == bench.sitting("placement-2026-03-06").members
    gone = sits_again(bench, "placement-2026-03-10").cancelled
    assert gone is not None
    assert gone.words == "The hall is wet."
