"""How a case enters the queue and leaves it again."""

from collections.abc import Mapping
from datetime import datetime

from chassis.calendar import london_date
from chassis.decision import Changes, Decision, Refused, World
from schemas.children_v1 import ChildMoved
from schemas.panels_v1 import CaseOpened, CaseWithdrawn, MissingItem
from schemas.referrals_v1 import PlacementAsk, ReferralRoutedV2
from services.panels.domain.cases.case import (
    CASE,
    Case,
    PanelKind,
    Withdrawal,
    as_seen,
    case_id_of,
    due_on,
    still_missing,
)
from services.panels.domain.cases.homes import Home, Subject, home
from services.panels.domain.commands import WithdrawCase
from services.panels.domain.heard import CHILD
from services.panels.domain.legal.clocks import Dates
from services.panels.domain.panels.sittings_calendar import PanelBook

#: A referral without placement details came from a school; the rest is still to be found out.
_NOTHING_KNOWN = PlacementAsk(trigger="school-referral", provision="other")
#: What kind of panel each kind of destination is; there are destinations that are none.
KINDS: Mapping[str, PanelKind] = {"placement-panel": "placement", "high-needs-funding": "high-needs-funding"}


def open_case(book: PanelBook, world: World, event: ReferralRoutedV2, now: datetime) -> Changes:
    """A referral was routed to a panel: its case stands in the queue of the one whose remit it is within.

    Where there is none it stands in the list of cases that no panel hears, with the reason.
    """
    kind = KINDS.get(event.destination_kind)
    if kind is None:
        return Changes()
    case_id = case_id_of(event.referral_id)
    if world.get(CASE, case_id) is not None:
        return Changes()
    provision = event.placement.provision if event.placement else None
    about = Subject(event.area, event.phase, event.primary_need, provision)
    found = home(book, kind, event.destination, about, london_date(now))
    case = _opened(case_id, kind, found, event, book, now)
    if (child := world.get(CHILD, event.child_id)) is not None and child.died_at is not None:
        case = case.noted("child-died", now, died_at=child.died_at)
    opened = CaseOpened(
        case_id=case_id,
        referral_id=case.referral_id,
        panel=case.panel,
        trigger=case.trigger,
        urgent=case.urgent,
        opened_at=now,
        due_on=case.due_on,
        complete=case.status == "queued",
    )
    return Changes({CASE.at(case_id): Decision(case, (opened,))})


def _opened(
    case_id: str, kind: PanelKind, found: Home, event: ReferralRoutedV2, book: PanelBook, now: datetime
) -> Case:
    ask, panel = event.placement or _NOTHING_KNOWN, found.panel
    # What a panel of its kind wants to see is missing, whichever of them hears it in the end.
    asking = panel or next((each for each in book.panels if each.kind == kind), None)
    papers: tuple[MissingItem, ...] = () if ask.papers_complete or asking is None else asking.papers.required
    case = Case(
        case_id=case_id,
        referral_id=event.referral_id,
        reference=event.reference,
        panel=panel.code if panel else event.destination,
        kind=kind,
        no_panel=found.why_not,
        promised_by=event.answer_by if kind == "high-needs-funding" else None,
        child_id=event.child_id,
        urn=event.urn,
        area=event.area,
        phase=event.phase,
        need=event.primary_need,
        provision=event.placement.provision if event.placement else None,
        trigger=ask.trigger,
        urgent=ask.urgent,
        need_by=ask.need_by,
        personal_budget=ask.personal_budget,
        restricted=event.restricted,
        dates=Dates(
            request_received=ask.request_received,
            draft_served=ask.draft_served,
            review_meeting=ask.review_meeting,
        ),
        missing=papers,
        opened_at=now,
        due_on=None,
        status="incomplete",
    )
    return weighed(case, papers, book, now)


def weighed(case: Case, papers: tuple[MissingItem, ...], book: PanelBook, now: datetime) -> Case:
    """The case with its due date and what is still missing; queued once nothing is."""
    due = due_on(case, book.working)
    missing = still_missing(papers, dated=due is not None)
    case = case.model_copy(update={"due_on": due, "missing": missing})
    if missing:
        return case if case.history else case.moved_to(case.status, now)
    return case.moved_to("queued", now, complete_at=now)


def withdraw_case(case: Case | None, command: WithdrawCase, now: datetime) -> Decision[Case]:
    """A person withdraws the case. Raises Refused once it is decided or withdrawn, or not as it was seen."""
    case = as_seen(case, command.seen)
    if case.status in ("decided", "withdrawn"):
        raise Refused("case-not-open", f"The case is {case.status}: it cannot be withdrawn any more.")
    return withdrawn(case, Withdrawal(reason=command.reason, at=now), now)


def child_moved(case: Case | None, event: ChildMoved, now: datetime) -> Decision[Case]:
    """The child is at another school: whoever belongs to that one stands aside from now on."""
    if case is None:
        return Decision()
    return Decision(case.model_copy(update={"urn": event.urn, "area": event.area}))


def withdrawn(case: Case, withdrawal: Withdrawal, now: datetime) -> Decision[Case]:
    """The case has left the queue, and school and family are told."""
    after = case.moved_to("withdrawn", now, withdrawal=withdrawal)
    told = CaseWithdrawn(
        case_id=case.case_id, referral_id=case.referral_id, reason=withdrawal.reason, withdrawn_at=now
    )
    return Decision(after, (told,), answer={"case_id": case.case_id, "state": "withdrawn"})
