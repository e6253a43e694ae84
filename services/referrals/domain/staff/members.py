"""Members of staff: starters, leavers, changes of roles.

Nobody gives themselves a role, and nobody gives one that they have no say over (`permissions.may_give`). One
administrator always remains, or nobody could ever appoint another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

from chassis.calendar import at, london_date
from chassis.decision import Changes, Decision, Due, Kind, Ref, Refused, World
from schemas.staff_v1 import Role, StaffCover, StaffDetails, StaffGrant
from services.referrals.domain import permissions
from services.referrals.domain.staff.commands import OPERATOR, CountAdministrators, Wanted

LEAVES = "staff-leaves"
ALL = "all"
#: Whoever may give this one has a say over people without any role.
_ANY: tuple[Role, None] = ("sali-officer", None)


class Grant(StaffGrant):
    """A role as its owner keeps it: ``by`` whom it was given, ``ended_at`` when it was ended before its time."""

    by: str
    ended_at: AwareDatetime | None = None

    def was_held_at(self, moment: datetime) -> bool:
        """Whether it was held at an instant, also on the day on which it was ended."""
        if self.ended_at is not None and moment > self.ended_at:
            return False
        day = london_date(moment)
        return self.from_day <= day and (self.until is None or day <= self.until or self.ended_at is not None)


class Cover(StaffCover):
    """Whose work is taken over, arranged ``by`` whom."""

    by: str


class Staff(BaseModel):
    """A member of staff. Roles and covers that have ended stay, so that one can tell who was what at a time."""

    model_config = ConfigDict(frozen=True)

    id: str
    subject: str
    name: str
    email: str
    active: bool = True
    grants: tuple[Grant, ...] = ()
    covers: tuple[Cover, ...] = ()
    leaves_on: date | None = None

    def held_on(self, day: date) -> list[Grant]:
        """The roles of one's own on a day."""
        return [grant for grant in self.grants if grant.holds_on(day)]

    def held_from(self, day: date) -> list[Grant]:
        """The roles of one's own on a day or later."""
        return [
            grant for grant in self.grants if grant.until is None or grant.until >= max(day, grant.from_day)
        ]


class Administrators(BaseModel):
    """Those who are administrators until further notice, each with the day from which on they are."""

    model_config = ConfigDict(frozen=True)

    since: dict[str, date] = {}


@dataclass(frozen=True, slots=True)
class Giver:
    """Who changes something about staff, as `permissions` asks it."""

    id: str
    grants: frozenset[permissions.Held]


STAFF = Kind("staff", Staff)
ADMINISTRATORS = Kind("administrators", Administrators)


class Asked:
    """A change to staff with all that its rule looks at. Raises Refused from whatever does not hold."""

    def __init__(self, world: World, staff_id: str, by: str, now: datetime) -> None:
        self.world, self.staff_id, self.by, self.now = world, staff_id, by, now
        self.today = london_date(now)

    @property
    def staff(self) -> Staff:
        """The member of staff, who must work here."""
        return working(self.world.get(STAFF, self.staff_id))

    def must_be_another(self) -> None:
        """Nobody raises their own rights."""
        if self.by == self.staff_id:
            raise Refused(
                "own-rights", "You cannot give yourself a role: ask another administrator to do it."
            )

    def must_have_a_say(self, roles: Iterable[Wanted | Grant]) -> None:
        """Whoever asks must be somebody who may give and take these roles."""
        if self.by == OPERATOR:
            return
        by = self.world.get(STAFF, self.by)
        giver = Giver(self.by, frozenset(by.held_on(self.today)) if by and by.active else frozenset())
        asked = [(each.role, each.scope) for each in roles] or [_ANY]
        if not all(permissions.may_give(giver, role, scope) for role, scope in asked):
            raise Refused(
                "not-yours-to-give",
                "Your own roles do not let you give or take this one: ask an administrator of this service.",
            )

    def changed(self, after: Staff, due: tuple[Due, ...] = ()) -> Changes:
        """The change and what everybody else learns of it, as long as an administrator remains."""
        if after == self.world.get(STAFF, self.staff_id):
            return Changes(answer="unchanged")
        decisions: dict[Ref, Decision[Staff] | Decision[Administrators]] = {
            STAFF.at(after.id): Decision(after, (details(after),), due)
        }
        before = self.world.get(ADMINISTRATORS, ALL) or Administrators()
        roster = _with(before, after)
        if roster != before:
            if _in_office(before, self.today) and not _in_office(roster, self.today):
                raise Refused(
                    "last-administrator",
                    "This is the last administrator. Make somebody else an administrator first.",
                )
            decisions[ADMINISTRATORS.at(ALL)] = Decision(roster)
        return Changes(decisions, answer="changed")


def working(staff: Staff | None) -> Staff:
    """The member of staff. Raises Refused for a stranger and for whoever has left."""
    if staff is None or not staff.active:
        raise Refused("staff-unknown", "Nobody with this id works here: look them up in the list of staff.")
    return staff


def details(staff: Staff) -> StaffDetails:
    """What the other services learn."""
    return StaffDetails(
        staff_id=staff.id,
        subject=staff.subject,
        name=staff.name,
        email=staff.email,
        active=staff.active,
        grants=tuple(StaffGrant.model_validate(each.model_dump()) for each in staff.grants),
        covers=tuple(StaffCover.model_validate(each.model_dump()) for each in staff.covers),
    )


def ended(staff: Staff, grants: Iterable[Grant], last_day: date | None, now: datetime) -> tuple[Grant, ...]:
    """All roles of ``staff``, those in ``grants`` ended with ``last_day``, or at once."""
    ending = set(grants)
    return tuple(_ended(each, last_day, now) if each in ending else each for each in staff.grants)


def _ended(grant: Grant, last_day: date | None, now: datetime) -> Grant:
    if last_day is not None:
        return grant.model_copy(update={"until": last_day})
    return grant.model_copy(update={"until": london_date(now) - timedelta(days=1), "ended_at": now})


def leaving(staff: Staff, last_day: date) -> Due:
    """When somebody has left who leaves at the end of ``last_day``."""
    return Due(LEAVES, staff.id, at(last_day + timedelta(days=1), time(0)))


def has_left(staff: Staff | None, due: Due, now: datetime) -> Decision[Staff]:
    """Somebody's last day is over."""
    if staff is None or staff.leaves_on is None or not staff.active or london_date(now) <= staff.leaves_on:
        return Decision()
    gone = staff.model_copy(update={"active": False})
    return Decision(gone, (details(gone),))


def count(
    before: Administrators | None, counted: CountAdministrators, now: datetime
) -> Decision[Administrators]:
    """Puts right who is an administrator, as after a database was restored."""
    after = Administrators(since=dict(counted.since))
    return Decision() if before == after else Decision(after)


def counted(staff: Iterable[Staff]) -> CountAdministrators:
    """The administrators among them, for `count`."""
    roster = Administrators()
    for each in staff:
        roster = _with(roster, each)
    return CountAdministrators(tuple(sorted(roster.since.items())))


def _with(roster: Administrators, staff: Staff) -> Administrators:
    others = {id: day for id, day in roster.since.items() if id != staff.id}
    since = min(_lasting(staff), default=None)
    return Administrators(since=others if since is None else {**others, staff.id: since})


def _lasting(staff: Staff) -> Iterator[date]:
    for grant in staff.grants:
        if staff.active and grant.role == "administrator" and grant.until is None:
            yield grant.from_day


def _in_office(roster: Administrators, today: date) -> bool:
    return any(since <= today for since in roster.since.values())
