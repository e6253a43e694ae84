"""What the pages of panels share: who sees which cases, and what a form says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.forms import Form
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from services.panels import storage
from services.panels.domain.case import Case
from services.panels.domain.permissions import Action, Subject, may
from services.panels.domain.sittings_calendar import PanelBook

Seeing = Annotated[Person, Depends(signed_in("case:see"))]
Completing = Annotated[Person, Depends(signed_in("case:complete"))]
Coordinating = Annotated[Person, Depends(signed_in("case:coordinate"))]
Deciding = Annotated[Person, Depends(signed_in("case:decide"))]
PARTS = ("day", "month", "year")


@dataclass(frozen=True, slots=True)
class Fault:
    """A wrong field of a form, and what to do."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What each page is made from."""

    running: Running
    book: PanelBook
    look: Look

    @property
    def now(self) -> datetime:
        """The present instant of business time."""
        return self.running.clock.now()

    @property
    def today(self) -> date:
        """The present day."""
        return london_date(self.now)

    async def open(
        self, conn: Connection, person: Person, cases: Sequence[Case], action: Action = "case:see"
    ) -> list[Case]:
        """Those of the cases to which this person may do ``action``."""
        return await open_to(self.running, conn, person, cases, action)

    async def case(self, conn: Connection, person: Person, case_id: str, action: Action = "case:see") -> Case:
        """One case. Raises Problem 404 where there is none that this person may see, 403 where they may only see it."""
        found = await storage.cases_by_id(conn, [case_id])
        if not await self.open(conn, person, found):
            raise Problem(404, "unknown-case", "There is no such case among those that you may see.")
        if not await self.open(conn, person, found, action):
            raise Problem(403, "not-allowed", "You may read this case; your roles do not allow this with it.")
        return found[0]

    def sees_panel(self, person: Person, panel: str, action: Action = "case:see") -> bool:
        """Whether this person has to do with a panel."""
        return may(person, action, Subject(panel))


async def open_to(
    running: Running,
    conn: Connection,
    person: Person,
    cases: Sequence[Case],
    action: Action = "case:see",
) -> list[Case]:
    """Those of the cases to which this person may do ``action``."""
    known = await storage.subjects(conn, cases, running.clock.now())
    return [case for case, subject in known if may(person, action, subject)]


def day_typed(form: Form, name: str, today: date, faults: list[Fault]) -> date | None:
    """A day from three fields, None where none was typed; what is wrong with it goes into ``faults``."""
    parts = [form.get(f"{name}-{part}") for part in PARTS]
    if not any(parts):
        return None
    try:
        day, month, year = (int(part) for part in parts)
        found = date(year, month, day)
    except ValueError:
        faults.append(Fault(name, "There is no such day: write it as 27 3 2026."))
        return None
    if found > today:
        faults.append(Fault(name, "This day lies ahead: give the day on which it happened."))
    return found


def day_items(name: str, typed: dict[str, str], faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """The three inputs of GOV.UK's date input, as they were typed."""
    wrong = any(fault.field == name for fault in faults)
    return [
        {
            "name": part,
            "label": part.capitalize(),
            "value": typed.get(f"{name}-{part}", ""),
            "classes": f"govuk-input--width-{4 if part == 'year' else 2}"
            + (" govuk-input--error" if wrong else ""),
        }
        for part in PARTS
    ]
