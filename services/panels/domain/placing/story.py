"""Where a child's way to a place stands, in plain English: what happened, who holds it, what is next and by when."""

from collections.abc import Callable
from datetime import date

from chassis.calendar import london_date
from chassis.english import in_words, with_weekday
from schemas.places_v1 import CanMeet, EndReason, NotTaken, OutReason, PlaceKind
from services.panels.domain.placing.consulting import answer_by, said_yes
from services.panels.domain.placing.placement import Offer, Placement, Status
from services.panels.domain.story import Story

KINDS: dict[PlaceKind, str] = {
    "special-school": "special school",
    "specialist-resource-provision": "specialist resource provision",
    "hearing-impairment-base": "base for deaf pupils",
    "education-support-centre": "Education Support Centre",
    "other": "other provision",
}
CAN_MEET: dict[CanMeet, str] = {
    "yes": "yes, the school can meet the needs",
    "with-conditions": "yes, if conditions are met",
    "no": "no, the school cannot meet the needs",
}
NOT_TAKEN: dict[NotTaken, str] = {
    "family-declined": "the family does not want it",
    "setting-cannot": "the school cannot give it after all",
    "authority-withdrew": "the authority takes the offer back",
}
ENDS: dict[EndReason, str] = {
    "returned": "the child is back at its school",
    "moved-away": "the child has moved away",
    "moved-on": "the child goes on to another school",
    "family-withdrew": "the family does not want it any more",
    "place-not-needed": "it is not needed any more",
    "decision-corrected": "the decision was corrected",
}
OUT: dict[OutReason, str] = {
    "building-work": "building work",
    "staffing": "staff are missing",
    "safety": "safety",
    "other": "another reason",
}
ASKS = {
    "started": "Has the child started? Please say so.",
    "review": "The day of the review has come: please say how it goes on.",
    "corrected": "The decision was corrected, and this does not follow from it any more: please end it.",
    "kind": "The decision was corrected, and another kind of place is agreed by now: please say whether this goes on.",
    "withdrawn": "The school took its referral back: please end this.",
    "died": "The child has died. Nothing is sent to the family any more: please end this.",
}
#: What is asked in the place of "started" where support was agreed.
SUPPORT_ASKED = "Has the support begun? Please say so."
_EHC = "The EHC co-ordinator holds it."


def tell(placement: Placement) -> Story:
    """The story of a placement that has begun."""
    tellers = _OF_SUPPORT if placement.support_at is not None else _TELLERS
    return tellers.get(placement.status, _ended)(placement)


def days_waited(placement: Placement, today: date) -> int:
    """For how many days the child has waited, or waited until it was there or the wait ended."""
    over = placement.started_on or (placement.ended.ended_on if placement.ended else today)
    return max(0, (over - london_date(placement.awaited_at)).days)


def _support_awaited(placement: Placement) -> Story:
    on = in_words(london_date(placement.awaited_at))
    settles = "The EHC co-ordinator settles with the school from which day on it is given."
    return Story(f"Support at a mainstream school was agreed on {on}.", _EHC, settles, placement.next_step_by)


def _support_settled(placement: Placement) -> Story:
    starts = placement.starts_on
    assert starts is not None
    following = SUPPORT_ASKED if placement.asks == "started" else "Support begins."
    return Story(f"Support begins on {with_weekday(starts)}.", "The school holds it.", following, starts)


def _support_given(placement: Placement) -> Story:
    assert placement.started_on is not None
    happened = f"Support has been given since {with_weekday(placement.started_on)}."
    return Story(happened, "The school holds it.", "Nothing more: what was agreed is there.", None)


def _awaiting(placement: Placement) -> Story:
    since = in_words(london_date(placement.awaited_at))
    happened = f"The child has waited for a place since {since}."
    if not placement.consultations:
        return Story(happened, _EHC, "The EHC co-ordinator asks schools.", placement.next_step_by)
    yes, owing = len(said_yes(placement.consultations)), len(placement.unanswered)
    asked = len(placement.consultations)
    happened += f" {_schools(asked)} asked: {yes} can take the child, {owing} still to answer."
    if yes:
        return Story(happened, _EHC, "The EHC co-ordinator offers a place to the family.", None)
    by = answer_by(placement)
    if by is not None:
        return Story(happened, "The schools that were asked hold it.", "They answer.", by)
    return Story(happened, _EHC, "The EHC co-ordinator asks further schools.", None)


def _schools(number: int) -> str:
    return "One school was" if number == 1 else f"{number} schools were"


def _offered(placement: Placement) -> Story:
    made = _offer(placement)
    return Story(
        f"A place was offered on {in_words(london_date(made.offered_at))}, from {in_words(made.starts_on)} on.",
        "The family holds it.",
        "The family says whether it takes the place.",
        made.reply_by,
    )


def _accepted(placement: Placement) -> Story:
    made = _offer(placement)
    on = in_words(placement.acceptance.accepted_on) if placement.acceptance else "a day that is not known"
    return Story(
        f"The family took the place on {on}. It is kept from {in_words(made.starts_on)} on.",
        _EHC,
        "The EHC co-ordinator settles the first day with the school.",
        made.starts_on,
    )


def _confirmed(placement: Placement) -> Story:
    starts = placement.starts_on
    assert starts is not None
    return Story(
        f"The first day is {with_weekday(starts)}.{_end(placement)}",
        "The school holds it.",
        ASKS["started"] if placement.asks == "started" else "The child starts.",
        starts,
    )


def _started(placement: Placement) -> Story:
    assert placement.started_on is not None
    happened = f"The child started on {with_weekday(placement.started_on)}.{_end(placement)}"
    if not placement.short:
        return Story(happened, "The school holds it.", "Nothing more: the way to a place is over.", None)
    if placement.asks == "review":
        return Story(happened, "The Centre holds it.", ASKS["review"], placement.review_on)
    return Story(happened, "The Centre holds it.", "The child goes back to its school.", placement.returns_on)


def _end(placement: Placement) -> str:
    if placement.ends_on is None or placement.returns_on is None:
        return ""
    back = with_weekday(placement.returns_on)
    return f" The last day is {with_weekday(placement.ends_on)}; the child is back at its school on {back}."


def _ended(placement: Placement) -> Story:
    assert placement.ended is not None
    on, why = in_words(placement.ended.ended_on), ENDS[placement.ended.reason]
    return Story(f"It ended on {on}, because {why}.", "Nobody holds it.", "Nothing more happens here.", None)


def _offer(placement: Placement) -> Offer:
    assert placement.offer is not None
    return placement.offer


_OF_SUPPORT: dict[Status, Callable[[Placement], Story]] = {
    "awaiting": _support_awaited,
    "confirmed": _support_settled,
    "started": _support_given,
}
_TELLERS: dict[Status, Callable[[Placement], Story]] = {
    "awaiting": _awaiting,
    "offered": _offered,
    "accepted": _accepted,
    "confirmed": _confirmed,
    "started": _started,
    "ended": _ended,
}
