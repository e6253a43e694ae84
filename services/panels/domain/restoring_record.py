"""What people entered about a case or a sitting, led back from the facts of `record`, for a database that has lost it.

Facts that were published before those existed tell less: then a recommendation before its decision, members and words
stay lost, and the case is before its sitting again.
"""

from collections.abc import Mapping
from typing import Any

from chassis.decision import Decision
from schemas.case_records_v1 import CaseRecorded, SittingRecorded
from schemas.panel_papers_v1 import SittingPapers
from schemas.personal_v1 import CasePapers
from services.panels.domain.cases.arrivals import Raised
from services.panels.domain.cases.case import Case, Deferral, Moved, Recommendation, Withdrawal
from services.panels.domain.cases.papers import PaperState
from services.panels.domain.judged import Answered, ChairAction, Correction
from services.panels.domain.legal.dates import Claimed, Dates, Transfer
from services.panels.domain.record import LOST, SAME, by_hand, interest
from services.panels.domain.sittings.members import Aside, Seat
from services.panels.domain.sittings.sitting import Sitting


def case_recorded(case: Case | None, fact: CaseRecorded) -> Decision[Case]:
    """All that people entered; their words follow with the papers."""
    if case is None:
        return Decision()
    asked = fact.chair_action
    entered: dict[str, Any] = {name: getattr(fact, name) for name in SAME}
    entered |= {
        "dates": Dates(**dict(fact.dates)),
        "transfer": Transfer(**dict(fact.transfer)) if fact.transfer else None,
        "exceptions": tuple(Claimed(**dict(each)) for each in fact.exceptions),
        "papers": tuple(PaperState(**dict(each)) for each in fact.papers),
        "raised": tuple(Raised.model_validate(each.model_dump()) for each in fact.raised),
        "siblings": fact.heard_with,
        "moves": tuple(Moved(**dict(each), why=LOST, by_hand=True) for each in fact.moves),
        "deferrals": _answered(case, fact),
        "chair_action": ChairAction(**dict(asked), why=LOST) if asked else None,
        "withdrawal": Withdrawal(**dict(fact.withdrawal)) if fact.withdrawal else None,
    }
    if case.decision and fact.decided_by:
        entered["decision"] = case.decision.model_copy(update={"officer": fact.decided_by})
    return Decision(case.noted("set-out", fact.recorded_at, **entered))


def _answered(case: Case, fact: CaseRecorded) -> tuple[Deferral, ...]:
    known = {each.deferred_at: each for each in fact.escalated}
    found = []
    for each in case.deferrals:
        told = known.get(each.deferred_at)
        answer = None
        if told and told.answered_at and told.answered_by:
            answer = Answered(at=told.answered_at, by=told.answered_by, words=LOST)
        found.append(each.model_copy(update={"escalated": told is not None, "answered": answer}))
    return tuple(found)


def papers(case: Case | None, fact: CasePapers) -> Decision[Case]:
    """What was recommended and corrected, and people's words: the last papers that are there hold all of them."""
    if case is None:
        return Decision()
    said = {each.about: each.words for each in fact.remarks}
    case = case.model_copy(update=_in_words(case, said))
    if len(fact.corrections) >= len(case.corrections):
        mended = tuple(Correction.model_validate(each.model_dump()) for each in fact.corrections)
        case = case.model_copy(update={"corrections": mended})
    case = _with_reasons(case, fact)
    return Decision(_heard(case, fact))


def _heard(case: Case, fact: CasePapers) -> Case:
    """With what was recommended; a case that stood before its sitting, or a chair, was heard by that."""
    if fact.recommendation is None:
        return case
    made = Recommendation.model_validate(fact.recommendation.model_dump())
    by_chair = not made.sitting_id and case.chair_action is not None and bool(case.chair_action.agreed)
    if case.sits(made.sitting_id) or (by_chair and case.status in ("incomplete", "queued", "deferred")):
        return case.moved_to("heard", made.heard_at, recommendation=made)
    if case.status in ("heard", "decided", "withdrawn"):
        return case.model_copy(update={"recommendation": made})
    return case


def _with_reasons(case: Case, fact: CasePapers) -> Case:
    """The reasons of a decision, as it was issued: those of its papers, or where it was corrected those before that."""
    if case.decision is None or case.decision.reasons not in ("", LOST):
        return case
    mended = [each for each in case.corrections if each.of == "decision"]
    told = mended[0].before.reasons if mended and fact.corrections else fact.reasons or LOST
    if mended and not fact.corrections:
        return _as_corrected(case, fact.reasons or LOST)
    return case.model_copy(update={"decision": case.decision.model_copy(update={"reasons": told})})


def _as_corrected(case: Case, told: str) -> Case:
    """By papers without corrections: their reasons are those of the last one, and those before it are lost."""
    assert case.decision is not None
    last = case.corrections[-1]
    after = last.model_copy(update={"after": last.after.model_copy(update={"reasons": told})})
    lost = case.decision.model_copy(update={"reasons": LOST})
    return case.model_copy(update={"decision": lost, "corrections": (*case.corrections[:-1], after)})


def _in_words(case: Case, said: Mapping[str, str]) -> dict[str, Any]:
    chair = case.chair_action
    if chair is not None:
        # Papers of an earlier asking may be there as well.
        declined = said.get("chair-declined") if chair.agreed is False else None
        words = {"why": said.get("chair-asked", chair.why), "declined_because": declined}
        chair = chair.model_copy(update=words)
    return {
        "chair_action": chair,
        "deferrals": tuple(_deferral(each, n, said) for n, each in enumerate(case.deferrals)),
        "passed_on": tuple(said.get(f"passed-on-{n}", why) for n, why in enumerate(case.passed_on)),
        "exceptions": tuple(
            each.model_copy(update={"words": said.get(f"exception-{n}", each.words)})
            for n, each in enumerate(case.exceptions)
        ),
        "moves": tuple(
            each.model_copy(update={"why": said.get(f"move-{n}", each.why)})
            for n, each in enumerate(by_hand(case))
        ),
        "raised": tuple(_raised(each, said) for each in case.raised),
    }


def _deferral(deferral: Deferral, n: int, said: Mapping[str, str]) -> Deferral:
    answer = deferral.answered
    if answer is not None:
        answer = answer.model_copy(update={"words": said.get(f"escalation-{n}", answer.words)})
    return deferral.model_copy(
        update={"reason": said.get(f"deferral-{n}", deferral.reason), "answered": answer}
    )


def _raised(raised: Raised, said: Mapping[str, str]) -> Raised:
    if raised.answered is None:
        return raised
    words = said.get(raised.id, raised.answered.words)
    return raised.model_copy(update={"answered": raised.answered.model_copy(update={"words": words})})


def sitting_recorded(sitting: Sitting | None, fact: SittingRecorded) -> Decision[Sitting]:
    """Who sits there, and who stands aside for which case."""
    if sitting is None:
        return Decision()
    members = tuple(Seat(**dict(each)) for each in fact.members)
    aside = tuple(Aside(**dict(each)) for each in fact.aside)
    return Decision(sitting.model_copy(update={"members": members, "aside": aside}))


def sitting_papers(sitting: Sitting | None, fact: SittingPapers) -> Decision[Sitting]:
    """The words on a sitting: the last papers that are there hold all of them."""
    if sitting is None:
        return Decision()
    said = {each.about: each.words for each in fact.remarks}
    gone = sitting.cancelled
    if gone is not None:
        gone = gone.model_copy(update={"words": said.get("cancelled", gone.words)})
    aside = tuple(
        each.model_copy(update={"words": said.get(interest(each.staff_id, each.case_id), each.words)})
        if each.why == "declared-interest"
        else each
        for each in sitting.aside
    )
    changes = {"why": said.get("why", sitting.why), "cancelled": gone, "aside": aside}
    return Decision(sitting.model_copy(update=changes))
