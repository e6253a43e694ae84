"""What a family reads and is written while its case waits: papers that are asked for, and late wishes answered."""

from datetime import date
from typing import Any

import pytest

from schemas.case_work_v1 import EvidenceAnswered, PapersRequested, WithdrawalAnswered
from tests.notifications.builders import (
    CASE,
    MOTHER,
    NOW,
    REFERRAL,
    decided,
    listed,
    opened,
    received,
    routed,
)
from tests.notifications.test_handlers import a_bench, born
from tests.notifications.test_page import a_page, stands


def requested(**given: Any) -> PapersRequested:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "items": ("family-views",), "owner": "family",
        "requested_at": NOW, "bring_by": date(2026, 3, 20),
    }  # fmt: skip
    return PapersRequested(**(fields | given))


def withdrawal(**given: Any) -> WithdrawalAnswered:
    fields: dict[str, Any] = {"case_id": CASE, "referral_id": REFERRAL, "accepted": False, "answered_at": NOW}
    return WithdrawalAnswered(**(fields | given))


def test_a_family_is_written_to_when_it_is_the_one_that_is_asked_and_only_then() -> None:
    for owner, told in (("family", [("case.papers-requested", MOTHER)]), ("school", []), ("health", [])):
        bench = a_bench()
        for fact in (received(), opened(complete=False, due_on=None), requested(owner=owner)):
            bench.deliver(fact)
        assert born(bench) == told


def test_the_page_says_what_is_asked_for_and_by_when() -> None:
    items = ("family-views", "school-report")
    shown = a_page(received(), routed(), opened(complete=False, due_on=None), requested(items=items))
    assert str(shown.steps[-1].words) == (
        "The primary placement panel asked for what is missing: your own views, a report from the school."
    )
    assert stands(shown)[1:] == (
        "Your family will send what is missing by 20 March 2026.",
        date(2026, 3, 20),
    )


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        (withdrawal(accepted=True), "will close it"),
        (withdrawal(reason="family-wants-it-heard"), "is going on with it"),
    ],
)
def test_the_page_says_how_a_late_wish_to_withdraw_was_answered(
    answer: WithdrawalAnswered, then: str
) -> None:
    assert then in stands(a_page(received(), routed(), opened(), listed(), answer))[1]


def test_a_wish_that_came_after_the_decision_leaves_the_decision_standing() -> None:
    shown = a_page(received(), routed(), opened(), listed(), decided(), withdrawal(reason="decided-already"))
    holder, following, _ = stands(shown)
    assert (holder, "a decision already" in following) == ("The council's EHC service", True)


@pytest.mark.parametrize(
    ("accepted", "words"), [(True, "accepted the papers"), (False, "is going on without")]
)
def test_late_evidence_is_told_and_leaves_things_as_they_stood(accepted: bool, words: str) -> None:
    late = EvidenceAnswered(
        case_id=CASE, referral_id=REFERRAL, added_at=NOW, accepted=accepted, answered_at=NOW
    )
    shown = a_page(received(), routed(), opened(), listed(), late)
    assert words in str(shown.steps[-1].words)
    assert "meets on 18 March 2026" in stands(shown)[1]
