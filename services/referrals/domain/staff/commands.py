"""What this service is asked to do about members of staff. ``by`` is the id of the member of staff who asks."""

from dataclasses import dataclass, field
from datetime import date

from schemas.staff_v1 import Role

#: Who asks from the command line: whoever may run it has the database in hand anyway.
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role that somebody is to hold from a day, for good or until another (both included)."""

    role: Role
    scope: str | None
    from_day: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AppointStaff:
    """Somebody starts, or takes more roles on; ``subject`` is how the sign-in provider knows them."""

    staff_id: str
    subject: str = field(repr=False)
    name: str = field(repr=False)
    email: str = field(repr=False)
    roles: tuple[Wanted, ...]
    by: str


@dataclass(frozen=True, slots=True)
class GiveRole:
    """Somebody who works here already takes a role on."""

    staff_id: str
    role: Wanted
    by: str


@dataclass(frozen=True, slots=True)
class EndRole:
    """Somebody gives a role up: at the end of ``last_day``, or at once."""

    staff_id: str
    role: Role
    scope: str | None
    by: str
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class CorrectStaff:
    """Somebody's name or work address is another now."""

    staff_id: str
    name: str = field(repr=False)
    email: str = field(repr=False)
    by: str


@dataclass(frozen=True, slots=True)
class StaffLeaves:
    """Somebody leaves: at the end of ``last_day``, or at once."""

    staff_id: str
    by: str
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class ArrangeCover:
    """``staff_id`` takes over the work of ``away`` from ``from_day`` to ``until``, both included."""

    staff_id: str
    away: str
    from_day: date
    until: date
    by: str


@dataclass(frozen=True, slots=True)
class EndCover:
    """``away`` is back, or somebody else takes over; at once."""

    staff_id: str
    away: str
    by: str


@dataclass(frozen=True, slots=True)
class CountAdministrators:
    """Who is an administrator until further notice, by id and first day, as the table of staff has it."""

    since: tuple[tuple[str, date], ...]
