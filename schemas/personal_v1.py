"""Words and persons: the contracts of the sealed, compacted topics. The latest version wins."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict

from schemas.codes import Relation
from schemas.envelope import Event
from schemas.submissions_v1 import Cycle
from schemas.topics import CASE_PAPERS, PERSONAL_DETAILS, REFERRAL_PAPERS


class PersonDetails(Event, type="person.details.v1", topic=PERSONAL_DETAILS, key="person_id"):
    """Who a person is, how to reach them, and whether they may be told."""

    person_id: str
    relation: Relation
    given_name: str
    family_name: str
    born: date | None = None
    upn: str | None = None
    address: str | None = None
    email: str | None = None
    phone: str | None = None
    may_be_told: bool
    channel: Literal["email", "text"] = "email"
    language: str = "en"


class Tried(Cycle):
    """A round of assess, plan, do, review as it is kept: read tolerantly, where the form is strict."""

    model_config = ConfigDict(extra="ignore", strict=False, from_attributes=True)


class ReferralPapers(Event, type="referral.papers.v1", topic=REFERRAL_PAPERS, key="referral_id"):
    """The school's words on a referral, and the advice it was given."""

    referral_id: str
    narrative: str
    tried: tuple[Tried, ...] = ()
    advice: str | None = None


class CasePapers(Event, type="case.papers.v1", topic=CASE_PAPERS, key="case_id"):
    """The panel's words on a case: the reasons of its decision."""

    case_id: str
    referral_id: str
    reasons: str | None = None
    told: bool = False
