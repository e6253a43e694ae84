"""Legal holds: what is held about a person is kept whatever its time, until the hold is lifted."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Kind, Ref, Refused, World
from services.referrals.domain.staff.members import STAFF, Staff

#: Who may order an erasure or a hold, and say the second yes.
ORDERS = frozenset({"administrator", "service-manager"})


class LegalHold(BaseModel):
    """Whether there is one; who said so last, when, and why in words."""

    model_config = ConfigDict(frozen=True)

    held: bool
    by: str
    at: AwareDatetime
    why: str


LEGAL_HOLD = Kind("legal_hold", LegalHold)


@dataclass(frozen=True, slots=True)
class SetHold:
    """Somebody puts a hold on a person, or lifts it."""

    person_id: str
    held: bool
    by: str
    why: str = field(repr=False)


def touched(command: SetHold) -> list[Ref]:
    """The hold."""
    return [LEGAL_HOLD.at(command.person_id)]


def looked_at(command: SetHold) -> list[Ref]:
    """Who says so."""
    return [STAFF.at(command.by)]


def set_hold(world: World, command: SetHold, now: datetime) -> Changes:
    """Raises Refused unless somebody says so who may, with a reason, and it changes anything."""
    if not may_order(world.get(STAFF, command.by), now):
        raise Refused("not-allowed", "Only administrators and service managers set and lift legal holds.")
    if not command.why.strip():
        raise Refused("reason-missing", "Say why: the reason is kept with the hold.")
    known = world.get(LEGAL_HOLD, command.person_id)
    if is_held(known) == command.held:
        word = "held already" if command.held else "not held"
        raise Refused("nothing-to-do", f"This person is {word}.")
    new = LegalHold(held=command.held, by=command.by, at=now, why=command.why.strip())
    return Changes({LEGAL_HOLD.at(command.person_id): Decision(new)})


def is_held(hold: LegalHold | None) -> bool:
    """Whether what is held about a person has to stay."""
    return hold is not None and hold.held


def may_order(person: Staff | None, now: datetime) -> bool:
    """Whether they are an administrator or a service manager today."""
    held = person.held_on(london_date(now)) if person is not None and person.active else []
    return any(grant.role in ORDERS for grant in held)
