"""The minutes of a sitting, and the sheet of what the authority decided on its cases. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.calendar import london_date
from chassis.english import capital, hour_in_words, in_words, with_weekday
from chassis.typesetting.printable import paragraphs
from schemas.words import ITEMS, OWNERS, PROVISIONS, WITHDRAWALS
from services.panels.documents.pack import MARKING, Seated, in_plain
from services.panels.domain.cases.case import Case
from services.panels.domain.day.attendance import asides_of
from services.panels.domain.judged import Correction
from services.panels.domain.sittings.sitting import Sitting
from services.panels.domain.words import OUTCOMES

_WHY = {
    "current-school": "from the child’s school",
    "asked-school": "from the school that is asked for",
    "declared-interest": "declared an interest",
}
_ATTENDS = {"yes": "There", "no": "Not there", "unknown": "Not recorded"}


def minutes(
    council: str, panel: str, sitting: Sitting, seats: Sequence[Seated], cases: Sequence[Case],
    told: Sequence[Case], names: Mapping[str, str], now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The data of the template ``minutes``.

    ``told``: what a chair settled since the sitting before. ``names``: those of members of staff, by their id.
    """
    heading = f"Minutes of the sitting of {with_weekday(sitting.sits_on)}"
    return {
        "title": f"{heading}, {panel}",
        "council": council,
        "marking": MARKING,
        "panel": panel,
        "heading": heading,
        "signed": sitting.signed is not None,
        "cover": [
            ["Sat at", hour_in_words(sitting.sits_at)],
            ["Signed off", _signed(sitting, names)],
            ["Made", hour_in_words(now)],
        ],
        "members": [
            [capital(in_plain(each.seat)), each.name, _ATTENDS.get(each.attends, "Not recorded")]
            for each in seats
        ],
        "cases": [_item(sitting, case, names) for case in cases],
        "told": [_told(case, names) for case in told],
    }


def decisions(
    council: str, panel: str, sitting: Sitting, cases: Sequence[Case], now: datetime
) -> dict[str, Any]:
    """The data of the template ``decisions``: what was decided on each case that this sitting heard."""
    heading = f"Decisions after the sitting of {with_weekday(sitting.sits_on)}"
    heard = [
        case for case in cases if case.recommendation and case.recommendation.sitting_id == sitting.sitting_id
    ]
    return {
        "title": f"{heading}, {panel}",
        "council": council,
        "marking": MARKING,
        "panel": panel,
        "heading": heading,
        "made": f"Made at {hour_in_words(now)}.",
        "rows": [_decision(case) for case in heard],
        "open": sum(case.decision is None for case in heard),
        "corrections": [
            f"Case {case.reference}: {_correction(each)}"
            for case in heard
            for each in case.corrections
            if each.of == "decision"
        ],
    }


def _signed(sitting: Sitting, names: Mapping[str, str]) -> str:
    if sitting.signed is None:
        return "not yet: these minutes are a draft"
    return f"by {names.get(sitting.signed.by, sitting.signed.by)} at {hour_in_words(sitting.signed.at)}"


def _item(sitting: Sitting, case: Case, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "reference": case.reference,
        "aside": [
            f"{names.get(each.staff_id, each.staff_id)} stood aside: {_WHY[each.why]}. {each.words}".strip()
            for each in asides_of(sitting, case.case_id)
        ],
        "outcome": _outcome(sitting, case),
        "reasons": paragraphs(_reasons(sitting, case)),
        "corrections": [_correction(each) for each in case.corrections if each.of == "recommendation"],
    }


def _outcome(sitting: Sitting, case: Case) -> str:
    """What the sitting did with a case, in a sentence."""
    made = case.recommendation
    if made is not None and made.sitting_id == sitting.sitting_id:
        return f"The panel recommends: {judged(made)}."
    back = next((each for each in case.deferrals if each.sitting_id == sitting.sitting_id), None)
    if back is not None:
        missing = ", ".join(ITEMS[item] for item in back.missing)
        escalated = " Escalated: it was deferred before." if back.escalated else ""
        return (
            f"Deferred. Missing: {missing}. {capital(OWNERS[back.owner])} brings it by "
            f"{in_words(back.next_on)}.{escalated}"
        )
    if case.withdrawal is not None:
        return f"Withdrawn: {WITHDRAWALS[case.withdrawal.reason]}."
    return "Not heard, or no outcome is recorded yet."


def _reasons(sitting: Sitting, case: Case) -> str:
    if case.recommendation is not None and case.recommendation.sitting_id == sitting.sitting_id:
        return case.recommendation.reasons
    return "".join(each.reason for each in case.deferrals if each.sitting_id == sitting.sitting_id)


def judged(made: Any) -> str:
    """An outcome with its provision: ``agreed, a special school``. ``made`` is a judgement, or more than one."""
    words = OUTCOMES[made.outcome].lower()
    return f"{words}, {PROVISIONS[made.provision]}" if made.provision else words


def _told(case: Case, names: Mapping[str, str]) -> str:
    action = case.chair_action
    assert action is not None
    by = names.get(action.answered_by or "", "a chair")
    on = in_words(london_date(action.answered_at)) if action.answered_at else "a day that is not recorded"
    outcome = f" {capital(judged(case.recommendation))}." if case.recommendation else ""
    return f"Case {case.reference}, settled by {by} on {on}: {action.why}{outcome}"


def _decision(case: Case) -> list[str]:
    made, decided = case.recommendation, case.in_force
    assert made is not None
    if decided is None:
        by = f"due by {in_words(case.decide_by)}" if case.decide_by else "not issued yet"
        return [case.reference, capital(judged(made)), "Not issued yet", by, ""]
    return [
        case.reference,
        capital(judged(made)),
        capital(judged(decided)),
        in_words(london_date(decided.decided_at)),
        in_words(decided.next_step_by),
    ]


def _correction(each: Correction) -> str:
    on, before, after = in_words(london_date(each.at)), judged(each.before), judged(each.after)
    return f"Corrected on {on} from “{before}” to “{after}”: {each.why}"
