"""The sentences of the family's page once a place is looked for: as in `sentences`, one line a fact in each table.

They name no school and no kind of place: the EHC co-ordinator tells the family which one it is. All are personal: that
there is a place to look for, or support to arrange, is what was decided.
"""

from collections.abc import Mapping

from services.notifications.domain.fact import Fact
from services.notifications.domain.standing import SCHOOL, Happened, Then, privately, then

_EHC = "The council's EHC service"
_LOOKING = "It is looking for a place with the schools that could offer one."
_THERE = "The new school or setting"
_GIVES = "The school that gives the support"
_NOBODY = "Nobody: it is over"
_OVER = "Nothing more happens here. The school can refer again at any time."
_TOGETHER = "On {review_on} you will look together at how things are going."
_BACK = "The first day back at the usual school is {returns_on}."


def _did_not_begin(words: str, otherwise: str) -> Happened:
    return privately(lambda f: otherwise if f.data.get("began") is False else words)


def _confirmed(fact: Fact) -> str:
    """A short placement has a review and an end, and the child goes back to its school."""
    known = "The first day is {starts_on}."
    return f"{known} {_TOGETHER} {_BACK}" if fact.day("returns_on") else known


def _there(fact: Fact) -> str:
    if fact.day("returns_on"):
        return f"{_TOGETHER} {_BACK}"
    return "The search for a place is over. From now on the new school or setting is there for you."


def _reviewed(fact: Fact) -> str:
    return _BACK if fact.day("returns_on") else "The new school or setting is there for you."


HAPPENED: Mapping[str, Happened] = {
    "place.awaited.v1": privately("The search for a place began."),
    "place.consulted.v1": privately("The council asked a school or setting whether it can help."),
    "place.answered.v1": privately("A school or setting that the council had asked has answered."),
    "place.offered.v1": privately("The council offered you a place from {starts_on}."),
    "place.declined.v1": privately("The place did not work out."),
    "place.accepted.v1": privately("The place is yours."),
    "placement.confirmed.v1": privately("The first day has a date: {starts_on}."),
    "placement.started.v1": privately("The first day was {started_on}."),
    "placement.reviewed.v1": privately("There was a review of how things are going."),
    "placement.ended.v1": _did_not_begin(
        "The placement ended on {ended_on}.", "The search for a place ended."
    ),
    "support.awaited.v1": privately("The council began to arrange the support with a school."),
    "support.settled.v1": privately("The first day of the support has a date: {starts_on}."),
    "support.started.v1": privately("The support began on {started_on}."),
    "support.ended.v1": _did_not_begin("The support ended on {ended_on}.", "The support did not begin."),
}
STANDING: Mapping[str, Then] = {
    "place.awaited.v1": then(
        _EHC, f"{_LOOKING} It will take the next step by {{next_step_by}}.", "next_step_by"
    ),
    "place.consulted.v1": then(_EHC, "The school or setting will answer by {answer_by}.", "answer_by"),
    "place.answered.v1": then(_EHC, "It is looking at the answers, and will offer you a place."),
    "place.offered.v1": then(
        "Your family",
        "Your EHC co-ordinator will tell you more. Please tell us by {reply_by} whether you want it.",
        "reply_by",
    ),
    "place.declined.v1": then(_EHC, _LOOKING),
    "place.accepted.v1": then(
        _EHC, "It is arranging the first day. The place is there for you from {starts_on}.", "starts_on"
    ),
    "placement.confirmed.v1": then(_THERE, _confirmed, "starts_on"),
    "placement.started.v1": then(_THERE, _there, "returns_on"),
    "placement.reviewed.v1": then(_THERE, _reviewed, "returns_on"),
    "support.awaited.v1": then(
        _EHC,
        "It is arranging the first day with the school that gives the support. "
        "It will take the next step by {next_step_by}.",
        "next_step_by",
    ),
    "support.settled.v1": then(_GIVES, "It will begin on {starts_on}.", "starts_on"),
    "support.started.v1": then(_GIVES, "It is there for you. The council has done its part."),
    "support.ended.v1": then(_NOBODY, _OVER),
    "placement.ended.v1": then(
        lambda f: SCHOOL if f.day("returns_on") else _NOBODY,
        lambda f: "The first day back is {returns_on}." if f.day("returns_on") else _OVER,
        "returns_on",
    ),
}
