"""How a case loses its date: its sitting does not hear it after all, and it waits for another one."""

from datetime import datetime

from chassis.decision import Decision
from schemas.children_v1 import ChildDied
from schemas.panels_v1 import CaseUnlisted
from services.panels.domain.cases.case import Case, UnlistReason


def unlisted(case: Case, reason: UnlistReason, now: datetime) -> Decision[Case]:
    """A listed case is back in its queue; nothing of its papers or its legal dates changes.

    Where the child has died the fact is quiet: it may reach whoever tells families before the death does.
    """
    assert case.listing is not None
    told = CaseUnlisted(
        case_id=case.case_id,
        referral_id=case.referral_id,
        panel=case.panel,
        sitting_id=case.listing.sitting_id,
        sits_on=case.listing.sits_on,
        reason=reason,
        unlisted_at=now,
        due_on=case.due_on,
        quiet=case.died_at is not None,
    )
    return Decision(case.moved_to("queued", now, listing=None), (told,))


def child_died(case: Case | None, event: ChildDied, now: datetime) -> Decision[Case]:
    """The child has died: a case that is listed loses its place, and a person settles it. The family hears nothing."""
    if case is None or case.died_at is not None:
        return Decision()
    noted = case.noted("child-died", now, died_at=event.noted_at)
    return unlisted(noted, "withdrawn", now) if noted.status == "listed" else Decision(noted)
