"""How a case enters the queue, is completed and leaves it."""

from datetime import date

import pytest

from chassis.decision import Refused
from schemas.case_work_v1 import DatesCorrected, WithdrawalAnswered
from schemas.panels_v1 import CaseCompleted, CaseOpened, CaseWithdrawn
from schemas.referrals_v1 import WithdrawalRequested
from services.panels.domain.cases.case import CASE, case_id_of
from services.panels.domain.commands import CompleteCase, WithdrawCase
from services.panels.domain.legal.clocks import Dates
from tests.panels.builders import MONDAY, PanelsBench, a_referral_id, a_routed_referral, an_ask

SCHOOLS_OWN = an_ask(
    trigger="school-referral", request_received=None, draft_served=None, papers_complete=False
)


def test_a_complete_referral_to_the_panel_is_queued_with_its_due_date() -> None:
    bench = PanelsBench()
    (opened,) = bench.deliver(a_routed_referral())
    assert opened == CaseOpened(
        case_id=case_id_of(a_referral_id()),
        referral_id=a_referral_id(),
        panel="placement",
        trigger="draft-plan",
        urgent=False,
        opened_at=MONDAY,
        due_on=date(2026, 5, 4),  # 15 December 2025 + 140 days
        complete=True,
    )
    assert bench.case().status == "queued"


def test_a_referral_to_a_team_opens_no_case() -> None:
    bench = PanelsBench()
    team = a_routed_referral(destination_kind="advisory-team", destination="autism", placement=None)
    assert bench.deliver(team) == []
    assert bench.state(CASE, case_id_of(a_referral_id())) is None


def test_a_referral_routed_again_does_not_open_a_second_case() -> None:
    bench = PanelsBench()
    bench.deliver(a_routed_referral())
    assert bench.deliver(a_routed_referral(area="DSPL1")) == []
    assert bench.case().area == "DSPL7"


def test_a_referral_to_a_panel_without_a_file_waits_for_the_one_that_hears_such_cases() -> None:
    bench = PanelsBench()
    bench.deliver(a_routed_referral(destination="nobody-sits"))
    assert (bench.case().panel, bench.case().no_panel) == ("placement", "")


def test_a_case_without_its_statutory_dates_is_incomplete_and_has_no_due_date() -> None:
    bench = PanelsBench()
    (opened,) = bench.deliver(a_routed_referral(placement=an_ask(request_received=None)))
    assert isinstance(opened, CaseOpened)
    assert (opened.complete, opened.due_on) == (False, None)
    assert (bench.case().status, bench.case().missing) == ("incomplete", ("statutory-dates",))


def test_urgency_alone_gives_no_due_date() -> None:
    bench = PanelsBench()
    bench.deliver(
        a_routed_referral(placement=an_ask(request_received=None, urgent=True, need_by=date(2026, 2, 9)))
    )
    assert (bench.case().status, bench.case().due_on) == ("incomplete", None)


def test_an_urgent_case_is_due_on_its_need_by_date_if_that_is_sooner() -> None:
    bench = PanelsBench()
    bench.deliver(a_routed_referral(1, placement=an_ask(urgent=True, need_by=date(2026, 2, 11))))
    bench.deliver(a_routed_referral(2, placement=an_ask(urgent=True)))
    bench.deliver(a_routed_referral(3, placement=an_ask(urgent=True, need_by=date(2026, 12, 1))))
    # Ten working days after Monday 2 February are Monday 16 February; the law's date is 4 May.
    assert [bench.case(n).due_on for n in (1, 2, 3)] == [
        date(2026, 2, 11),
        date(2026, 2, 16),
        date(2026, 5, 4),
    ]


def test_a_schools_referral_lacks_the_panels_papers_until_they_arrive() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=SCHOOLS_OWN)
    assert bench.case().missing == (
        "educational-psychology-advice", "family-views", "school-report", "statutory-dates",
    )  # fmt: skip
    dates = Dates(review_meeting=date(2026, 1, 20))
    (due,) = bench.deliver(CompleteCase(case_id, dates, ("family-views", "school-report")))
    assert isinstance(due, DatesCorrected)
    assert due.due_on == date(2026, 2, 17)
    assert (bench.case().status, bench.case().missing) == ("incomplete", ("educational-psychology-advice",))
    (completed,) = bench.deliver(CompleteCase(case_id, papers=("educational-psychology-advice",)))
    assert completed == CaseCompleted(
        case_id=case_id, referral_id=a_referral_id(), completed_at=MONDAY, due_on=date(2026, 2, 17)
    )
    assert bench.case().status == "queued"
    assert bench.answer == {"case_id": case_id, "state": "queued", "due_on": "2026-02-17", "missing": []}


def test_a_case_due_yesterday_is_queued_all_the_same() -> None:
    bench = PanelsBench()
    bench.deliver(a_routed_referral(placement=an_ask(request_received=date(2025, 9, 14))))
    assert (bench.case().status, bench.case().due_on) == ("queued", date(2026, 2, 1))


@pytest.mark.parametrize(
    ("dates", "field"),
    [
        (Dates(request_received=date(2026, 2, 3)), "request_received"),
        (Dates(request_received=date(2014, 8, 31)), "request_received"),
        (Dates(request_received=date(2026, 1, 31), draft_served=date(2026, 1, 30)), "draft_served"),
    ],
)
def test_dates_that_cannot_be_are_refused_by_name(dates: Dates, field: str) -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1, placement=SCHOOLS_OWN)
    with pytest.raises(Refused) as refused:
        bench.deliver(CompleteCase(case_id, dates, papers_complete=True))
    assert [fault.field for fault in refused.value.faults] == [field]
    assert bench.case().status == "incomplete"


def test_a_date_put_right_in_the_queue_moves_the_due_date() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.deliver(CompleteCase(case_id, Dates(request_received=date(2025, 12, 16))))
    assert (bench.case().due_on, bench.case().status) == (date(2026, 5, 5), "queued")


def test_nothing_can_be_completed_once_the_case_was_heard() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    with pytest.raises(Refused, match="case-not-open"):
        bench.deliver(CompleteCase(case_id, papers_complete=True))


def a_request() -> WithdrawalRequested:
    return WithdrawalRequested(referral_id=a_referral_id(), reason="moved-away", requested_at=MONDAY)


def test_the_school_withdraws_and_is_answered() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    (withdrawn,) = bench.deliver(a_request())
    assert withdrawn == CaseWithdrawn(
        case_id=case_id, referral_id=a_referral_id(), reason="moved-away", withdrawn_at=MONDAY
    )
    assert bench.deliver(a_request()) == []


def test_a_request_to_withdraw_what_never_was_a_case_changes_nothing() -> None:
    assert PanelsBench().deliver(a_request()) == []


def test_a_listed_case_that_is_withdrawn_gives_its_place_up() -> None:
    bench = PanelsBench()
    ids = bench.open_cases(13)
    bench.confirm(*ids[:12])
    bench.deliver(a_request())
    bench.confirm(ids[12])
    assert bench.sitting().case_ids == tuple(ids[1:])


def test_after_the_decision_a_wish_to_withdraw_is_kept_but_changes_nothing() -> None:
    bench = PanelsBench()
    case_id = bench.a_heard_case()
    bench.decide(case_id)
    (answered,) = bench.deliver(a_request())
    assert isinstance(answered, WithdrawalAnswered)
    assert (answered.accepted, answered.reason) == (False, "decided-already")
    assert bench.case().status == "decided"
    assert bench.case().to_decide == ()
    assert bench.case().withdrawal is not None
    with pytest.raises(Refused, match="case-not-open"):
        bench.deliver(WithdrawCase(case_id, "family-asked"))


def test_a_person_withdraws_a_case_once() -> None:
    bench = PanelsBench()
    (case_id,) = bench.open_cases(1)
    bench.deliver(WithdrawCase(case_id, "needs-met"))
    with pytest.raises(Refused, match="case-not-open"):
        bench.deliver(WithdrawCase(case_id, "needs-met"))


def test_an_unknown_case_is_said_to_be_unknown() -> None:
    with pytest.raises(Refused, match="unknown-case"):
        PanelsBench().deliver(CompleteCase("nobody"))
