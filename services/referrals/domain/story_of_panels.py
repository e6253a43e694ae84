"""The states of a case that a panel holds, in plain English; and the shape of every such answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from chassis.calendar import london_date
from chassis.english import in_words, listed
from schemas.words import ITEMS, OWNERS
from services.referrals.domain.referral import PanelCase, PlaceStage, Placing, Referral, Status
from services.referrals.domain.words import OUTCOME_WORDS

#: How far the way to a place has come, in a line of the history.
PLACE_WORDS: Mapping[PlaceStage, str] = {
    "awaited": "a place is looked for",
    "consulted": "a school was asked for a place",
    "offered": "a place was offered to the family",
    "accepted": "the family took the place",
    "confirmed": "the first day was settled",
    "started": "the child started there",
    "ended": "it ended",
    "support-awaited": "support at a school is arranged",
    "support-settled": "the day from which support is given was settled",
    "support-started": "support began",
    "support-ended": "support ended",
}


@dataclass(frozen=True, slots=True)
class Story:
    """Four answers about a referral; ``by`` is None where no date is set."""

    happened: str
    holder: str
    next_step: str
    by: date | None = None


def changed_on(referral: Referral) -> str:
    """The day of the last change, in words."""
    return in_words(london_date(referral.changed_at))


def _queued(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    if not case.complete and case.bring_by:
        return _awaited(case, holder)
    if not case.complete:
        return Story(
            f"The case is in the queue of {holder}, but dates or papers are still missing.",
            "the EHC co-ordinator",
            "The EHC co-ordinator collects what is missing; then a sitting is chosen.",
            case.due_on,
        )
    due = f", in time for its legal date of {in_words(case.due_on)}" if case.due_on else ""
    return Story(
        f"The case is complete and in the queue of {holder}.",
        holder,
        f"A sitting is chosen for it{due}.",
        case.due_on,
    )


def _awaited(case: PanelCase, holder: str) -> Story:
    missing = listed([ITEMS[item] for item in case.missing])
    owner = OWNERS[case.owner or "ehc-co-ordinator"]
    return Story(
        f"The case is in the queue of {holder}, and this is missing: {missing}.",
        owner,
        f"It is expected from {owner} by {in_words(case.bring_by)}; then a sitting is chosen."
        if case.bring_by
        else f"It is expected from {owner}; then a sitting is chosen.",
        case.bring_by,
    )


def _listed(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    on = f" on {in_words(case.sits_on)}" if case.sits_on else ""
    decision = (
        f"; the authority's decision follows by {in_words(case.decision_by)}" if case.decision_by else ""
    )
    return Story(
        "A sitting has been chosen for the case.", holder, f"The panel hears it{on}{decision}.", case.sits_on
    )


def _deferred(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    missing = listed([ITEMS[item] for item in case.missing])
    owner = OWNERS[case.owner or "ehc-co-ordinator"]
    by = f" by {in_words(case.next_on)}" if case.next_on else ""
    return Story(
        f"The panel could not decide on {changed_on(referral)}, because this was missing: {missing}.",
        owner,
        f"It is expected from {owner}{by}; then the case goes to another sitting.",
        case.next_on,
    )


def _heard(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    by = f" by {in_words(case.decision_by)}" if case.decision_by else ""
    return Story(
        f"The panel heard the case on {changed_on(referral)}.",
        "the authority's deciding officer",
        f"The authority decides{by} and tells the family.",
        case.decision_by,
    )


def _decided(referral: Referral, holder: str) -> Story:
    case = _case(referral)
    outcome = OUTCOME_WORDS[case.outcome or "more-information"]
    if referral.place:
        return _on_the_way(referral, referral.place, f"On {changed_on(referral)} the authority {outcome}.")
    by = f" by {in_words(case.next_step_by)}" if case.next_step_by else ""
    return Story(
        f"On {changed_on(referral)} the authority {outcome}.",
        "the EHC co-ordinator",
        f"The EHC co-ordinator explains the decision and what follows{by}.",
        case.next_step_by,
    )


def _on_the_way(referral: Referral, place: Placing, decided: str) -> Story:
    """How far the way to a place has come since the decision."""
    by = f" by {in_words(place.by)}" if place.by else ""
    step = {
        "awaited": f"The EHC co-ordinator looks for a place; the next step comes{by or ' as soon as it can'}.",
        "consulted": f"A school that was asked for a place answers{by}.",
        "offered": f"A place is offered to the family, which answers{by}.",
        "accepted": "The family has taken a place; its first day is settled next.",
        "confirmed": f"The first day there is {in_words(place.by)}."
        if place.by
        else "The first day is settled.",
        "started": "The child is at its new place.",
        "ended": "The search for a place, or the time there, is over.",
        "support-awaited": f"The EHC co-ordinator settles with the school from when on support is given{by}.",
        "support-settled": f"Support begins on {in_words(place.by)}." if place.by else "Support begins.",
        "support-started": "The school gives the support that was agreed.",
        "support-ended": "The support that was agreed is over.",
    }[place.stage]
    ended = place.stage in ("ended", "support-ended")
    return Story(decided, "the EHC co-ordinator", step, None if ended else place.by)


def at_a_centre(happened: str, holder: str, place: Placing) -> Story | None:
    """A child with a short placement: until when it is there; None where nothing of the place has been heard yet."""
    on = in_words(place.by) if place.by else "a day that is not set yet"
    step = {
        "confirmed": f"The first day there is {on}.",
        "started": f"The child is there now. Its first day back at school is {on}.",
        "ended": f"The time there is over. The first day back at school is {on}; then {holder} says what was agreed.",
    }.get(place.stage)
    return Story(happened, holder, step, place.by) if step else None


def _case(referral: Referral) -> PanelCase:
    return referral.case or PanelCase(case_id="")


PANEL_SENTENCES: Mapping[Status, Callable[[Referral, str], Story]] = {
    "queued": _queued,
    "listed": _listed,
    "deferred": _deferred,
    "heard": _heard,
    "decided": _decided,
}
