"""The bodies that the HTTP API takes. An unknown field is an error: a misspelt one would be lost otherwise."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)

from schemas.case_work_v1 import DeclineReason
from schemas.codes import Owner, ProvisionType, Trigger, WithdrawalReason
from schemas.panels_v1 import Gives, MissingItem, Outcome
from services.panels.domain.funds import MOST
from services.panels.domain.legal.dates import ExceptionKind, TransferTo
from services.panels.domain.panels.panel import Paper
from services.panels.domain.sittings.members import AsideReason, Attends
from services.panels.domain.sittings.sitting import CancelReason

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _iso(value: Any) -> Any:
    """pydantic would also take a number of seconds for a date."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("must be a day such as 2026-03-05")
    return value


Day = Annotated[date, BeforeValidator(_iso)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=r"\S")]

Hour = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


Urn = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
#: The case's version that was looked at: if it has moved on since, nothing is done.
Version = Annotated[int | None, Field(strict=True, ge=0, le=1_000_000)]


class Body(BaseModel):
    """A body: no unknown field, and never a value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Change(Body):
    """A change of phase ahead; ``starts_on`` for one between two places after 16."""

    to: TransferTo
    year: int = Field(strict=True, ge=2000, le=2100)
    starts_on: Day | None = None


class Confirmation(Body):
    """The batch; ``seen`` is the batch as the caller saw it, so that nobody overwrites another's change."""

    case_ids: tuple[Id, ...] = Field(max_length=200)
    seen: tuple[Id, ...] | None = Field(None, max_length=200)


class Acceptance(Body):
    """What of the plan is accepted: ``seen`` is its digest, without ``case_ids`` it is the whole of it.

    ``told_ok`` names the cases for which a person said yes to a change of the date that their family knows.
    """

    seen: Id
    case_ids: tuple[Id, ...] | None = Field(None, min_length=1, max_length=2000)
    told_ok: tuple[Id, ...] = Field((), max_length=2000)


class Moving(Body):
    """Another sitting for a case, and why. ``seen``: how often the case had moved on when the caller saw it."""

    sitting_id: Id
    reason: Words
    told_ok: StrictBool = False
    seen: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None


class Swapping(Body):
    """With which case another one changes places, and why. ``told_ok``: those of the two whose date may change."""

    other: Id
    reason: Words
    told_ok: tuple[Id, ...] = Field((), max_length=2)
    seen: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None


class Completion(Body):
    """Dates that are known now, papers that have arrived."""

    request_received: Day | None = None
    draft_served: Day | None = None
    review_meeting: Day | None = None
    assessment_decided: Day | None = None
    schools_consulted: Day | None = None
    review_reported: Day | None = None
    papers: tuple[Paper, ...] = Field((), max_length=10)
    papers_complete: StrictBool = False
    arrived_on: Day | None = None
    brought_by: Owner | None = None
    seen: Version = None


class SettingOut(Body):
    """What triggered a case and what its family asks for, all of it; null is «not known»."""

    trigger: Trigger
    provision: ProvisionType | None
    asked_setting: Urn | None = None
    personal_budget: StrictBool | None
    transfer: Change | None = None
    seen: Version = None


class Requested(Body):
    """Papers that somebody is asked for, by a day."""

    items: tuple[Paper, ...] = Field(min_length=1, max_length=10)
    owner: Owner
    bring_by: Day
    seen: Version = None


class Claim(Body):
    """An exception that is claimed to a time limit; ``words`` stay with the case."""

    kind: ExceptionKind
    first: Day
    last: Day | None = None
    words: Words
    seen: Version = None


class LateAnswer(Body):
    """The answer to what the school sent after papers had closed; ``seen`` is the case's version."""

    accepted: StrictBool
    reason: DeclineReason | None = None
    words: Words | None = None
    seen: Version = None


class Recommended(Body):
    """What the panel recommends at a sitting."""

    sitting_id: Id
    outcome: Outcome
    provision: ProvisionType | None = None
    setting_urn: Urn | None = None
    reasons: Words
    seen: Version = None


class Deferred(Body):
    """Why, what is missing, who brings it, and when the panel looks at the case again."""

    sitting_id: Id
    missing: tuple[MissingItem, ...] = Field(min_length=1, max_length=10)
    owner: Owner
    next_on: Day
    reason: Words
    escalated: StrictBool = False


class Taken(Body):
    """Why a case is withdrawn."""

    reason: WithdrawalReason


class Decided(Body):
    """What the authority decides; what is left out is as the panel recommended."""

    outcome: Outcome | None = None
    provision: ProvisionType | None = None
    setting_urn: Urn | None = None
    reasons: Words | None = None
    seen: Version = None


class Extra(Body):
    """An extra sitting; what is None is as the panel's file has it."""

    panel: Id
    sits_on: Day
    why: Words
    hour: Hour | None = None
    capacity: int | None = Field(None, strict=True, ge=1, le=200)
    minutes: int | None = Field(None, strict=True, ge=1, le=1440)
    papers_close_at: AwareDatetime | None = None


class Cancellation(Body):
    """Why a sitting does not take place; ``seen`` is its batch as the caller saw it."""

    reason: CancelReason
    words: Words
    seen: tuple[Id, ...] | None = Field(None, max_length=200)


class Moved(Body):
    """On which day a sitting takes place instead; ``seen`` is its batch as the caller saw it."""

    sits_on: Day
    why: Words
    seen: tuple[Id, ...] | None = Field(None, max_length=200)


class OneSeat(Body):
    """One member in one seat of the panel."""

    seat: Id
    staff_id: Id
    attends: Attends = "unknown"


class Seated(Body):
    """All members of a sitting; ``seen`` are those that the caller saw, each as ``seat:staff_id``.

    As ``seat:staff_id:attends`` it says also who came, which naming the members would otherwise write over.
    """

    members: tuple[OneSeat, ...] = Field(max_length=40)
    seen: tuple[Annotated[str, StringConstraints(max_length=169)], ...] | None = Field(None, max_length=40)


class Aside(Body):
    """For which case a member stands aside, and why; None: takes part after all."""

    staff_id: Id
    case_id: Id
    why: AsideReason | None
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class Linked(Body):
    """With which case one is heard together; None: by itself."""

    case_id: Id | None


class Lengthened(Body):
    """How many minutes a case takes; None: as long as any that was so brought."""

    minutes: int | None = Field(strict=True, ge=1, le=480)


class Amount(Body):
    """What a case asks of its area's fund, in pounds."""

    amount: int = Field(strict=True, ge=1, le=MOST)


class Granted(Body):
    """What a panel for funding recommends; amounts are in pounds, 0 where only support is given."""

    sitting_id: Id
    outcome: Outcome
    gives: Gives | None = None
    asked: int = Field(0, strict=True, ge=0, le=MOST)
    agreed: int = Field(0, strict=True, ge=0, le=MOST)
    reasons: Words
