"""What families write on their page, and what they are answered. Sealed: both are words. The latest version wins."""

from typing import Literal

from pydantic import AwareDatetime

from schemas.envelope import Event
from schemas.topics import FAMILY_WORDS, PERSONAL_DETAILS, REFERRALS

#: They do not agree with what happens, something worries them, or something that stands on the page is wrong.
SaysThat = Literal["disagree", "worried", "wrong"]


class FamilySaid(Event, type="family.said.v1", topic=FAMILY_WORDS, key="words_id"):
    """Somebody who may be told of a referral wrote about it, for the school and whoever has the referral."""

    words_id: str
    referral_id: str
    person_id: str
    about: SaysThat
    words: str
    said_at: AwareDatetime


class FamilyAnswer(Event, type="family.answer.v1", topic=PERSONAL_DETAILS, key="words_id"):
    """The words of the answer, for the page of whoever had written. It goes where those who reach persons read."""

    words_id: str
    referral_id: str
    person_id: str
    words: str
    answered_at: AwareDatetime


class FamilyAnswered(Event, type="family.answered.v1", topic=REFERRALS, key="referral_id"):
    """Somebody answered what one of the family had written; ``person_id`` is whom, so that nobody else is told."""

    referral_id: str
    words_id: str
    person_id: str
    answered_at: AwareDatetime
