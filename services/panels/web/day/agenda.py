"""A sitting with its cases as somebody sees them on its day: in their order, each done or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel

from chassis.storage import Connection
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.panels import storage, views
from services.panels.domain.cases.case import Case
from services.panels.domain.permissions import Action
from services.panels.domain.sittings.sitting import Sitting
from services.panels.web.aside import stands_aside
from services.panels.web.desk import Desk
from services.panels.web.wording import outcome_in_words


@dataclass(frozen=True, slots=True)
class Agenda:
    """``cases`` stand in the order of the batch, from 1 on; None for one that is restricted to others.

    Whoever stands aside for a case does not see it here either.
    """

    filled: storage.Filled
    cases: Sequence[Case | None]

    @property
    def sitting(self) -> Sitting:
        """The sitting itself."""
        return self.filled.sitting

    @property
    def waiting(self) -> list[int]:
        """The numbers of the cases that have no outcome yet, as far as they may be seen."""
        return [
            n
            for n, case in enumerate(self.cases, 1)
            if case is not None and case.sits(self.sitting.sitting_id)
        ]

    def after(self, number: int) -> int | None:
        """The next case without an outcome, begun anew behind the last one; None where each has one."""
        others = [n for n in self.waiting if n != number]
        return next((n for n in others if n > number), others[0] if others else None)

    def rows(self, desk: Desk) -> list[dict[str, Any]]:
        """What a page shows of each case."""
        return [
            {
                "number": n,
                "case": views.of_case(desk.book, case) if case else None,
                "outcome": outcome_in_words(case, self.sitting.sitting_id) if case else None,
                "waits": n in self.waiting,
            }
            for n, case in enumerate(self.cases, 1)
        ]


async def agenda_of(
    desk: Desk, conn: Connection, person: Person, sitting_id: str, action: Action = "case:see"
) -> Agenda:
    """The agenda of a sitting. Raises Problem 404 where there is none for this person, 403 where they may only look."""
    filled = await storage.sitting(conn, sitting_id)
    if filled is None or not desk.sees_panel(person, filled.sitting.panel):
        raise Problem(404, "unknown-sitting", "There is no such sitting among those of your panels.")
    if not desk.sees_panel(person, filled.sitting.panel, action):
        raise Problem(
            403,
            "not-allowed",
            f"You may look at this sitting. {desk.who_may(action, filled.sitting.panel)}",
        )
    found = await storage.cases_by_id(conn, filled.sitting.case_ids)
    theirs = await desk.open(conn, person, found)
    aside = await stands_aside(conn, filled.sitting, person.id, theirs)
    seen = {case.case_id: case for case in theirs if case.case_id not in aside}
    return Agenda(filled, [seen.get(case_id) for case_id in filled.sitting.case_ids])


def mark(parts: Sequence[BaseModel]) -> str:
    """A short mark of what somebody has before them, for a hidden field: another one if anything of it changed."""
    return sha256("".join(part.model_dump_json() for part in parts).encode()).hexdigest()[:32]
