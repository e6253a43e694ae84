"""The days to come that a family may want in its calendar: those of the fact by which things stand as they do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.notifications.domain.fact import Fact


@dataclass(frozen=True, slots=True)
class Coming:
    """A day, and what it is about in words that say nothing of the child. ``field`` tells it from the others."""

    field: str
    on: date
    words: str


_VISIT = {"visit_on": "A visit about the referral"}
_PLACE = {
    "starts_on": "The first day",
    "review_on": "A look at how things are going",
    "returns_on": "The first day back",
}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "case.listed.v1": {
        "sits_on": "The panel meets",
        "decision_by": "You should have the decision by this day",
    },
    "case.heard.v1": {"decision_by": "You should have the decision by this day"},
    "case.chair-action.v1": {"decision_by": "You should have the decision by this day"},
    "case.deferred.v1": {"next_on": "The panel looks at it again"},
    "visit.arranged.v1": _VISIT,
    "visit.moved.v1": _VISIT,
    "referral.concluded.v1": {"review_on": "You and the school look at how things are going"},
    "place.offered.v1": {"reply_by": "Tell us by this day whether you want the place"},
    "placement.confirmed.v1": _PLACE,
    "placement.started.v1": _PLACE,
    "placement.reviewed.v1": _PLACE,
    "placement.ended.v1": _PLACE,
    "support.settled.v1": _PLACE,
}


def to_come(fact: Fact, today: date) -> tuple[Coming, ...]:
    """The days of this fact that have not passed, the first one first."""
    words = _WORDS.get(fact.type, {})
    found = [Coming(name, on, said) for name, said in words.items() if (on := fact.day(name))]
    return tuple(sorted((each for each in found if each.on >= today), key=lambda each: each.on))
