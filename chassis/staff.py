"""Members of staff as every service keeps them, learnt from ``staff.v1``: who may sign in, and as what today.

Roles are names here; what one may do is the service's own affair. The table ``staff`` is made by each service's
migrations; the service that owns staff keeps more in the same columns.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from chassis.calendar import london_date
from chassis.clock import Clock
from chassis.decision import Decision, Kind
from chassis.storage import Column, Connection, JsonTable, Stored, Writer
from chassis.web.people import Grant, Member
from chassis.web.sessions import end_all
from schemas.staff_v1 import COVER, COVERED, StaffCover, StaffDetails, StaffGrant


class Colleague(BaseModel):
    """What a service needs to know of a member of staff to let them in."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    subject: str
    name: str
    active: bool
    grants: tuple[StaffGrant, ...] = ()
    covers: tuple[StaffCover, ...] = ()


S = TypeVar("S", bound=BaseModel)


class StaffTable(JsonTable[S]):
    """The table ``staff``: whoever leaves, or loses a role, is signed out by the transaction that says so."""

    async def update(self, conn: Writer, rows: Sequence[Stored]) -> None:
        await end_all(conn, [row.id for row in rows], [row.state.model_dump_json() for row in rows])
        await super().update(conn, rows)


STAFF = Kind("staff", Colleague)
COLUMNS = {"subject": Column("text", lambda state: state.subject)}
COLLEAGUES: StaffTable[Colleague] = StaffTable(STAFF, "staff", COLUMNS)


def keep(_: Colleague | None, details: StaffDetails, now: datetime) -> Decision[Colleague]:
    """The latest word on a member of staff; their address is of no use here and is not kept."""
    return Decision(Colleague.model_validate(details.model_dump(exclude={"staff_id", "email"})))


class Staff:
    """The service's staff book: it answers for the present day of business time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def by_subject(self, conn: Any, subject: str) -> Member | None:
        """Whom the sign-in provider knows by this subject; None for a stranger and for whoever has left."""
        return await self._member(conn, "SELECT id, state FROM staff WHERE subject = $1", subject)

    async def by_id(self, conn: Any, staff_id: str) -> Member | None:
        """Who has this id; None for a stranger and for whoever has left."""
        return await self._member(conn, "SELECT id, state FROM staff WHERE id = $1", staff_id)

    async def _member(self, conn: Connection, query: str, given: str) -> Member | None:
        row = await conn.fetchrow(query, given)
        if row is None:
            return None
        colleague = COLLEAGUES.read(row["state"])
        if not colleague.active:
            return None
        today = london_date(self._clock.now())
        away = [cover.staff_id for cover in colleague.covers if cover.holds_on(today)]
        covered = await COLLEAGUES.load(conn, sorted(away), lock=False) if away else {}
        lent = [each.state for each in covered.values()]
        return Member(row["id"], colleague.name, roles(colleague, today, lent) | _standing_in(away))


def roles(colleague: Colleague, day: date, away: Iterable[Colleague] = ()) -> frozenset[Grant]:
    """The roles held on a day: one's own, and of those who are ``away`` the ones that can be taken over."""
    own = {Grant(each.role, each.scope) for each in colleague.grants if each.holds_on(day)}
    lent = {
        Grant(each.role, each.scope)
        for one in away
        for each in one.grants
        if each.holds_on(day) and each.role in COVERED
    }
    return frozenset(own | lent)


def _standing_in(away: Iterable[str]) -> frozenset[Grant]:
    return frozenset(Grant(COVER, each) for each in away)
