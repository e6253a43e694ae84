"""What the pages of panels share: who sees which cases."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from chassis.typesetting import Typesetter
from chassis.web.look import Look
from chassis.web.people import Person, signed_in
from chassis.web.problems import Problem
from services.panels import storage
from services.panels.documents import TEMPLATES
from services.panels.domain.cases.case import Case
from services.panels.domain.duties import named, roles_in_words
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import Action, Named, Subject, may, panels_of
from services.panels.replanning import Planning
from services.panels.web.aside import not_for

Seeing = Annotated[Person, Depends(signed_in("case:see"))]
Completing = Annotated[Person, Depends(signed_in("case:complete"))]
Coordinating = Annotated[Person, Depends(signed_in("case:coordinate"))]
Deciding = Annotated[Person, Depends(signed_in("case:decide"))]
Figuring = Annotated[Person, Depends(signed_in("figures:see"))]
Chairing = Annotated[Person, Depends(signed_in("case:chair"))]
Answering = Annotated[Person, Depends(signed_in("case:answer"))]
#: Whoever may do one of these has a case before them for more than a sitting.
_WORKS_ON_CASES: tuple[Action, ...] = ("case:complete", "case:coordinate", "case:decide")
#: In the address of whoever wanted to do what cannot be done any more, as after going back in the browser.
LATE = "late"


@dataclass(frozen=True, slots=True)
class Desk:
    """What each page is made from."""

    running: Running
    book: PanelBook
    look: Look
    planning: Planning
    typesetter: Typesetter = field(default_factory=lambda: Typesetter(TEMPLATES))

    @property
    def now(self) -> datetime:
        """The present instant of business time."""
        return self.running.clock.now()

    @property
    def today(self) -> date:
        """The present day."""
        return london_date(self.now)

    @property
    def named(self) -> Named:
        """Who today's panels name for what."""
        return named(self.book, self.today)

    def panels_of(self, person: Person, action: Action) -> frozenset[str] | None:
        """The panels to whose cases this person may do ``action``; None is all of them."""
        return panels_of(person, action, self.named)

    async def open(
        self, conn: Connection, person: Person, cases: Sequence[Case], action: Action = "case:see"
    ) -> list[Case]:
        """Those of the cases to which this person may do ``action``."""
        return await open_to(self.running, conn, person, cases, action, self.named)

    async def case(self, conn: Connection, person: Person, case_id: str, action: Action = "case:see") -> Case:
        """One case. Raises Problem 404 where there is none that this person may see, 403 where they may only see it."""
        found = await storage.cases_by_id(conn, [case_id])
        if not await _allowed(self.running, conn, person, found, "case:see", {}):
            raise Problem(404, "unknown-case", "There is no such case among those that you may see.")
        if not await self.open(conn, person, found):
            raise Problem(403, "stands-aside", "You stand aside for this case: what is in it is not for you.")
        if not await self.open(conn, person, found, action):
            raise Problem(
                403, "not-allowed", f"You may read this case. {self.who_may(action, found[0].panel)}"
            )
        return found[0]

    def who_may(self, action: Action, panel: str) -> str:
        """A sentence for whoever may not."""
        return f"Who may do this at its panel: {roles_in_words(action, panel, self.named)}."

    def sees_panel(self, person: Person, panel: str, action: Action = "case:see") -> bool:
        """Whether this person has to do with a panel."""
        return may(person, action, Subject(panel), self.named)


async def open_to(
    running: Running,
    conn: Connection,
    person: Person,
    cases: Sequence[Case],
    action: Action = "case:see",
    known: Named | None = None,
) -> list[Case]:
    """Those of the cases to which this person may do ``action``, and for which they do not stand aside.

    ``known`` is who the panels name for what; it matters to what `domain.duties` names.
    """
    found = await _allowed(running, conn, person, cases, action, known or {})
    as_member = [case for case in found if not _works_on(person, case)]
    if not as_member:
        return found
    shut = await not_for(conn, person.id, as_member, london_date(running.clock.now()))
    return [case for case in found if case.case_id not in shut]


async def _allowed(
    running: Running,
    conn: Connection,
    person: Person,
    cases: Sequence[Case],
    action: Action,
    named: Named,
) -> list[Case]:
    known = await storage.subjects(conn, cases, running.clock.now())
    return [case for case, subject in known if may(person, action, subject, named)]


def _works_on(person: Person, case: Case) -> bool:
    """Whether this person is concerned with a case as more than a member of its panel."""
    return any(may(person, action, Subject(case.panel)) for action in _WORKS_ON_CASES)
