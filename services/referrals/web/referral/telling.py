"""Whether the family has been told: to whom each message went, and what became of it."""

from collections.abc import Mapping
from typing import Any

from chassis.calendar import london_date
from chassis.english import capital, in_words
from schemas.personal_v1 import PersonDetails
from schemas.told import BECAME, MESSAGES, UNTOLD
from schemas.words import RELATIONS
from services.referrals.domain.referral import Referral, Told


def telling(referral: Referral, people: Mapping[str, PersonDetails]) -> dict[str, Any]:
    """The lines of the page, the latest first, and what the family could not be told.

    ``people`` are those of the referral by id, as far as they are known.
    """
    latest = sorted(referral.told, key=lambda each: each.at, reverse=True)
    lines = [
        {
            "what": _what(each),
            "who": capital(_who(each, people)),
            "how": BECAME.get(each.how, each.how),
            "on": in_words(london_date(each.at)),
            "untold": each.how in UNTOLD,
        }
        for each in latest
    ]
    return {"lines": lines, "untold": [line["what"] for line in lines if line["untold"]]}


def _what(told: Told) -> str:
    return MESSAGES.get(told.fact, told.fact)


def _who(told: Told, people: Mapping[str, PersonDetails]) -> str:
    known = people.get(told.person_id)
    if known is None:
        return "nobody who may be told is recorded" if told.person_id == "nobody" else "a former contact"
    return relation_words(known)


def relation_words(known: PersonDetails) -> str:
    """Who somebody is to the child, without a name."""
    return RELATIONS[known.who]
