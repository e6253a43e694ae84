"""Whatever people do with a referral, in whatever order, some things always hold."""

from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.calendar import london_date
from chassis.decision import Refused
from schemas.submissions_v1 import Evidence
from services.referrals.domain.commands import (
    AcceptReferral,
    AddEvidence,
    AgreedAction,
    Amendment,
    AmendReferral,
    AnswerInformation,
    ArrangeVisit,
    AskForInformation,
    AssignReferral,
    CloseReferral,
    ConcludeReferral,
    OnReferral,
    RecordReview,
    RecordVisit,
    ReopenReferral,
    ReturnReferral,
    StepReferral,
    WithdrawReferral,
)
from services.referrals.domain.referral import CLOCK, ENDED, WITH_SCHOOL, Referral
from tests.referrals.builders import form, referral_id
from tests.referrals.working import ID, Desk

WHO = ("staff-1", "staff-2", "school-1")
DAYS = st.integers(-2, 30)
ASKS = st.sampled_from(["advice", "outreach", "ehc-needs-assessment"])


class Working(RuleBasedStateMachine):
    """A referral, and everybody who may do something with it."""

    @initialize(asks_for=ASKS)
    def taken(self, asks_for: str) -> None:
        self.desk = Desk(form(asks_for=asks_for))
        self.before: Referral = self.desk.now
        self.acted = 0
        self.next = 10

    @rule(command=st.integers(0, 14), who=st.sampled_from(WHO), days=DAYS, stale=st.booleans())
    def somebody_acts(self, command: int, who: str, days: int, stale: bool) -> None:
        """One person does one thing, having looked just now or at an earlier version."""
        made = self._command(command, who, london_date(self.desk.rules.now) + timedelta(days=days))
        before = self.desk.now
        version = before.version - (stale and before.version > 1)
        try:
            self.desk.seeing(made, version)
        except Refused:
            assert self.desk.now == before, "what was refused changed something"
            return
        assert version == before.version, "somebody overwrote what they had not seen"
        assert self.desk.now.version == before.version + 1
        self.acted += 1
        if before.status in ENDED and self.desk.now.status not in ENDED:
            assert isinstance(made, ReopenReferral)

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        """The clock goes on; it changes no version and ends nothing."""
        before = self.desk.now
        self.desk.on(london_date(self.desk.rules.now) + timedelta(days=days))
        assert (self.desk.now.version, self.desk.now.status) == (before.version, before.status)

    def _command(self, number: int, by: str, on: date) -> OnReferral:
        child, self.next = self.desk.child, self.next + 1
        made: list[Any] = [
            AcceptReferral(ID, by=by),
            ReturnReferral(ID, "advice-given", "words", by=by),
            AssignReferral(ID, by, by=by),
            AskForInformation(ID, "words", on, by=by),
            AnswerInformation(ID, "words", by=by),
            ArrangeVisit(ID, "v1", "training", on, "words", by=by),
            RecordVisit(ID, "v1", on, by=by),
            ConcludeReferral(ID, "training-given", on, None, (AgreedAction("a", "b", on),), by=by),
            RecordReview(ID, "no", by=by),
            StepReferral(ID, referral_id(self.next), child, "up", "ehc-needs-assessment", "words", by=by),
            CloseReferral(ID, "duplicate", by=by),
            ReopenReferral(ID, "words", by=by),
            AmendReferral(
                ID, child, Amendment(primary_need="HI" if self.next % 2 else "ASD"), "words", by=by
            ),
            AddEvidence(ID, (Evidence(kind="work", title="words"),), "words", by=by),
            WithdrawReferral(ID, "needs-met", by=by),
        ]
        return made[number]  # type: ignore[no-any-return]

    @invariant()
    def its_history_is_complete_and_in_order(self) -> None:
        history = self.desk.history
        assert [step.at for step in history] == sorted(step.at for step in history)
        persons = [step.version for step in history if step.by in WHO]
        assert persons == list(range(2, self.acted + 2)), "a step is missing, or there twice"
        assert self.desk.now.version == self.acted + 1
        assert history[:2] == self.before.history

    @invariant()
    def its_clock_never_runs_backwards(self) -> None:
        now = self.desk.now
        assert now.clock.stopped_days >= 0
        assert now.clock.stopped_on is None or now.clock.stopped_on <= london_date(self.desk.rules.now)
        assert (now.clock.stopped_on is None) or now.status in WITH_SCHOOL or now.status in ENDED
        assert now.destination_kind != "statutory-assessment" or now.clock.stopped_on is None

    @invariant()
    def only_what_the_school_owes_has_a_day_of_its_own(self) -> None:
        now = self.desk.now
        with_school = now.status in WITH_SCHOOL
        assert (now.owed is not None) == (now.school_answers_by is not None) == with_school

    @invariant()
    def nothing_of_what_has_ended_falls_due_but_its_review(self) -> None:
        if self.desk.now.status in ENDED:
            mine = {due.what for due in self.desk.rules.due if due.id == ID}
            assert mine <= {"review"}

    @invariant()
    def nobody_is_said_to_be_late_twice_for_one_promise(self) -> None:
        late = [step.on for step in self.desk.history if step.by == CLOCK and step.what == "overdue"]
        assert len(late) == len(set(late))

    @invariant()
    def each_state_can_be_told_in_words(self) -> None:
        told = self.desk.told(london_date(self.desk.rules.now))
        assert "" not in (told.happened, told.holder, told.next_step)


TestWorking = Working.TestCase
TestWorking.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
