"""The states of a case that a panel holds, in plain English; and the shape of every such answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from services.referrals.domain.referral import PanelCase, Referral, Status, local_day
from services.referrals.domain.words import MISSING_WORDS, OUTCOME_WORDS, OWNER_WORDS, day_words, listed


@dataclass(frozen=True, slots=True)
class Story:
    """Four answers about a referral; ``by`` is None where no date is set."""

    happened: str
    holder: str
    next_step: str
    by: date | None = None


def changed_on(referral: Referral) -> str:
    """The day of the last change, in words."""
    return day_words(local_day(referral.changed_at))


def _queued(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    if not case.complete:
        return Story(
            f"The case is in the queue of {holder}, but dates or papers are still missing.",
            "the EHC co-ordinator",
            "The EHC co-ordinator collects what is missing; then a sitting is chosen.",
            case.due_on,
        )
    due = f", in time for its legal date of {day_words(case.due_on)}" if case.due_on else ""
    return Story(
        f"The case is complete and in the queue of {holder}.",
        holder,
        f"A sitting is chosen for it{due}.",
        case.due_on,
    )


def _listed(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    on = f" on {day_words(case.sits_on)}" if case.sits_on else ""
    decision = (
        f"; the authority's decision follows by {day_words(case.decision_by)}" if case.decision_by else ""
    )
    return Story(
        "A sitting has been chosen for the case.", holder, f"The panel hears it{on}{decision}.", case.sits_on
    )


def _deferred(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    missing = listed([MISSING_WORDS[item] for item in case.missing])
    owner = OWNER_WORDS.get(case.owner or "", "the EHC co-ordinator")
    by = f" by {day_words(case.next_on)}" if case.next_on else ""
    return Story(
        f"The panel could not decide on {changed_on(referral)}, because this was missing: {missing}.",
        owner,
        f"It is expected from {owner}{by}; then the case goes to another sitting.",
        case.next_on,
    )


def _heard(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    by = f" by {day_words(case.decision_by)}" if case.decision_by else ""
    return Story(
        f"The panel heard the case on {changed_on(referral)}.",
        "the authority's deciding officer",
        f"The authority decides{by} and tells the family.",
        case.decision_by,
    )


def _decided(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    outcome = OUTCOME_WORDS[case.outcome or "more-information"]
    by = f" by {day_words(case.next_step_by)}" if case.next_step_by else ""
    return Story(
        f"On {changed_on(referral)} the authority {outcome}.",
        "the EHC co-ordinator",
        f"The EHC co-ordinator explains the decision and what follows{by}.",
        case.next_step_by,
    )


def _case(referral: Referral) -> PanelCase:
    return referral.case or PanelCase(case_id="")


PANEL_SENTENCES: Mapping[Status, Callable[[Referral, str], Story]] = {
    "queued": _queued,
    "listed": _listed,
    "deferred": _deferred,
    "heard": _heard,
    "decided": _decided,
}
