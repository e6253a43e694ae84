"""What of a panel's days waits for somebody: the entries of the start page, and what may be done with a case."""

from collections.abc import Mapping
from typing import Any

from chassis.calendar import london_date
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.people import Person
from chassis.web.start import Count, Task
from services.panels import storage, waiting_lists
from services.panels.domain.cases.case import Case, judgement
from services.panels.domain.day.chairs_action import asked, may_be_asked
from services.panels.domain.day.deferrals import escalated
from services.panels.domain.duties import named
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.permissions import Action, panels_of
from services.panels.web.day.correcting import corrects
from services.panels.web.desk import open_to
from services.panels.web.wording import judged_in_words

_CASES = ("case", "cases")


def tasks(running: Running, book: PanelBook) -> tuple[Task, ...]:
    """Decisions to issue, chair's actions to answer, what was escalated."""

    async def heard(conn: Connection, person: Person) -> int:
        of_all, others = await storage.number(conn, ["heard"], panels_of(person, "case:decide"))
        return of_all + len(await open_to(running, conn, person, others, "case:decide"))

    return (
        Task("Decisions to issue", "/decisions", "The panel has recommended; the authority decides.",
             "case:decide", "Decisions", heard, _CASES),
        Task("Chair’s action", "/chair-actions", "Urgent cases that cannot wait for a sitting.",
             "case:chair", "Chair’s action", _waiting(running, book, "case:chair"), _CASES),
        Task("Escalated", "/escalated", "Cases that a panel deferred again.",
             "case:answer", "Escalated", _waiting(running, book, "case:answer"), _CASES),
    )  # fmt: skip


def _waiting(running: Running, book: PanelBook, action: Action) -> Count:
    async def count(conn: Connection, person: Person) -> int:
        whom = waiting_lists.ANSWERS[action]
        known = named(book, london_date(running.clock.now()))
        found = await waiting_lists.waiting_for(conn, whom, panels_of(person, action, known))
        return len(await open_to(running, conn, person, found, action, known))

    return count


def followed(case: Case) -> dict[str, Any]:
    """What a case's page shows of chair's action, the authority's decision and corrections."""
    issued = case.decision
    decision = (
        {"at": issued.decided_at, "words": judged_in_words(judgement(issued)), "reasons": issued.reasons}
        if issued
        else None
    )
    return {
        "asked_of_chair": case.chair_action,
        "decision": decision,
        "corrections": [
            {
                "at": each.at,
                "of": each.of,
                "why": each.why,
                "before": judged_in_words(each.before),
                "before_reasons": each.before.reasons,
                "after": judged_in_words(each.after),
                "after_reasons": each.after.reasons,
            }
            for each in case.corrections
        ],
    }


def acts(book: PanelBook, case: Case, may: Mapping[Action, bool]) -> list[tuple[str, str]]:
    """What somebody may do with a case besides its own forms: (the last word of the address, what the link says)."""
    correction = corrects(book, case)
    found = [
        ("ask-chair", "Ask for chair’s action", may["case:coordinate"] and may_be_asked(case)),
        ("chair-action", "Answer for the chair’s action", may["case:chair"] and asked(case)),
        ("escalated", "Answer what was escalated", may["case:answer"] and escalated(case)),
        ("correct", "Correct a mistake", correction is not None and may[correction]),
    ]
    return [(code, title) for code, title, open_ in found if open_]
