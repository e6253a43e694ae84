"""The bodies that the HTTP API takes on and after the day of a sitting."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from schemas.codes import ProvisionType
from schemas.panels_v1 import Outcome
from services.panels.bodies import Body, Id, Urn, Version, Words
from services.panels.domain.sittings.members import Attends

ByMember = Annotated[Mapping[Id, Attends], Field(max_length=60)]


class Attendance(Body):
    """Who is there, by staff id; ``seen``: the same as it was before, 409 if somebody changed it since."""

    attends: ByMember
    seen: ByMember | None = None


class Signature(Body):
    """The sitting's batch, as the chair saw it."""

    case_ids: tuple[Id, ...] = Field(max_length=200)


class Passed(Body):
    """Which panel has to hear the case, and why."""

    sitting_id: Id
    panel: Id
    reason: Words
    seen: Version = None


class Left(Body):
    """The sitting that does not come to the case."""

    sitting_id: Id
    seen: Version = None


class Urgency(Body):
    """Why an urgent case cannot wait for a sitting."""

    why: Words
    seen: Version = None


class Mended(Body):
    """What the authority decided, put right, and what the mistake was."""

    outcome: Outcome
    provision: ProvisionType | None = None
    setting_urn: Urn | None = None
    reasons: Words
    why: Words
    seen: Version = None
