"""What every body that does something with a referral is made of."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from schemas.codes import ProvisionType, Trigger
from schemas.referrals_v1 import PlacementAsk
from services.referrals.domain.referral import Referral


def _text_only(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("write a day as year-month-day")
    return value


Day = Annotated[date, BeforeValidator(_text_only)]
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
