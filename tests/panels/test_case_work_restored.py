"""What was asked and answered about a case comes back from the service's own facts."""

from datetime import date

from services.panels.domain.commands import CompleteCase, RequestPapers
from services.panels.domain.restoring import LOST
from tests.panels.builders import PanelsBench, a_routed_referral
from tests.panels.test_late import CASE_ID, a_listed_case, adds_evidence, answers, asks_to_withdraw
from tests.panels.test_restoring import restored, the_case
from tests.panels.test_setting_out import LACKING


def test_papers_that_were_asked_for_are_on_the_checklist_again() -> None:
    bench = PanelsBench()
    bench.open_cases(1, placement=LACKING)
    bench.deliver(RequestPapers(CASE_ID, ("school-report",), "school", date(2026, 2, 20)))
    case = the_case(restored(a_routed_referral(placement=LACKING), *bench.said))
    assert case.papers == bench.case().papers
    assert case.missing == bench.case().missing


def test_a_due_date_that_was_put_right_is_the_one_that_comes_back() -> None:
    bench = PanelsBench()
    bench.open_cases(1)
    known = bench.case().dates.model_copy(update={"request_received": date(2025, 12, 16)})
    bench.deliver(CompleteCase(CASE_ID, known))
    assert the_case(restored(a_routed_referral(), *bench.said)).due_on == date(2026, 5, 5)


def test_a_late_wish_to_withdraw_waits_again_until_it_was_answered() -> None:
    bench = a_listed_case()
    wish = asks_to_withdraw()
    bench.deliver(wish)
    of_case = [each for each in bench.said if each.key == CASE_ID]
    waiting = the_case(restored(a_routed_referral(), wish, *of_case))
    assert [(each.kind, each.reason) for each in waiting.to_decide] == [("withdrawal", "moved-away")]
    said = bench.deliver(answers(False, reason="heard-already"))
    case = the_case(restored(a_routed_referral(), wish, *of_case, *said))
    assert case.to_decide == ()
    (raised,) = case.raised
    assert raised.answered is not None
    assert (raised.answered.reason, raised.answered.words) == ("heard-already", LOST)


def test_a_case_that_was_withdrawn_waits_for_no_answer() -> None:
    bench = PanelsBench()
    bench.open_cases(1)
    wish = asks_to_withdraw()
    bench.deliver(wish)
    case = the_case(restored(a_routed_referral(), wish, *bench.said))
    assert (case.status, case.to_decide) == ("withdrawn", ())


def test_answered_evidence_comes_back_with_its_answer() -> None:
    bench = a_listed_case()
    bench.deliver(adds_evidence())
    bench.deliver(answers(True, "evidence-1"))
    of_case = [each for each in bench.said if each.key == CASE_ID]
    (raised,) = the_case(restored(a_routed_referral(), *of_case)).raised
    assert raised.answered is not None
    assert (raised.kind, raised.answered.accepted) == ("evidence", True)
