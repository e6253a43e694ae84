"""What the panel recommends, and what the authority then decides."""

from datetime import date, datetime, timedelta
from typing import Any

from chassis.calendar import london_date
from chassis.decision import Decision, Refused
from chassis.ids import beside
from schemas.panels_v1 import CaseHeard, DecisionIssued, Outcome
from services.panels.domain.cases.case import (
    Case,
    Issued,
    PanelKind,
    Recommendation,
    as_seen,
    judgement,
    on_agenda,
)
from services.panels.domain.cases.late import overtaken
from services.panels.domain.commands import IssueDecision, RecordRecommendation
from services.panels.domain.faults import Wrong
from services.panels.domain.funds import check_funding
from services.panels.domain.judged import Funding, Judgement
from services.panels.domain.panels.sittings_calendar import PanelBook


def recommend(case: Case | None, command: RecordRecommendation, now: datetime) -> Decision[Case]:
    """The panel's recommendation, which stays internal; recorded again by whoever has seen it, in its place.

    Raises Refused unless the case is before that sitting and as it was seen, or once a chair has signed it off.
    """
    case = as_seen(case, command.seen)
    given = Judgement(
        outcome=command.outcome,
        provision=command.provision,
        setting_urn=command.setting_urn,
        reasons=command.reasons,
        funding=command.funding,
    )
    check_fit(given, case.kind)
    earlier = case.recommendation
    if case.status == "heard" and earlier and earlier.sitting_id == command.sitting_id and command.seen:
        return _again(case, earlier, given, now)
    listing = on_agenda(case, command.sitting_id, now)
    made = Recommendation(**dict(given), sitting_id=listing.sitting_id, heard_at=now)
    heard = CaseHeard(
        case_id=case.case_id,
        referral_id=case.referral_id,
        sitting_id=listing.sitting_id,
        heard_at=now,
        decision_by=listing.decision_by,
    )
    after = case.moved_to("heard", now, recommendation=made)
    return Decision(after, (heard,), answer=_heard(after))


def _again(case: Case, earlier: Recommendation, given: Judgement, now: datetime) -> Decision[Case]:
    """Another recommendation in the place of one that nobody has signed off: that it was heard is told already."""
    if earlier.signed_at is not None:
        raise Refused(
            "signed-off",
            "A chair has signed this sitting off: a mistake in a recommendation is mended by a correction.",
        )
    if judgement(earlier) == given:
        return Decision(answer=_heard(case))
    made = earlier.model_copy(update=dict(given))
    return Decision(case.moved_to("heard", now, recommendation=made), answer=_heard(case))


def _heard(case: Case) -> dict[str, object]:
    by = case.decide_by
    return {"case_id": case.case_id, "state": "heard", "decision_by": by.isoformat() if by else None}


def issue(book: PanelBook, case: Case | None, command: IssueDecision, now: datetime) -> Decision[Case]:
    """The authority decides, as recommended or otherwise; only this tells the family.

    The same decision again answers the one that was issued. Raises Refused for a case without a
    recommendation, for a second, different decision, and for a departure without reasons of its own.
    """
    known = as_seen(case, None)
    if known.decision is not None:
        return _issued_before(known, known.decision, command)
    case = as_seen(case, command.seen)
    recommended = case.recommendation
    if case.status != "heard" or recommended is None:
        raise Refused("not-heard", f"The case is {case.status}: a decision follows a panel's recommendation.")
    settled = _settled(recommended, command)
    check_fit(settled, case.kind)
    same = (settled.outcome, settled.provision) == (recommended.outcome, recommended.provision)
    if not same and not command.reasons:
        raise Refused("reasons-missing", "A decision that departs from the recommendation needs its reasons.")
    issued = Issued(
        **dict(settled),
        decision_id=beside(case.case_id, "decision"),
        decided_at=now,
        next_step_by=next_step_by(book, case, settled.outcome, now),
        officer=command.officer,
    )
    after, answers = overtaken(case, now)
    after = after.moved_to("decided", now, decision=issued)
    return Decision(after, (*answers, _told(case, issued)), answer=_answer(case, issued))


def _settled(recommended: Recommendation, command: IssueDecision) -> Judgement:
    """What is decided: as recommended where the officer named nothing else."""
    outcome = command.outcome or recommended.outcome
    as_recommended = outcome == recommended.outcome
    return Judgement(
        outcome=outcome,
        provision=command.provision or (recommended.provision if as_recommended else None),
        setting_urn=command.setting_urn or (recommended.setting_urn if as_recommended else None),
        reasons=command.reasons or recommended.reasons,
        funding=recommended.funding if as_recommended else None,
    )


def _issued_before(case: Case, issued: Issued, command: IssueDecision) -> Decision[Case]:
    same = (
        command.outcome in (None, issued.outcome)
        and command.provision in (None, issued.provision)
        and command.reasons in (None, issued.reasons)
    )
    if not same:
        raise Refused(
            "already-decided",
            "A decision was issued already, and is never rewritten: put a mistake in it right by a correction.",
        )
    return Decision(answer=_answer(case, issued))


def _told(case: Case, issued: Issued) -> DecisionIssued:
    """The fact; its reasons follow in the papers of the case."""
    return DecisionIssued(
        case_id=case.case_id,
        referral_id=case.referral_id,
        decision_id=issued.decision_id,
        outcome=issued.outcome,
        provision=issued.provision,
        setting_urn=issued.setting_urn,
        decided_at=issued.decided_at,
        next_step_by=issued.next_step_by,
        **_amounts(issued.funding),
    )


def _amounts(funding: Funding | None) -> dict[str, Any]:
    if funding is None:
        return {}
    return {"funding": funding.gives, "amount_asked": funding.asked, "amount_agreed": funding.agreed}


def _answer(case: Case, issued: Issued) -> dict[str, object]:
    return {
        "case_id": case.case_id,
        "state": "decided",
        "decision_id": issued.decision_id,
        "outcome": issued.outcome,
        "provision": issued.provision,
        "decided_at": issued.decided_at.isoformat(),
        "next_step_by": issued.next_step_by.isoformat(),
    }


def next_step_by(book: PanelBook, case: Case, outcome: Outcome, now: datetime) -> date:
    """The day by which the family hears of the next step. Raises Refused where no file describes the panel."""
    today = london_date(now)
    panel = book.at(case.panel, today)
    if panel is None:
        raise Refused("unknown-panel", "No file in panels/ describes this panel today.")
    if outcome == "agreed":
        return today + timedelta(days=panel.decisions.agreed_calendar_days)
    if outcome == "not-agreed":
        return book.working.add(today, panel.decisions.not_agreed_working_days)
    return book.working.add(today, panel.decisions.more_information_working_days)


def check_fit(given: Judgement, kind: PanelKind = "placement") -> None:
    """Raises Refused, naming the field, unless provision and setting are given for what is agreed alone.

    What a panel for funding agrees to is for `check_funding`.
    """
    if kind == "high-needs-funding":
        return check_funding(given)
    if given.outcome == "agreed" and given.provision is None:
        wrong = Wrong("provision", "provision-missing", "names the type of provision when it is agreed")
    elif given.outcome != "agreed" and given.provision is not None:
        wrong = Wrong("provision", "provision-not-expected", "must be left out unless the outcome is agreed")
    elif given.outcome != "agreed" and given.setting_urn is not None:
        wrong = Wrong("setting_urn", "setting-not-expected", "must be left out unless the outcome is agreed")
    else:
        return None
    raise Refused("provision-does-not-fit", "Provision and outcome do not fit.", faults=(wrong,))
