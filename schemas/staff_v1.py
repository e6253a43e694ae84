"""Who works with the services, in which roles and for how long: sealed and compacted. The latest version wins."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.envelope import Event
from schemas.topics import STAFF

Role = Literal[
    "school-user",
    "headteacher",
    "team-member",
    "outreach-coordinator",
    "sali-officer",
    "send-officer",
    "ehc-coordinator",
    "panel-coordinator",
    "panel-member",
    "chair",
    "deciding-officer",
    "service-manager",
    "administrator",
]

#: A grant that stands for a colleague whose work is taken over; its scope is the colleague's id.
COVER = "cover"
#: What somebody who stands in for a colleague may do in their place; what is decided in person stays behind.
COVERED: frozenset[Role] = frozenset(
    {
        "school-user",
        "team-member",
        "outreach-coordinator",
        "sali-officer",
        "send-officer",
        "ehc-coordinator",
        "panel-coordinator",
    }
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class StaffGrant(_Part):
    """A role that somebody holds from ``from_day`` to ``until`` (both included; None: until further notice).

    ``scope`` is what it is limited to: a school's URN, a team's code, an area, a panel's code.
    """

    role: Role
    scope: str | None = None
    from_day: date
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether the role is held on this day."""
        return self.from_day <= day and (self.until is None or day <= self.until)


class StaffCover(_Part):
    """Whose work is taken over while they are away, both days included."""

    staff_id: str
    from_day: date
    until: date

    def holds_on(self, day: date) -> bool:
        """Whether the colleague is stood in for on this day."""
        return self.from_day <= day <= self.until


class StaffDetails(Event, type="staff.details.v1", topic=STAFF, key="staff_id"):
    """Somebody who may sign in: who they are to the sign-in provider, what they may do, whom they stand in for."""

    staff_id: str
    subject: str
    name: str
    email: str
    active: bool
    grants: tuple[StaffGrant, ...] = ()
    covers: tuple[StaffCover, ...] = ()


class OpenGlass(_Part):
    """A member of staff who is not named opened a restricted case in need; ``until`` then it stays open for them."""

    staff_id: str
    until: AwareDatetime


class ReferralRestricted(Event, type="referral.restricted.v1", topic=STAFF, key="referral_id"):
    """Only ``named`` (ids of members of staff) may open a referral and its case; nobody named: all whose work it is."""

    referral_id: str
    named: tuple[str, ...]
    glasses: tuple[OpenGlass, ...] = ()
    restricted_at: AwareDatetime
