"""Words and persons: the contracts of the sealed, compacted topics. The latest version wins."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.codes import AdultRole, AnyRelation, EvidenceKind, Relation
from schemas.envelope import Event
from schemas.panel_papers_v1 import Mended, Recommended, Remark
from schemas.submissions_v1 import Care, Cycle, Views
from schemas.topics import CASE_PAPERS, PERSONAL_DETAILS, REFERRAL_PAPERS


class PersonDetails(Event, type="person.details.v1", topic=PERSONAL_DETAILS, key="person_id"):
    """Who a person is, how to reach them, and whether they may be told: only what is in use.

    ``school`` is the URN of the one whose word on it counts; None where an older record does not say. ``died_at`` is
    when it was noted that a child has died. ``role`` says more of an adult whose relation is "other"; ``letters``:
    they want letters rather than what ``channel`` says.
    """

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
    school: str | None = None
    died_at: AwareDatetime | None = None
    role: AdultRole | None = None
    letters: bool = False

    @property
    def who(self) -> AnyRelation:
        """Who they are to the child, with the codes of both lists."""
        return self.role or self.relation


class Tried(Cycle):
    """A round of assess, plan, do, review as it is kept: read tolerantly, where the form is strict."""

    model_config = ConfigDict(extra="ignore", strict=False, from_attributes=True)


class SaidViews(Views):
    """Views as they are kept."""

    model_config = ConfigDict(extra="ignore", strict=False, from_attributes=True)


class InCare(Care):
    """Who answers for a child that is looked after, as it is kept."""

    model_config = ConfigDict(extra="ignore", strict=False, from_attributes=True)


class PaperFile(BaseModel):
    """A paper that supports a referral, and where its file is.

    ``object`` names the encrypted object in the authority's store, and ``key`` is its key, wrapped with the
    key ring "evidence" (a compact JWE). Nobody may open a file before ``state`` is "clean". ``lost``: there was a
    file, and it is gone or damaged where it was kept.
    """

    model_config = ConfigDict(frozen=True)

    kind: EvidenceKind
    title: str
    dated: date | None = None
    id: str | None = None
    object: str | None = None
    key: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    size: int | None = None
    state: Literal["quarantined", "clean", "infected"] | None = None
    lost: bool = False


class Said(BaseModel):
    """What somebody wrote when they did something with a referral; ``version`` is the referral's after it."""

    model_config = ConfigDict(frozen=True)

    version: int
    about: Literal["advice", "question", "answer", "visit", "visit-report", "outcome", "review", "reason"]
    words: str


class Agreed(BaseModel):
    """An action that was agreed: what is done, who is responsible for it, and by when."""

    model_config = ConfigDict(frozen=True)

    what: str
    who: str
    by: date


class ReferralPapers(Event, type="referral.papers.v1", topic=REFERRAL_PAPERS, key="referral_id"):
    """The school's words on a referral, the advice it was given, and what everybody wrote since.

    ``actions`` are those that were agreed last; ``old_reference`` is the number of the case in an older system.
    """

    referral_id: str
    narrative: str
    tried: tuple[Tried, ...] = ()
    advice: str | None = None
    views: SaidViews | None = None
    care: InCare | None = None
    evidence: tuple[PaperFile, ...] = ()
    said: tuple[Said, ...] = ()
    actions: tuple[Agreed, ...] = ()
    old_reference: str | None = None


class CasePapers(Event, type="case.papers.v1", topic=CASE_PAPERS, key="case_id"):
    """The panel's words on a case: the reasons of its decision.

    All else is for the panels service itself, should it lose its database: what was recommended and corrected, and what
    people wrote about parts of the case. No other service keeps or shows any of that.
    """

    case_id: str
    referral_id: str
    reasons: str | None = None
    told: bool = False
    recommendation: Recommended | None = None
    corrections: tuple[Mended, ...] = ()
    remarks: tuple[Remark, ...] = ()
