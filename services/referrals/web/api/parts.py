"""What every body that does something with a referral is made of."""

import re
from datetime import date
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, WithJsonSchema

from schemas import submissions_v1
from schemas.codes import ProvisionType, Trigger
from schemas.referrals_v1 import PlacementAsk
from services.referrals.domain.referral import Referral

_ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: What stands in a text: no NUL, and something besides blanks, which are taken off its ends.
_SOMETHING = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
#: How a reference is written; people's spaces, hyphens and small letters are forgiven.
_REFERENCE = "^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$"


def _iso(value: object) -> object:
    """pydantic would also take a number of seconds for a day, even as a text."""
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("write a day as year-month-day")
    return value


def _text(longest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": longest, "pattern": _SOMETHING})


Day = Annotated[date, BeforeValidator(_iso)]
Line = Annotated[submissions_v1.Line, _text(200)]
Text = Annotated[submissions_v1.Text, _text(8000)]
Urn = Annotated[str, Field(pattern="^[A-Z0-9]{1,10}$")]
Reference = Annotated[str, Path(json_schema_extra={"pattern": _REFERENCE})]
Id = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9._:-]+$")]


class Body(BaseModel):
    """A body, or a part of one: no unknown field, and its values never in an error's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Doing(Body):
    """``seen`` is the version of the referral that was looked at: where it has another by now, nothing is done."""

    seen: StrictInt | None = Field(None, ge=1, le=1_000_000)

    def about(self, referral: Referral, by: str) -> dict[str, Any]:
        """What every command begins with."""
        return {"referral_id": referral.id, "by": by, "seen": self.seen}


class Placing(Body):
    """What is asked of a placement panel."""

    trigger: Trigger = "school-referral"
    provision: ProvisionType
    urgent: StrictBool = False
    need_by: Day | None = None
    request_received: Day | None = None
    draft_served: Day | None = None
    review_meeting: Day | None = None
    papers_complete: StrictBool = False
    personal_budget: StrictBool | None = None

    def asked(self) -> PlacementAsk:
        """The same, for the rules."""
        return PlacementAsk.model_validate(self.model_dump())
