"""Facts as other services publish them, for the tests of notifications."""

from datetime import UTC, date, datetime
from typing import Any

from schemas.directory_v1 import DestinationListed
from schemas.envelope import Event
from schemas.panels_v1 import (
    CaseDeferred,
    CaseHeard,
    CaseListed,
    CaseOpened,
    CaseUnlisted,
    DecisionIssued,
)
from schemas.personal_v1 import CasePapers, PersonDetails
from schemas.referrals_v1 import ReferralAccepted, ReferralReceived, ReferralRouted

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REFERRAL, CASE, MOTHER, FATHER = "r-1", "c-1", "p-mother", "p-father"


def received(**given: Any) -> ReferralReceived:
    fields: dict[str, Any] = {
        "referral_id": REFERRAL, "reference": "ABCD-EFGH-JKM4", "child_id": "p-child", "tell": (MOTHER,),
        "urn": "117123", "area": "DSPL3", "phase": "primary", "year_group": 4, "sen_provision": "K",
        "primary_need": "SLCN", "asks_for": "placement", "origin": "http", "received_at": NOW,
    }  # fmt: skip
    return ReferralReceived(**(fields | given))


def routed(**given: Any) -> ReferralRouted:
    fields: dict[str, Any] = {
        "referral_id": REFERRAL, "reference": "ABCD-EFGH-JKM4", "destination_kind": "placement-panel",
        "destination": "primary-panel", "rule": "placement", "routed_at": NOW, "answer_by": date(2026, 3, 23),
        "child_id": "p-child", "urn": "117123", "area": "DSPL3", "phase": "primary", "primary_need": "SLCN",
    }  # fmt: skip
    return ReferralRouted(**(fields | given))


def accepted(**given: Any) -> ReferralAccepted:
    fields: dict[str, Any] = {
        "referral_id": REFERRAL, "destination": "primary-panel", "accepted_at": NOW,
        "next_step_by": date(2026, 3, 20),
    }  # fmt: skip
    return ReferralAccepted(**(fields | given))


def opened(**given: Any) -> CaseOpened:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "panel": "primary-panel", "trigger": "draft-plan",
        "urgent": False, "opened_at": NOW, "due_on": date(2026, 4, 20), "complete": True,
    }  # fmt: skip
    return CaseOpened(**(fields | given))


def listed(**given: Any) -> CaseListed:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "panel": "primary-panel", "sitting_id": "s-1",
        "sits_on": date(2026, 3, 18), "papers_close_at": NOW, "decision_by": date(2026, 3, 27),
    }  # fmt: skip
    return CaseListed(**(fields | given))


def unlisted(**given: Any) -> CaseUnlisted:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "panel": "primary-panel", "sitting_id": "s-1",
        "sits_on": date(2026, 3, 20), "reason": "sitting-cancelled", "unlisted_at": NOW, "due_on": date(2026, 4, 9),
    }  # fmt: skip
    return CaseUnlisted(**(fields | given))


def heard() -> CaseHeard:
    return CaseHeard(
        case_id=CASE, referral_id=REFERRAL, sitting_id="s-1", heard_at=NOW, decision_by=date(2026, 3, 27)
    )


def deferred(**given: Any) -> CaseDeferred:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "sitting_id": "s-1", "missing": ("family-views",),
        "owner": "family", "deferred_at": NOW, "next_on": date(2026, 4, 15),
    }  # fmt: skip
    return CaseDeferred(**(fields | given))


def decided(**given: Any) -> DecisionIssued:
    fields: dict[str, Any] = {
        "case_id": CASE, "referral_id": REFERRAL, "decision_id": "d-1", "outcome": "agreed",
        "provision": "special-school", "decided_at": NOW, "next_step_by": date(2026, 5, 5),
    }  # fmt: skip
    return DecisionIssued(**(fields | given))


def details(person_id: str = MOTHER, **given: Any) -> PersonDetails:
    fields: dict[str, Any] = {
        "person_id": person_id, "relation": "mother", "given_name": "Wilhelmina", "family_name": "Quill",
        "email": f"{person_id}@families.example", "may_be_told": True,
    }  # fmt: skip
    return PersonDetails(**(fields | given))


def destination(code: str = "primary-panel", **given: Any) -> DestinationListed:
    fields: dict[str, Any] = {
        "entry": f"destination:{code}", "code": code, "kind": "placement-panel",
        "name": "the primary placement panel", "does": "Looks at places in special provision.",
        "advice_line": "01438 555 0100", "opening_hours": "term time, 9 to 12",
        "meanwhile": "The school keeps its support in place.",
    }  # fmt: skip
    return DestinationListed(**(fields | given))


def papers(reasons: str | None = "The panel found that a smaller class is needed.") -> CasePapers:
    return CasePapers(case_id=CASE, referral_id=REFERRAL, reasons=reasons)


def all_facts() -> tuple[list[Event], list[Event]]:
    """One whole road, as its two topics tell it."""
    ours = [received(tell=(MOTHER, FATHER)), routed(), accepted()]
    theirs = [opened(), listed(), deferred(), listed(sitting_id="s-2"), heard(), decided()]
    return list(ours), list(theirs)
