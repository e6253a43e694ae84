"""What families write on their page, and what they are answered. Sealed: both are words. The latest version wins."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from schemas.envelope import Event
from schemas.topics import FAMILY_WORDS, NOTIFICATIONS, PERSONAL_DETAILS, REFERRALS

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


#: The SHA-256 of a code's 16 letters of Crockford's base 32, capitals, nothing between them.
CodeDigest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PageCodeHanded(Event, type="page-code.handed.v1", topic=PERSONAL_DETAILS, key="code_id"):
    """The school handed a person a code for their private page about a referral, or took it back (``revoked_at``).

    Only its digest travels. It works once, before ``ends_at``. ``handed_by`` is a staff id, ``why`` how the school
    knows whom it handed the code to.
    """

    code_id: str
    referral_id: str
    person_id: str
    digest: CodeDigest
    handed_by: str
    why: str
    handed_at: AwareDatetime
    ends_at: AwareDatetime
    revoked_at: AwareDatetime | None = None


class PageCodeUsed(Event, type="page-code.used.v1", topic=NOTIFICATIONS, key="code_id"):
    """Whoever has a code of the school opened their private page with it: it works no more."""

    code_id: str
    referral_id: str
    person_id: str
    used_at: AwareDatetime


class TellingDecided(Event, type="telling.decided.v1", topic=REFERRALS, key="referral_id"):
    """The school decided about a message that did not reach somebody: it told them itself, or it goes out again."""

    referral_id: str
    message_id: str
    person_id: str
    fact: str
    decided: Literal["told", "again"]
    decided_at: AwareDatetime


#: What a person may correct themselves: a code to the new one shows that it is theirs.
CorrectedWay = Literal["email", "text"]


class GivenContact(BaseModel):
    """An e-mail address, or a number that takes texts, and what the school had recorded in its place then."""

    model_config = ConfigDict(frozen=True)

    way: CorrectedWay
    address: str
    instead_of: str | None = None
    given_at: AwareDatetime


class ContactGiven(Event, type="contact.given.v1", topic=FAMILY_WORDS, key="person_id"):
    """What a person has corrected of their contact: for the notifications service itself, should it lose its database.

    No other service keeps or shows it.
    """

    person_id: str
    given: tuple[GivenContact, ...]


class ContactCorrected(Event, type="contact.corrected.v1", topic=NOTIFICATIONS, key="person_id"):
    """A person corrected how they are reached, on the page of this referral: the school is to check its record."""

    person_id: str
    referral_id: str
    way: CorrectedWay
    corrected_at: AwareDatetime
