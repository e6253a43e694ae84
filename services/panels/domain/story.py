"""Each state of a case and of a sitting in plain English: what happened, who holds it, what comes next, by when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from chassis.calendar import london_date
from chassis.english import capital, hour_in_words, in_words, listed, with_weekday
from schemas.panels_v1 import MissingItem
from schemas.words import ITEMS, OWNERS, PROVISIONS, WITHDRAWALS
from services.panels.domain.cases.case import Case, Listing, Status
from services.panels.domain.sittings.sitting import Sitting


@dataclass(frozen=True, slots=True)
class Story:
    """Where a case stands. ``by`` is the computed date of the next step, or None where none can be computed."""

    happened: str
    holder: str
    next_step: str
    by: date | None


def tell(case: Case, panel: str) -> Story:
    """The story of a case in its present state; ``panel`` is the panel's name."""
    if case.died_at is not None and case.status not in ("decided", "withdrawn"):
        return _of_the_dead(case)
    if case.no_panel and case.status in ("incomplete", "queued", "deferred"):
        return _unheard(case)
    return _TELLERS[case.status](case, panel)


def tell_sitting(sitting: Sitting, listed: int) -> str:
    """The state of a sitting in one or two sentences; ``listed`` is the number of its cases."""
    places = f"{listed} of {sitting.capacity} places are taken"
    closing = hour_in_words(sitting.papers_close_at)
    if sitting.status == "scheduled" and sitting.flag == "confirmation-overdue":
        return (
            f"Papers closed at {closing} and nobody has confirmed the batch. The panel co-ordinator can "
            f"confirm it until {hour_in_words(sitting.sits_at)}; after that its cases wait for another sitting."
        )
    return {
        "scheduled": f"The panel co-ordinator confirms the batch by {hour_in_words(sitting.confirm_by)}. "
        f"Papers close at {closing}.",
        "confirmed": f"The batch is confirmed: {places}. Papers close at {closing}; then it is locked.",
        "locked": f"Papers have closed: {places}. The panel sits at {hour_in_words(sitting.sits_at)}.",
        "held": f"The panel sat on {with_weekday(sitting.sits_on)}: {places}.",
        "cancelled": _cancelled(sitting),
        "lapsed": f"Nobody confirmed a batch for {with_weekday(sitting.sits_on)}, so the sitting lapsed.",
    }[sitting.status]


def _cancelled(sitting: Sitting) -> str:
    day = with_weekday(sitting.sits_on)
    if sitting.cancelled and sitting.cancelled.moved_to:
        return f"The sitting of {day} was moved to {with_weekday(sitting.cancelled.moved_to)}."
    return f"The sitting of {day} was cancelled and does not take place."


def listed_in_words(items: tuple[MissingItem, ...]) -> str:
    """``the school's report and health advice``."""
    return listed([ITEMS[item] for item in items])


def _of_the_dead(case: Case) -> Story:
    return Story(
        "The child has died. Nothing is sent to the family any more, and no sitting hears the case.",
        "The EHC co-ordinator holds it.",
        "The EHC co-ordinator withdraws it.",
        None,
    )


def _unheard(case: Case) -> Story:
    return Story(
        f"The case came on {in_words(london_date(case.opened_at))}, and no panel hears it. {case.no_panel}",
        "The service manager holds it.",
        "It goes to the first panel whose remit it is within: a panel’s file has to be changed, or one added.",
        case.due_on,
    )


def _incomplete(case: Case, panel: str) -> Story:
    return Story(
        f"The case came to the {panel} on {in_words(london_date(case.opened_at))}. "
        f"It still lacks {listed_in_words(case.missing)}.",
        "The EHC co-ordinator holds it.",
        "The EHC co-ordinator supplies what is missing; then the case can be listed for a sitting.",
        case.due_on,
    )


def _queued(case: Case, panel: str) -> Story:
    since = london_date(case.complete_at or case.opened_at)
    return Story(
        f"The case has been complete since {in_words(since)} and waits for a sitting of the {panel}.",
        "The panel co-ordinator holds it.",
        "The panel co-ordinator lists it for a sitting, so that it can be decided by its due date.",
        case.due_on,
    )


def _listed(case: Case, panel: str) -> Story:
    sitting = _listing(case)
    return Story(
        f"The {panel} hears the case on {with_weekday(sitting.sits_on)}.",
        "The panel co-ordinator holds it.",
        f"The panel sits on {with_weekday(sitting.sits_on)}; the authority decides by "
        f"{in_words(sitting.decision_by)}.",
        sitting.sits_on,
    )


def _heard(case: Case, panel: str) -> Story:
    if case.listing is None and case.chair_action and case.chair_action.answered_at:
        on = with_weekday(london_date(case.chair_action.answered_at))
        return Story(
            f"A chair of the {panel} made a recommendation on {on}, because the case could not wait for a sitting.",
            "The deciding officer holds it.",
            "The deciding officer issues the authority's decision.",
            case.decide_by,
        )
    sitting = _listing(case)
    return Story(
        f"The {panel} heard the case on {with_weekday(sitting.sits_on)} and made its recommendation.",
        "The deciding officer holds it.",
        "The deciding officer issues the authority's decision.",
        sitting.decision_by,
    )


def _decided(case: Case, panel: str) -> Story:
    issued = case.in_force
    assert issued is not None
    on = in_words(london_date(issued.decided_at))
    what, holder, step = {
        "agreed": (
            f"The authority agreed to {PROVISIONS.get(issued.provision or 'other')} on {on}.",
            "The EHC co-ordinator holds it.",
            "Schools are consulted and answer.",
        ),
        "not-agreed": (
            f"The authority did not agree to the placement on {on}.",
            "The EHC co-ordinator holds it.",
            "The EHC co-ordinator explains the reasons to the family and the school.",
        ),
        "more-information": (
            f"The authority decided on {on} that it needs more information.",
            "The EHC co-ordinator holds it.",
            "The EHC co-ordinator gathers the information and comes back to the family.",
        ),
    }[issued.outcome]
    mended = [each for each in case.corrections if each.of == "decision"]
    if mended:
        what += f" It corrected its decision on {in_words(london_date(mended[-1].at))}."
    return Story(what, holder, step, issued.next_step_by)


def _deferred(case: Case, panel: str) -> Story:
    last = case.deferrals[-1]
    return Story(
        f"The {panel} deferred the case on {in_words(london_date(last.deferred_at))}. "
        f"It lacks {listed_in_words(case.missing)}.",
        f"{capital(OWNERS[last.owner])} holds it.",
        f"{capital(OWNERS[last.owner])} brings what is missing; then the case is listed again.",
        last.next_on,
    )


def _withdrawn(case: Case, panel: str) -> Story:
    assert case.withdrawal is not None
    on = in_words(london_date(case.withdrawal.at))
    return Story(
        f"The case was withdrawn on {on}, because {WITHDRAWALS[case.withdrawal.reason]}.",
        "The school holds it.",
        "Nothing more happens here. The school can send a new referral at any time.",
        None,
    )


def _listing(case: Case) -> Listing:
    assert case.listing is not None
    return case.listing


_TELLERS: dict[Status, Callable[[Case, str], Story]] = {
    "incomplete": _incomplete,
    "queued": _queued,
    "listed": _listed,
    "heard": _heard,
    "decided": _decided,
    "deferred": _deferred,
    "withdrawn": _withdrawn,
}
