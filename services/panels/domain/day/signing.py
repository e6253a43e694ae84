"""A chair signs a sitting off: from then on its recommendations stand, and a mistake is mended by a correction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from chassis.decision import Changes, Decision, Ref, Refused, World
from schemas.panel_days_v1 import SittingSigned
from services.panels.domain.cases.case import CASE, Case, as_seen
from services.panels.domain.commands import IssueDecision
from services.panels.domain.day.commands import SignSitting
from services.panels.domain.day.decisions import issue
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.placing import beginning
from services.panels.domain.placing.placement import PLACEMENT
from services.panels.domain.sittings.sitting import SITTING, Signed, Sitting


def touches(command: SignSitting) -> Iterable[Ref]:
    """The sitting, every case of its batch, and the place that may have to be found for each."""
    of_cases = [ref for case_id in sorted(set(command.case_ids)) for ref in beginning.touches(case_id)]
    return [SITTING.at(command.sitting_id), *of_cases]


def sign(book: PanelBook, world: World, command: SignSitting, now: datetime) -> Changes:
    """The sitting is signed off, and with it every recommendation that it made; signed again it stays as it was.

    Where the authority lets the chair decide, each is issued as it was recommended; but for those that the chair
    stands aside for or did not see: a deciding officer issues them.

    Raises Refused unless it was held, its batch is as it was seen, and every case of it has an outcome.
    """
    sitting = _held(world.get(SITTING, command.sitting_id))
    answer = {"sitting_id": sitting.sitting_id, "state": sitting.status}
    if sitting.signed is not None:
        return Changes(answer=answer)
    if set(sitting.case_ids) != set(command.case_ids):
        raise Refused("agenda-changed", "Somebody changed this batch meanwhile: look at it again, then sign.")
    seen = dict(command.seen)
    cases = [as_seen(world.get(CASE, id), seen.get(id)) for id in sitting.case_ids]
    waiting = without_outcome(sitting, cases)
    if waiting:
        raise Refused("without-outcome", _waits(len(waiting)))
    judged = [case for case in cases if _of(case, sitting)]
    signed = SittingSigned(
        sitting_id=sitting.sitting_id,
        panel=sitting.panel,
        case_ids=tuple(case.case_id for case in judged),
        signed_by=command.chair,
        signed_at=now,
    )
    after = sitting.model_copy(update={"signed": Signed(by=command.chair, at=now)})
    theirs = _decided_by(command, sitting) if chair_decides(book, sitting) else frozenset()
    stands: dict[Ref, Decision[Any]] = {}
    for case in judged:
        stands |= _standing(book, world, case, command.chair if case.case_id in theirs else None, now)
    return Changes({SITTING.at(sitting.sitting_id): Decision(after, (signed,)), **stands}, answer=answer)


def _decided_by(command: SignSitting, sitting: Sitting) -> frozenset[str]:
    """The cases that the chair may decide: those seen, where it is said which these are, and not stood aside for."""
    seen = frozenset(case_id for case_id, _ in command.seen) or frozenset(command.case_ids)
    return seen - {each.case_id for each in sitting.aside if each.staff_id == command.chair}


def chair_decides(book: PanelBook, sitting: Sitting) -> bool:
    """Whether the authority lets the chair of this panel issue its decisions."""
    panel = book.at(sitting.panel, sitting.sits_on)
    return panel is not None and panel.decides == "chair"


def without_outcome(sitting: Sitting, cases: Iterable[Case]) -> Sequence[Case]:
    """Those of the cases that still wait for an outcome of this sitting."""
    return [case for case in cases if case.sits(sitting.sitting_id)]


def _held(sitting: Sitting | None) -> Sitting:
    if sitting is None:
        raise Refused("unknown-sitting", "There is no sitting with this id. Look it up under /api/sittings.")
    if sitting.status != "held":
        raise Refused(
            "sitting-not-held", f"The sitting is {sitting.status}: a chair signs it once it was held."
        )
    return sitting


def _of(case: Case, sitting: Sitting) -> bool:
    return case.recommendation is not None and case.recommendation.sitting_id == sitting.sitting_id


def _standing(
    book: PanelBook, world: World, case: Case, decided_by: str | None, now: datetime
) -> dict[Ref, Decision[Any]]:
    """The case with its recommendation signed off; decided at once by whom the authority lets decide."""
    assert case.recommendation is not None
    case_ref, place_ref = beginning.touches(case.case_id)
    signed = case.recommendation.model_copy(update={"signed_at": now})
    after = case.model_copy(update={"recommendation": signed})
    if decided_by is None or case.status != "heard":
        return {case_ref: Decision(after)}
    decision = issue(book, after, IssueDecision(case.case_id, decided_by), now)
    placed = beginning.after_decision(case, decision.state, world.get(PLACEMENT, place_ref.id), now)
    return {case_ref: decision, **({place_ref: placed} if placed else {})}


def _waits(count: int) -> str:
    cases = "One case has" if count == 1 else f"{count} cases have"
    return f"{cases} no outcome of this sitting yet: recommend, defer or pass on each, then sign."
