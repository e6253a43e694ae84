"""Restricted cases: a referral that opens only to people who are named, or to whoever breaks the glass.

The reason that somebody gives is words about a case: it stays in this service's database and is never an event. To
whom a case opens is told on the topic of staff, so that the other services keep it shut, too.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.decision import Changes, Decision, Kind, Ref, Refused, World
from schemas.staff_v1 import OpenGlass, ReferralRestricted
from services.referrals.domain.permissions import Subject
from services.referrals.domain.referral import REFERRAL, Referral, known
from services.referrals.domain.staff.members import STAFF

#: How long a broken glass stays open for whoever broke it.
OPEN_FOR = timedelta(hours=4)
_LONGEST = 2000
_SHORTEST = 10


@dataclass(frozen=True, slots=True)
class RestrictReferral:
    """From now on only ``named`` (ids of members of staff) see the referral; asked again, they replace the others."""

    referral_id: str
    named: frozenset[str]
    reason: str = field(repr=False)
    by: str


@dataclass(frozen=True, slots=True)
class LiftRestriction:
    """The referral opens again to everybody whose work it is."""

    referral_id: str
    reason: str = field(repr=False)
    by: str


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Somebody who is not named has to see the case now, and says why."""

    referral_id: str
    reason: str = field(repr=False)
    by: str


@dataclass(frozen=True, slots=True)
class ReviewGlass:
    """Somebody looked into why the glass was broken by ``staff_id`` at ``at``."""

    referral_id: str
    staff_id: str
    at: datetime
    by: str


class _State(BaseModel):
    model_config = ConfigDict(frozen=True)


class Step(_State):
    """What was done about the restriction, by whom and why."""

    did: Literal["restricted", "lifted"]
    by: str
    at: AwareDatetime
    reason: str


class Glass(_State):
    """Somebody opened the case without being named; ``until`` then it stays open for them."""

    staff_id: str
    at: AwareDatetime
    until: AwareDatetime
    reason: str
    reviewed_by: str | None = None
    reviewed_at: AwareDatetime | None = None


class Restriction(_State):
    """The restriction of one referral; nobody is named where it has been lifted."""

    named: frozenset[str] = frozenset()
    steps: tuple[Step, ...] = ()
    glasses: tuple[Glass, ...] = ()

    @property
    def unreviewed(self) -> int:
        """How often the glass was broken and nobody has looked into it."""
        return sum(glass.reviewed_at is None for glass in self.glasses)

    def opens_to(self, now: datetime) -> frozenset[str]:
        """Those named, and whoever has broken the glass not long ago; empty where it is not restricted."""
        broken = {glass.staff_id for glass in self.glasses if glass.until > now}
        return self.named | broken if self.named else frozenset()


RESTRICTION = Kind("restriction", Restriction)
#: What is noted of a referral that goes on from a restricted one.
TAKEN_OVER = "It goes on from a restricted referral."
Change = RestrictReferral | LiftRestriction | BreakGlass | ReviewGlass


def subject_of(referral: Referral, restriction: Restriction | None, now: datetime) -> Subject:
    """A referral as `permissions.may` is asked about it."""
    return Subject(
        urn=referral.urn,
        area=referral.area,
        destination=referral.destination,
        kind=referral.destination_kind,
        assigned_to=referral.assigned_to,
        named=restriction.opens_to(now) if restriction else frozenset(),
    )


def touched(command: Change) -> tuple[Ref]:
    """The restriction of the referral."""
    return (RESTRICTION.at(command.referral_id),)


def looked_at(command: Change) -> list[Ref]:
    """The referral, and the people who are named."""
    named = command.named if isinstance(command, RestrictReferral) else ()
    return [REFERRAL.at(command.referral_id), *map(STAFF.at, sorted(named))]


def restrict(world: World, command: RestrictReferral, now: datetime) -> Changes:
    """Only the named see it. Raises Refused unless each of them works here, and without a reason."""
    known(world.get(REFERRAL, command.referral_id))
    people = [world.get(STAFF, each) for each in command.named]
    if not people or not all(each is not None and each.active for each in people):
        raise Refused(
            "nobody-named", "Name at least one member of staff who works here: somebody has to see it."
        )
    before = world.get(RESTRICTION, command.referral_id) or Restriction()
    step = Step(did="restricted", by=command.by, at=now, reason=_said(command.reason))
    return _becomes(
        command, before.model_copy(update={"named": command.named, "steps": (*before.steps, step)})
    )


def lift(world: World, command: LiftRestriction, now: datetime) -> Changes:
    """It opens again. Raises Refused where it is not restricted, and without a reason."""
    before = _restricted(world, command)
    step = Step(did="lifted", by=command.by, at=now, reason=_said(command.reason))
    return _becomes(command, before.model_copy(update={"named": frozenset(), "steps": (*before.steps, step)}))


def break_glass(world: World, command: BreakGlass, now: datetime) -> Changes:
    """Opens the case to one person for a while. Raises Refused without a reason, or where it stands open anyway."""
    before = _restricted(world, command)
    if command.by in before.opens_to(now):
        raise Refused("open-already", "This case is open to you: you can go to it now.")
    glass = Glass(staff_id=command.by, at=now, until=now + OPEN_FOR, reason=_said(command.reason))
    return _becomes(command, before.model_copy(update={"glasses": (*before.glasses, glass)}))


def review(world: World, command: ReviewGlass, now: datetime) -> Changes:
    """Somebody looked into it. Raises Refused for what they did themselves, and where it is done."""
    before = world.get(RESTRICTION, command.referral_id) or Restriction()
    if command.by == command.staff_id:
        raise Refused("own-glass", "You cannot look into what you did yourself: ask another service manager.")
    seen = {"reviewed_by": command.by, "reviewed_at": now}
    glasses = tuple(
        each.model_copy(update=seen) if _waits(each, command) else each for each in before.glasses
    )
    if glasses == before.glasses:
        raise Refused("glass-unknown", "Nothing of this kind waits to be looked into: load the list again.")
    return _becomes(command, before.model_copy(update={"glasses": glasses}))


def _waits(glass: Glass, command: ReviewGlass) -> bool:
    return glass.reviewed_at is None and (glass.staff_id, glass.at) == (command.staff_id, command.at)


def _restricted(world: World, command: Change) -> Restriction:
    restriction = world.get(RESTRICTION, command.referral_id)
    if restriction is None or not restriction.named:
        raise Refused("not-restricted", "This referral is not restricted any more: load the page again.")
    return restriction


def _said(reason: str) -> str:
    if not _SHORTEST <= len(reason.strip()) <= _LONGEST:
        raise Refused(
            "reason-missing", f"Say why in {_SHORTEST} to {_LONGEST} letters: the reason is kept and read."
        )
    return reason.strip()


def _becomes(command: Change, after: Restriction) -> Changes:
    told = (_told(command.referral_id, after),) if not isinstance(command, ReviewGlass) else ()
    return Changes({RESTRICTION.at(command.referral_id): Decision(after, told)}, answer="changed")


def _told(referral_id: str, restriction: Restriction) -> ReferralRestricted:
    """To whom it opens, without a word of why."""
    moments = [step.at for step in restriction.steps] + [glass.at for glass in restriction.glasses]
    return ReferralRestricted(
        referral_id=referral_id,
        named=tuple(sorted(restriction.named)),
        glasses=tuple(OpenGlass(staff_id=each.staff_id, until=each.until) for each in restriction.glasses),
        restricted_at=max(moments),
    )


def taken_over(
    before: Restriction | None, referral_id: str, by: str, now: datetime
) -> Decision[Restriction] | None:
    """The restriction of a referral that goes on from another; None where that one stands open."""
    if before is None or not before.named:
        return None
    step = Step(did="restricted", by=by, at=now, reason=TAKEN_OVER)
    after = Restriction(named=before.named, steps=(step,))
    return Decision(after, (_told(referral_id, after),))
