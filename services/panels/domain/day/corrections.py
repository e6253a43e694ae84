"""How a mistake is mended once a chair has signed, or the authority has decided: by a dated correction beside it."""

from datetime import datetime

from chassis.decision import Decision, Refused
from schemas.panel_days_v1 import Corrected, DecisionCorrected
from services.panels.domain.cases.case import Case, as_seen, judgement
from services.panels.domain.day.commands import CorrectDecision, CorrectRecommendation
from services.panels.domain.day.decisions import check_fit, next_step_by
from services.panels.domain.faults import Wrong
from services.panels.domain.judged import Correction, Judgement
from services.panels.domain.panels.sittings_calendar import PanelBook


def correct_recommendation(
    case: Case | None, command: CorrectRecommendation, now: datetime
) -> Decision[Case]:
    """A recommendation that stands, signed off or by chair's action, is mended before the authority decides.

    Raises Refused unless it stands and nothing was decided, where nothing differs, without why, or where the case
    is not as it was seen.
    """
    case = as_seen(case, command.seen)
    stands = case.recommendation
    if case.status != "heard" or stands is None:
        raise Refused("not-heard", f"The case is {case.status}: no recommendation waits for a decision.")
    if stands.sitting_id and stands.signed_at is None:
        raise Refused(
            "not-signed-off", "Nobody has signed the sitting off yet: record the recommendation again."
        )
    before = judgement(stands)
    _check(before, command)
    made = Correction(
        of="recommendation", at=now, by=command.by, why=command.why, before=before, after=command.after
    )
    mended = stands.model_copy(update=dict(command.after))
    after = case.moved_to("heard", now, recommendation=mended, corrections=(*case.corrections, made))
    return Decision(after, answer={"case_id": case.case_id, "state": "heard"})


def correct_decision(
    book: PanelBook, case: Case | None, command: CorrectDecision, now: datetime
) -> Decision[Case]:
    """The authority mends its decision; what was issued stays as it was, and the family is told what changed.

    Raises Refused unless it is decided, where nothing differs, without why, or where the case is not as it was seen.
    """
    case = as_seen(case, command.seen)
    stands = case.in_force
    if case.status != "decided" or stands is None:
        raise Refused("not-decided", f"The case is {case.status}: there is no decision to correct.")
    before = judgement(stands)
    _check(before, command)
    changed = differences(before, command.after)
    moved = "outcome" in changed
    made = Correction(
        of="decision",
        at=now,
        by=command.by,
        why=command.why,
        before=before,
        after=command.after,
        next_step_by=next_step_by(book, case, command.after.outcome, now) if moved else stands.next_step_by,
    )
    after = case.moved_to("decided", now, corrections=(*case.corrections, made))
    return Decision(after, (_told(after, made, changed),), answer=_answer(after))


def differences(before: Judgement, after: Judgement) -> tuple[Corrected, ...]:
    """The parts in which two judgements differ, in a fixed order."""
    parts: tuple[tuple[Corrected, bool], ...] = (
        ("outcome", before.outcome != after.outcome),
        ("provision", before.provision != after.provision),
        ("setting", before.setting_urn != after.setting_urn),
        ("reasons", before.reasons != after.reasons),
    )
    return tuple(name for name, differs in parts if differs)


def _check(before: Judgement, command: CorrectRecommendation | CorrectDecision) -> None:
    check_fit(command.after)
    wrong = []
    if not command.after.reasons.strip():
        wrong.append(Wrong("reasons", "reasons-missing", "gives the reasons as they hold now"))
    if not command.why.strip():
        wrong.append(Wrong("why", "why-missing", "says what the mistake was"))
    if wrong:
        raise Refused("correction-incomplete", "The correction lacks something.", faults=tuple(wrong))
    if not differences(before, command.after):
        raise Refused("nothing-corrected", "Nothing differs from what stands: change what is wrong.")


def _told(case: Case, made: Correction, changed: tuple[Corrected, ...]) -> DecisionCorrected:
    issued = case.in_force
    assert issued is not None
    return DecisionCorrected(
        case_id=case.case_id,
        referral_id=case.referral_id,
        decision_id=issued.decision_id,
        number=sum(each.of == "decision" for each in case.corrections),
        outcome=issued.outcome,
        provision=issued.provision,
        setting_urn=issued.setting_urn,
        changed=changed,
        corrected_at=made.at,
        next_step_by=issued.next_step_by,
    )


def _answer(case: Case) -> dict[str, object]:
    issued = case.in_force
    assert issued is not None
    return {
        "case_id": case.case_id,
        "state": "decided",
        "decision_id": issued.decision_id,
        "outcome": issued.outcome,
        "provision": issued.provision,
        "next_step_by": issued.next_step_by.isoformat(),
    }
