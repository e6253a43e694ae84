"""Who works with the services, in which roles and for how long: sealed and compacted. The latest version wins."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict

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


class StaffCover(_Part):
    """Whose work is taken over while they are away, both days included."""

    staff_id: str
    from_day: date
    until: date


class StaffDetails(Event, type="staff.details.v1", topic=STAFF, key="staff_id"):
    """Somebody who may sign in: who they are to the sign-in provider, what they may do, whom they stand in for."""

    staff_id: str
    subject: str
    name: str
    email: str
    active: bool
    grants: tuple[StaffGrant, ...] = ()
    covers: tuple[StaffCover, ...] = ()
