"""Which message touches what: the table of the panels service."""

from datetime import datetime
from functools import partial
from operator import attrgetter

from chassis import restrictions, staff
from chassis.decision import Changes, Ref, World
from chassis.erasure import ERASURE, hears
from chassis.handlers import Handlers
from schemas.children_v1 import ChildDied, ChildMoved, PersonMerged, PersonUnmerged
from schemas.directory_v1 import SettingListed
from schemas.erasure_v1 import ErasedFromPanels, PersonErased
from schemas.notifications_v1 import (
    MessageFailed,
    MessageFailedV2,
    MessageHeld,
    MessageSent,
    MessageSentV2,
    MessageSettled,
)
from schemas.personal_v1 import PersonDetails, ReferralPapers
from schemas.referral_work_v1 import EvidenceAdded
from schemas.referrals_v1 import ReferralRouted, ReferralRoutedV2, WithdrawalRequested
from schemas.staff_v1 import ReferralRestricted, StaffDetails
from services.panels import placings
from services.panels.domain import funds, heard, record
from services.panels.domain.cases import completing, homes, late, queue, setting_out
from services.panels.domain.cases.case import CASE, case_id_of
from services.panels.domain.commands import (
    AnswerRaised,
    ClaimException,
    CompleteCase,
    ConfirmSitting,
    DeferCase,
    IssueDecision,
    RecordRecommendation,
    RehomeCase,
    RequestPapers,
    ScheduleSitting,
    SetOutCase,
    WithdrawCase,
)
from services.panels.domain.day import (
    attendance,
    chairs_action,
    commands,
    corrections,
    decisions,
    deferrals,
    signing,
)
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.placing import beginning, centre, remarks, staying
from services.panels.domain.placing.placement import PLACEMENT
from services.panels.domain.plan import rearranging
from services.panels.domain.plan.commands import AcceptPlan, KeepPlan, MoveCase
from services.panels.domain.plan.plans import PLAN
from services.panels.domain.sittings import agenda, by_hand, moving, seating, siblings, sitting, unlisting
from services.panels.domain.sittings.arranging import (
    AddSitting,
    AskAmount,
    CancelSitting,
    LinkCases,
    MoveSitting,
    PartCase,
    SeatMembers,
    SetMinutes,
    StandAside,
)
from services.panels.domain.sittings.sitting import SITTING


def build(book: PanelBook) -> Handlers:
    """The rules, with the panels and the working days that they need."""
    handlers = Handlers()
    _others(handlers, book)
    _cases(handlers, book)
    _sittings(handlers, book)
    _plans(handlers, book)
    _by_hand(handlers, book)
    _of_the_day(handlers, book)
    placings.add(handlers, book)
    handlers.also(CASE, record.of_case)
    handlers.also(SITTING, record.of_sitting)
    handlers.also(PLACEMENT, remarks.of_placement)
    return handlers


def _others(handlers: Handlers, book: PanelBook) -> None:
    for routed in (ReferralRouted, ReferralRoutedV2):
        handlers.on_many(
            routed, _opened_by, partial(_routed, book), reads=lambda e: [heard.CHILD.at(e.child_id)]
        )
    handlers.on(WithdrawalRequested, CASE, lambda e: case_id_of(e.referral_id), late.withdrawal_requested)
    handlers.on(EvidenceAdded, CASE, lambda e: case_id_of(e.referral_id), late.evidence_added)
    handlers.on_many(ChildMoved, placings.moved, _child_moved)
    handlers.on_many(ChildDied, placings.died, _child_died)
    handlers.on_many(PersonDetails, heard.of_children, heard.keep_child)
    handlers.on(ReferralPapers, heard.WORDS, lambda e: e.referral_id, heard.keep_words)
    handlers.on(PersonMerged, heard.ALIAS, lambda e: e.person_id, heard.merged)
    handlers.on(PersonUnmerged, heard.ALIAS, lambda e: e.person_id, heard.unmerged)
    handlers.on(PersonErased, ERASURE, lambda e: e.erasure_id, hears(_erased))
    handlers.on(StaffDetails, staff.STAFF, lambda e: e.staff_id, staff.keep)
    handlers.on(ReferralRestricted, restrictions.RESTRICTION, lambda e: e.referral_id, restrictions.keep)
    handlers.on(SettingListed, heard.SCHOOL, lambda e: e.urn, heard.keep_school)
    for sent in (MessageSent, MessageSentV2):
        handlers.on(sent, heard.TOLD, lambda e: e.referral_id, heard.message_sent)
    for failed in (MessageFailed, MessageFailedV2):
        handlers.on(failed, heard.TOLD, lambda e: e.referral_id, heard.message_failed)
    handlers.on(MessageHeld, heard.TOLD, lambda e: e.referral_id, heard.message_held)
    handlers.on(MessageSettled, heard.TOLD, lambda e: e.referral_id, heard.message_settled)


def _erased(fact: PersonErased, now: datetime) -> ErasedFromPanels:
    return ErasedFromPanels(erasure_id=fact.erasure_id, erased_at=now)


def _opened_by(event: ReferralRoutedV2) -> list[Ref]:
    if event.destination_kind in queue.KINDS:
        return [CASE.at(case_id_of(event.referral_id))]
    return placings.opened_by(event)


def _child_moved(world: World, event: ChildMoved, now: datetime) -> Changes:
    case = CASE.at(case_id_of(event.referral_id))
    return Changes(
        {case: queue.child_moved(world.get(CASE, case.id), event, now), **beginning.child_moved(world, event)}
    )


def _child_died(world: World, event: ChildDied, now: datetime) -> Changes:
    case, way = placings.died(event)
    return Changes(
        {
            case: unlisting.child_died(world.get(CASE, case.id), event, now),
            way: staying.child_died(world.get(PLACEMENT, way.id), event, now),
        }
    )


def _routed(book: PanelBook, world: World, event: ReferralRoutedV2, now: datetime) -> Changes:
    if event.destination_kind == centre.CENTRE:
        return centre.asked_of_a_centre(world, event, now)
    return queue.open_case(book, world, event, now)


def _cases(handlers: Handlers, book: PanelBook) -> None:
    handlers.on(CompleteCase, CASE, lambda c: c.case_id, partial(completing.complete_case, book))
    handlers.on(RehomeCase, CASE, lambda c: c.case_id, partial(homes.rehome, book))
    handlers.on(RequestPapers, CASE, lambda c: c.case_id, completing.request_papers)
    handlers.on(SetOutCase, CASE, lambda c: c.case_id, partial(setting_out.set_out, book))
    handlers.on(ClaimException, CASE, lambda c: c.case_id, setting_out.claim)
    handlers.on(AnswerRaised, CASE, lambda c: c.case_id, late.answer)
    handlers.on(WithdrawCase, CASE, lambda c: c.case_id, queue.withdraw_case)
    handlers.on(DeferCase, CASE, lambda c: c.case_id, partial(deferrals.defer, book))
    handlers.on_many(
        IssueDecision,
        lambda c: beginning.touches(c.case_id),
        partial(beginning.deciding, partial(decisions.issue, book)),
    )


def _sittings(handlers: Handlers, book: PanelBook) -> None:
    schedule = partial(sitting.schedule, book)
    handlers.on(ScheduleSitting, SITTING, lambda c: c.sitting_id, schedule)
    handlers.when_due(sitting.SCHEDULE, SITTING, schedule)
    handlers.when_due(sitting.CONFIRM_DUE, SITTING, sitting.confirm_due)
    handlers.when_due(sitting.PAPERS_CLOSE, SITTING, sitting.papers_close)
    handlers.when_due(sitting.BEGINS, SITTING, sitting.begins)
    handlers.on_many(ConfirmSitting, agenda.touches, partial(agenda.confirm, book))


def _plans(handlers: Handlers, book: PanelBook) -> None:
    handlers.on(KeepPlan, PLAN, lambda c: c.plan.panel, rearranging.keep)
    handlers.on_many(AcceptPlan, rearranging.touches, partial(rearranging.accept, book))
    handlers.on_many(MoveCase, rearranging.touches, partial(rearranging.move, book))


def _of_the_day(handlers: Handlers, book: PanelBook) -> None:
    asked, case_of, sitting_of = commands, attrgetter("case_id"), attrgetter("sitting_id")
    handlers.on(asked.KeepAttendance, SITTING, sitting_of, attendance.keep_attendance)
    handlers.on_many(
        RecordRecommendation,
        lambda c: [CASE.at(c.case_id)],
        partial(attendance.recommend_by_quorum, book),
        reads=attendance.read_with,
    )
    handlers.on(asked.LeaveUnheard, CASE, case_of, attendance.leave_unheard)
    handlers.on(asked.PassOn, CASE, case_of, partial(deferrals.pass_on, book))
    handlers.on(asked.AnswerEscalation, CASE, case_of, deferrals.answer)
    handlers.on(asked.AskChair, CASE, case_of, chairs_action.ask)
    handlers.on(asked.AgreeChairAction, CASE, case_of, partial(chairs_action.agree, book))
    handlers.on(asked.DeclineChairAction, CASE, case_of, chairs_action.decline)
    handlers.on(asked.CorrectRecommendation, CASE, case_of, corrections.correct_recommendation)
    handlers.on_many(
        asked.CorrectDecision,
        lambda c: beginning.touches(c.case_id),
        partial(beginning.deciding, partial(corrections.correct_decision, book)),
    )
    handlers.on_many(asked.SignSitting, signing.touches, partial(signing.sign, book))


def _by_hand(handlers: Handlers, book: PanelBook) -> None:
    handlers.on(AddSitting, SITTING, lambda c: c.sitting_id, partial(by_hand.add, book))
    handlers.on_many(CancelSitting, by_hand.touches, by_hand.cancel)
    handlers.on_many(MoveSitting, moving.touches, partial(moving.move, book))
    handlers.on_many(
        SeatMembers,
        lambda c: [SITTING.at(c.sitting_id)],
        partial(_seat, book),
        reads=lambda c: [staff.STAFF.at(each) for each in sorted({staff_id for _, staff_id, _ in c.members})],
    )
    handlers.on_many(
        StandAside, lambda c: [SITTING.at(c.sitting_id)], _stand_aside, reads=lambda c: [CASE.at(c.case_id)]
    )
    handlers.on_many(LinkCases, siblings.touches, siblings.link)
    handlers.on(PartCase, CASE, lambda c: c.case_id, siblings.part)
    handlers.on(AskAmount, CASE, lambda c: c.case_id, funds.ask_amount)
    handlers.on(SetMinutes, CASE, lambda c: c.case_id, siblings.set_minutes)


def _seat(book: PanelBook, world: World, command: SeatMembers, now: datetime) -> Changes:
    colleagues = {each: world.get(staff.STAFF, each) for _, each, _ in command.members}
    decision = seating.seat(book, world.get(SITTING, command.sitting_id), colleagues, command, now)
    return Changes({SITTING.at(command.sitting_id): decision}, answer=decision.answer)


def _stand_aside(world: World, command: StandAside, now: datetime) -> Changes:
    sitting, case = world.get(SITTING, command.sitting_id), world.get(CASE, command.case_id)
    decision = seating.stand_aside(sitting, case, command, now)
    return Changes({SITTING.at(command.sitting_id): decision}, answer=decision.answer)
