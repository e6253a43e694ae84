"""The sentences of the family's page once a place is looked for: as in `sentences`, one line a fact in each table.

They name no school and no kind of place: the EHC co-ordinator tells the family which one it is.
"""

from collections.abc import Callable, Mapping

from services.notifications.domain.standing import SCHOOL, Standing, Words, plain
from services.notifications.domain.story import Fact

_EHC = "The council's EHC service"
_LOOKING = "It looks for a place with the schools that could offer one."
HAPPENED: Mapping[str, Words] = {
    "place.awaited.v1": lambda f, team: "The search for a place began.",
    "place.consulted.v1": lambda f, team: "The council asked a school or setting whether it can help.",
    "place.answered.v1": lambda f, team: "A school or setting that the council had asked has answered.",
    "place.offered.v1": lambda f, team: (
        f"The council offered you a place, from {plain(f.day('starts_on'))} on."
    ),
    "place.declined.v1": lambda f, team: "The place did not come about.",
    "place.accepted.v1": lambda f, team: "The place is yours.",
    "placement.confirmed.v1": lambda f, team: f"The first day has a date: {plain(f.day('starts_on'))}.",
    "placement.started.v1": lambda f, team: f"The first day was {plain(f.day('started_on'))}.",
    "placement.reviewed.v1": lambda f, team: "There was a review of how things are going.",
    "placement.ended.v1": lambda f, team: _ended(f),
    "support.awaited.v1": lambda f, team: "The council began to arrange the support with a school.",
    "support.settled.v1": lambda f, team: (
        f"The first day of the support has a date: {plain(f.day('starts_on'))}."
    ),
    "support.started.v1": lambda f, team: f"The support began on {plain(f.day('started_on'))}.",
    "support.ended.v1": lambda f, team: _support_ended(f),
}
STANDING: Mapping[str, Callable[[Fact, str], Standing]] = {
    "place.awaited.v1": lambda f, team: Standing(
        _EHC, f"{_LOOKING} The next step comes by {plain(f.day('next_step_by'))}.", f.day("next_step_by")
    ),
    "place.consulted.v1": lambda f, team: Standing(
        _EHC, f"The school or setting answers by {plain(f.day('answer_by'))}.", f.day("answer_by")
    ),
    "place.answered.v1": lambda f, team: Standing(_EHC, "It looks at the answers, and offers you a place."),
    "place.offered.v1": lambda f, team: Standing(
        "Your family",
        f"Your EHC co-ordinator tells you more. Please say by {plain(f.day('reply_by'))} whether you take it.",
        f.day("reply_by"),
    ),
    "place.declined.v1": lambda f, team: Standing(_EHC, _LOOKING),
    "place.accepted.v1": lambda f, team: Standing(
        _EHC,
        f"It settles the first day, and keeps the place for you from {plain(f.day('starts_on'))} on.",
        f.day("starts_on"),
    ),
    "placement.confirmed.v1": lambda f, team: Standing(
        "The new school or setting",
        f"The first day is {plain(f.day('starts_on'))}.{_until(f)}",
        f.day("starts_on"),
    ),
    "placement.started.v1": lambda f, team: Standing(
        "The new school or setting", _there(f), f.day("returns_on")
    ),
    "placement.reviewed.v1": lambda f, team: Standing(
        "The new school or setting", _back(f), f.day("returns_on")
    ),
    "support.awaited.v1": lambda f, team: Standing(
        _EHC,
        "It settles the first day with the school that gives the support. "
        f"The next step comes by {plain(f.day('next_step_by'))}.",
        f.day("next_step_by"),
    ),
    "support.settled.v1": lambda f, team: Standing(
        "The school that gives the support", f"It begins on {plain(f.day('starts_on'))}.", f.day("starts_on")
    ),
    "support.started.v1": lambda f, team: Standing(
        "The school that gives the support", "It is there for you. The council has done its part."
    ),
    "support.ended.v1": lambda f, team: Standing(
        "Nobody: it is over", "Nothing more happens here. The school can refer again at any time."
    ),
    "placement.ended.v1": lambda f, team: (
        Standing(SCHOOL, f"The first day back is {plain(f.day('returns_on'))}.", f.day("returns_on"))
        if f.day("returns_on")
        else Standing(
            "Nobody: it is over", "Nothing more happens here. The school can refer again at any time."
        )
    ),
}


def _until(fact: Fact) -> str:
    """A short placement has a review and an end, and the child goes back to its school."""
    if fact.day("returns_on") is None:
        return ""
    return f" On {plain(fact.day('review_on'))} you look together at how things are going. {_back(fact)}"


def _there(fact: Fact) -> str:
    if fact.day("returns_on") is None:
        return "The way to a place is over. From now on the new school or setting is there for you."
    return f"On {plain(fact.day('review_on'))} you look together at how things are going. {_back(fact)}"


def _back(fact: Fact) -> str:
    return f"The first day back at the own school is {plain(fact.day('returns_on'))}."


def _support_ended(fact: Fact) -> str:
    if fact.data.get("began") is False:
        return "The support did not begin."
    return f"The support ended on {plain(fact.day('ended_on'))}."


def _ended(fact: Fact) -> str:
    if fact.data.get("began") is False:
        return "The search for a place ended."
    return f"The time there ended on {plain(fact.day('ended_on'))}."
