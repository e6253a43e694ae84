"""What the school sends after the batch is locked: it waits for a person, and the school is answered."""

import re
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.case_work_v1 import EvidenceAnswered, WithdrawalAnswered
from schemas.codes import WithdrawalReason
from schemas.panels_v1 import CaseWithdrawn
from schemas.referral_work_v1 import EvidenceAdded
from schemas.referrals_v1 import WithdrawalRequested
from schemas.staff_v1 import ReferralRestricted
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.commands import AnswerRaised, ConfirmSitting, WithdrawCase
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, PanelsBench, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.test_pages import as_, case_path

BEFORE_LOCK, AFTER_LOCK = at("2026-02-26 16:59"), at("2026-02-26 17:00")
CASE_ID = case_id_of(a_referral_id())
RAISED = f"{case_path()}/raised/withdrawal-1"


def asks_to_withdraw(reason: WithdrawalReason = "moved-away") -> WithdrawalRequested:
    return WithdrawalRequested(referral_id=a_referral_id(), reason=reason, requested_at=AFTER_LOCK)


def adds_evidence(*files: str) -> EvidenceAdded:
    return EvidenceAdded(referral_id=a_referral_id(), evidence_ids=files or ("f1", "f2"), added_at=AFTER_LOCK)


def a_listed_case(now: Any = AFTER_LOCK) -> PanelsBench:
    """One case on the batch of 5 March, whose papers close on 26 February at 17:00."""
    bench = PanelsBench()
    bench.confirm(*bench.open_cases(1))
    bench.advance(now)
    return bench


def answers(accepted: bool, raised_id: str = "withdrawal-1", **more: Any) -> AnswerRaised:
    return AnswerRaised(CASE_ID, raised_id, accepted, "tom", **more)


def test_until_the_lock_a_withdrawal_is_done_at_once() -> None:
    bench = a_listed_case(BEFORE_LOCK)
    (withdrawn,) = bench.deliver(asks_to_withdraw())
    assert isinstance(withdrawn, CaseWithdrawn)


def test_from_the_lock_on_a_withdrawal_waits_for_the_co_ordinator() -> None:
    bench = a_listed_case()
    assert bench.deliver(asks_to_withdraw()) == []
    case = bench.case()
    assert (case.status, [(each.kind, each.reason) for each in case.to_decide]) == (
        "listed",
        [("withdrawal", "moved-away")],
    )
    assert bench.deliver(asks_to_withdraw()) == []
    assert len(bench.case().to_decide) == 1


def test_a_case_that_was_heard_is_not_withdrawn_without_asking_either() -> None:
    bench = PanelsBench()
    bench.a_heard_case()
    assert bench.deliver(asks_to_withdraw()) == []
    assert bench.case().status == "heard"
    assert len(bench.case().to_decide) == 1


def test_accepted_it_is_withdrawn_and_the_school_is_answered_first() -> None:
    bench = a_listed_case()
    bench.deliver(asks_to_withdraw())
    answered, withdrawn = bench.deliver(answers(True))
    assert isinstance(answered, WithdrawalAnswered)
    assert (answered.accepted, answered.reason) == (True, None)
    assert isinstance(withdrawn, CaseWithdrawn)
    assert withdrawn.reason == "moved-away"
    assert (bench.case().status, bench.case().to_decide) == ("withdrawn", ())


def test_declined_the_case_goes_on_and_the_school_hears_why() -> None:
    bench = a_listed_case()
    bench.deliver(asks_to_withdraw())
    (answered,) = bench.deliver(answers(False, reason="family-wants-it-heard", words="They rang."))
    assert isinstance(answered, WithdrawalAnswered)
    assert (answered.accepted, answered.reason) == (False, "family-wants-it-heard")
    assert "They rang" not in answered.model_dump_json()
    assert (bench.case().status, bench.case().to_decide) == ("listed", ())
    assert [step.what for step in bench.case().history][-2:] == ["withdrawal-raised", "withdrawal-answered"]


def test_it_may_be_asked_again_after_a_no() -> None:
    bench = a_listed_case()
    bench.deliver(asks_to_withdraw())
    bench.deliver(answers(False, reason="decision-cannot-wait"))
    bench.deliver(asks_to_withdraw("needs-met"))
    assert [each.id for each in bench.case().to_decide] == ["withdrawal-2"]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (answers(False), "reason-missing"),
        (answers(False, reason="after-papers-closed"), "reason-missing"),
        (answers(True, "evidence-1"), "nothing-to-decide"),
        (answers(True, seen=1), "changed-meanwhile"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(command: AnswerRaised, code: str) -> None:
    bench = a_listed_case()
    bench.deliver(asks_to_withdraw())
    with pytest.raises(Refused) as refused:
        bench.deliver(command)
    assert refused.value.code == code


def test_it_is_answered_once() -> None:
    bench = a_listed_case()
    bench.deliver(asks_to_withdraw())
    bench.deliver(answers(False, reason="heard-already"))
    with pytest.raises(Refused, match="nothing-to-decide"):
        bench.deliver(answers(True))


def test_what_nobody_answered_before_the_decision_is_answered_by_it() -> None:
    bench = PanelsBench()
    bench.a_heard_case()
    bench.deliver(asks_to_withdraw())
    bench.deliver(adds_evidence())
    bench.said.clear()
    bench.decide(CASE_ID)
    withdrawal, evidence, *decided = bench.said
    assert isinstance(withdrawal, WithdrawalAnswered)
    assert isinstance(evidence, EvidenceAnswered)
    assert {withdrawal.reason, evidence.reason} == {"decided-already"}
    assert decided[0].type == "decision.issued.v1"
    assert (bench.case().status, bench.case().to_decide) == ("decided", ())
    with pytest.raises(Refused, match="nothing-to-decide"):
        bench.deliver(answers(True))


def test_new_evidence_is_noted_before_the_lock_and_to_be_decided_after_it() -> None:
    bench = a_listed_case(BEFORE_LOCK)
    assert bench.deliver(adds_evidence()) == []
    assert bench.case().to_decide == ()
    assert bench.case().history[-1].what == "evidence-added"
    bench.advance(AFTER_LOCK)
    assert bench.deliver(adds_evidence()) == []
    assert [(each.kind, each.files) for each in bench.case().to_decide] == [("evidence", 2)]


@pytest.mark.parametrize(("accepted", "reason"), [(True, None), (False, "after-papers-closed")])
def test_the_school_is_told_whether_the_panel_sees_its_evidence(accepted: bool, reason: Any) -> None:
    bench = a_listed_case()
    bench.deliver(adds_evidence())
    (answered,) = bench.deliver(answers(accepted, "evidence-1", reason=reason))
    assert isinstance(answered, EvidenceAnswered)
    assert (answered.accepted, answered.reason, answered.added_at) == (accepted, reason, AFTER_LOCK)
    assert bench.case().status == "listed"


def test_evidence_for_a_case_that_is_decided_is_answered_without_a_person() -> None:
    bench = PanelsBench()
    bench.a_heard_case()
    bench.decide(CASE_ID)
    (answered,) = bench.deliver(adds_evidence())
    assert isinstance(answered, EvidenceAnswered)
    assert answered.reason == "decided-already"


def test_evidence_for_a_referral_without_a_case_is_nobody_s_here() -> None:
    assert PanelsBench().deliver(adds_evidence()) == []


def test_what_waits_goes_with_the_case_that_a_person_withdraws() -> None:
    bench = a_listed_case()
    bench.deliver(asks_to_withdraw())
    bench.deliver(WithdrawCase(CASE_ID, "moved-away"))
    assert bench.case().to_decide == ()


# Pages and API ------------------------------------------------------------------------------------


async def raised(house: House) -> None:
    """A case of a locked batch, which its school asks to withdraw."""
    await house.hear(a_routed_referral())
    await house.running.runner.command(ConfirmSitting(THURSDAY_5_MARCH, (CASE_ID,)))
    await house.step(AFTER_LOCK)
    await house.hear(asks_to_withdraw(), adds_evidence())


async def test_the_co_ordinator_finds_it_on_the_start_page_the_list_the_case_and_the_sitting(
    house: House,
) -> None:
    await raised(house)
    tom = await as_(house, "tom")
    assert re.search(r"To decide.*?>1</span>", (await tom.get("/")).text, re.DOTALL)
    for path in ("/to-decide", case_path(), f"/sittings/{THURSDAY_5_MARCH}"):
        page = (await tom.get(path)).text
        assert RAISED in page, path
        assert "The school added 2 papers" in page, path
    member = await as_(house, "member")
    assert RAISED not in (await member.get(case_path())).text
    for path in ("/to-decide", RAISED):
        assert (await member.get(path)).status_code == 403


async def test_it_is_answered_by_a_form_that_asks_for_a_reason_where_the_answer_is_no(house: House) -> None:
    await raised(house)
    tom = await as_(house, "tom")
    page = (await tom.get(RAISED)).text
    assert "because the child has moved away" in page
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("seen", "form")}  # type: ignore[index]
    assert "Choose what the school is answered" in (await tom.post(RAISED, **hidden)).text
    missing = await tom.post(RAISED, **hidden, answer="no")
    assert (missing.status_code, "Choose why: the school is told." in missing.text) == (422, True)
    done = await tom.post(RAISED, **hidden, answer="no", reason="family-wants-it-heard")
    assert (done.status_code, done.headers["location"]) == (303, case_path())
    assert (await tom.get(RAISED)).headers["location"] == f"{case_path()}?late=yes"
    assert ("withdrawal.answered.v1") in [each[2] for each in await house.said()]


async def test_a_form_over_a_case_that_moved_on_does_nothing(house: House) -> None:
    await raised(house)
    tom = await as_(house, "tom")
    late = await tom.post(RAISED, seen="1", answer="yes")
    assert late.status_code == 422
    assert "Somebody else was quicker" in late.text
    assert (await house.get(f"/cases/{CASE_ID}"))["state"] == "listed"


async def test_programs_read_what_waits_and_answer_it(house: House) -> None:
    await raised(house)
    (case,) = (await house.get("/to-decide"))["cases"]
    assert [each["id"] for each in case["to_decide"]] == ["withdrawal-1", "evidence-2"]
    path = f"/cases/{CASE_ID}/raised"
    body = {"accepted": False, "reason": "decision-cannot-wait", "seen": case["version"]}
    done = await house.post(f"{path}/withdrawal-1", body)
    assert (done.status_code, done.json()["state"]) == (200, "listed")
    assert (await house.post(f"{path}/withdrawal-1", {"accepted": True})).status_code == 404
    assert (
        await house.post(f"{path}/evidence-2", {"accepted": True, "reason": "nonsense"})
    ).status_code == 422
    assert (await house.post(f"{path}/evidence-2", {"accepted": True})).status_code == 200
    assert (await house.get("/to-decide"))["cases"] == []
    refused = await house.post(f"{path}/evidence-2", {"accepted": True}, role="reader")
    assert refused.status_code == 403


async def test_a_restricted_case_waits_unseen_by_who_is_not_named(house: House) -> None:
    await raised(house)
    await house.hear(ReferralRestricted(referral_id=a_referral_id(), named=("tom",), restricted_at=MONDAY))
    other = await as_(house, "max")
    assert RAISED not in (await other.get("/to-decide")).text
    assert (await other.get(RAISED)).status_code == 404
    assert (await house.get("/to-decide"))["cases"] == []
    assert (await house.post(f"/cases/{CASE_ID}/raised/withdrawal-1", {"accepted": True})).status_code == 404
    assert RAISED in (await (await as_(house, "tom")).get("/to-decide")).text
