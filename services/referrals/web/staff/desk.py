"""What these pages share: commands on behalf of whoever has signed in, days from forms, whom one may manage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends

from chassis import telemetry
from chassis.calendar import london_date
from chassis.decision import Refused
from chassis.runner import Once
from chassis.service import Running
from chassis.web import fields
from chassis.web.forms import Form
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from chassis.web.problems import Fault, Problem
from services.referrals import storage
from services.referrals.domain.book import Book
from services.referrals.domain.identity import read_reference
from services.referrals.domain.permissions import Subject, reach
from services.referrals.domain.referral import Referral
from services.referrals.domain.staff.members import Staff
from services.referrals.domain.staff.restricted import Restriction, subject_of

Manages = Annotated[Person, Depends(signed_in("staff:manage"))]
Days = Mapping[str, str]


class Wrong(Exception):
    """A form cannot be read: what is wrong, field by field."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("wrong")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Case:
    """A referral as its restriction leaves it to whoever asks."""

    referral: Referral
    restriction: Restriction | None
    subject: Subject


@dataclass(frozen=True, slots=True)
class Desk:
    """The service, what its rules look up, and its look."""

    running: Running
    book: Book
    look: Look

    @property
    def today(self) -> date:
        """The business day in London."""
        return london_date(self.running.clock.now())

    async def run(self, command: object, once: Once | None = None) -> Any:
        """Runs a command. Raises Refused."""
        return await self.running.runner.command(
            command,
            once=once,
            correlation=telemetry.correlation(),
            traceparent=telemetry.current_traceparent(),
        )

    async def person(self, me: Person, staff_id: str) -> Staff:
        """A member of staff whom ``me`` manages. Raises Problem 404 for all others."""
        async with self.running.pool.acquire() as conn:
            found = (await storage.staff.people(conn, [staff_id])).get(staff_id)
        if found is None or not self.manages(me, found):
            raise Problem(404, "staff-unknown", "There is nobody at this address whom you could look after.")
        return found

    def manages(self, me: Person, staff: Staff) -> bool:
        """Whether this is somebody of ``me``'s own school, or ``me`` looks after everybody."""
        within = reach(me, "staff:manage")
        return within.everything or any(each.scope in within.urns for each in staff.held_from(self.today))

    async def case(self, conn: Any, typed: str) -> Case:
        """The referral with a reference. Raises Problem 404 where there is none."""
        reference = read_reference(typed)
        referral = await storage.by_reference(conn, reference) if reference else None
        if referral is None:
            raise Problem(404, "referral-unknown", "There is no referral with this reference: check it.")
        restriction = await storage.staff.restriction_of(conn, referral.id)
        subject = subject_of(referral, restriction, self.running.clock.now())
        return Case(referral, restriction, subject)


def faults_of(error: Refused | Wrong) -> Sequence[Fault]:
    """What a page says on top of itself."""
    if isinstance(error, Wrong):
        return error.faults
    return fields.faults_of(error)


def day_of(form: Form, name: str) -> date | None:
    """The day of three fields, None where all are empty. Raises Wrong."""
    parts = [form.get(f"{name}-{part}") for part in ("day", "month", "year")]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        message = "Write the day as three numbers, such as 5 11 2026."
        raise Wrong(Fault(field=name, code="day-unreadable", message=message)) from None


def given(form: Form) -> dict[str, str]:
    """What was typed, to show it again."""
    return {name: form.get(name) for name in form.names}
