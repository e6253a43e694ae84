"""What the tests of panels share: a book of panels, events as the referrals service says them, a bench."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from chassis.testing import Bench
from schemas.case_records_v1 import CaseRecorded, SittingRecorded
from schemas.envelope import Event
from schemas.panel_papers_v1 import PlacementPapers, SittingPapers
from schemas.personal_v1 import CasePapers
from schemas.referrals_v1 import PlacementAsk, ReferralRouted
from services.panels import handlers
from services.panels.domain.cases.case import CASE, Case, case_id_of
from services.panels.domain.commands import (
    ConfirmSitting,
    IssueDecision,
    RecordRecommendation,
    ScheduleSitting,
)
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.sitting import SITTING, Sitting, wanted
from services.panels.panel_files import read_book
from services.panels.planning.asked import PlanCase, PlanSitting

BOOK = read_book()
MONDAY = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
THURSDAY_5_MARCH = "placement-2026-03-05"
_NAMES = UUID(int=7)


def at(text: str) -> datetime:
    """An instant in UTC: ``2026-03-05 09:30``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_referral_id(n: int = 1) -> str:
    return str(uuid5(_NAMES, f"referral {n}"))


def a_routed_referral(n: int = 1, *, placement: PlacementAsk | None = None, **changes: Any) -> ReferralRouted:
    """A complete referral for the placement panel, due on 4 May 2026 unless ``placement`` says otherwise."""
    fields: dict[str, Any] = {
        "referral_id": a_referral_id(n),
        "reference": "4HW9-ZB6N-XCEB",
        "destination_kind": "placement-panel",
        "destination": "placement",
        "rule": "placement-panel",
        "routed_at": MONDAY,
        "answer_by": date(2026, 3, 2),
        "child_id": str(uuid5(_NAMES, f"child {n}")),
        "urn": "117215",
        "area": "DSPL7",
        "phase": "primary",
        "primary_need": "ASD",
        "placement": placement or an_ask(),
    }
    return ReferralRouted(**(fields | changes))


def an_ask(**changes: Any) -> PlacementAsk:
    """A complete draft plan whose request was received on 15 December 2025."""
    fields: dict[str, Any] = {
        "trigger": "draft-plan",
        "provision": "special-school",
        "request_received": date(2025, 12, 15),
        "draft_served": date(2026, 1, 28),
        "papers_complete": True,
    }
    return PlacementAsk(**(fields | changes))


def _own_record(fact: Event) -> bool:
    """Whether a fact is there so that the panels service knows something again, and for nobody else."""
    if isinstance(fact, CasePapers):
        return fact.reasons is None
    return isinstance(fact, CaseRecorded | SittingRecorded | SittingPapers | PlacementPapers)


class PanelsBench(Bench):
    """A bench with the panels' own rules and the sittings of the next months."""

    def __init__(self, now: datetime = MONDAY) -> None:
        super().__init__(handlers.build(BOOK), now)
        for sitting_id in wanted(BOOK, now):
            self.deliver(ScheduleSitting(sitting_id))
        self.said.clear()

    def deliver(self, message: object, kind: str | None = None) -> list[Event]:
        """As every bench; answers what is meant for others. What is the panels' own record is in ``said`` as well."""
        return [each for each in super().deliver(message, kind) if not _own_record(each)]

    @property
    def for_others(self) -> list[Event]:
        """What was said so far that is meant for others."""
        return [each for each in self.said if not _own_record(each)]

    def case(self, n: int = 1) -> Case:
        """The case of the n-th referral. Fails if there is none."""
        found = self.state(CASE, case_id_of(a_referral_id(n)))
        assert found is not None
        return found

    def sitting(self, sitting_id: str = THURSDAY_5_MARCH) -> Sitting:
        """A sitting. Fails if there is none."""
        found = self.state(SITTING, sitting_id)
        assert found is not None
        return found

    def open_cases(self, count: int = 1, **changes: Any) -> list[str]:
        """Opens the first ``count`` cases; answers their ids."""
        for n in range(1, count + 1):
            self.deliver(a_routed_referral(n, **changes))
        return [self.case(n).case_id for n in range(1, count + 1)]

    def confirm(self, *case_ids: str, sitting_id: str = THURSDAY_5_MARCH) -> None:
        """The co-ordinator confirms these cases, having seen the batch as it is."""
        seen = self.sitting(sitting_id).case_ids
        self.deliver(ConfirmSitting(sitting_id, case_ids, seen))

    def hear(self, case_id: str, sitting_id: str = THURSDAY_5_MARCH, **changes: Any) -> None:
        """The panel recommends a special school."""
        fields: dict[str, Any] = {
            "outcome": "agreed",
            "provision": "special-school",
            "reasons": "Needs a small class.",
        }
        self.deliver(RecordRecommendation(case_id, sitting_id, **(fields | changes)))

    def decide(self, case_id: str, **changes: Any) -> None:
        """The deciding officer issues the decision, as recommended unless ``changes`` say otherwise."""
        self.deliver(IssueDecision(case_id, "officer", **changes))

    def a_heard_case(self) -> str:
        """One case, listed for 5 March, heard there at 10 o'clock; answers its id."""
        (case_id,) = self.open_cases(1)
        self.confirm(case_id)
        self.advance(at("2026-03-05 10:00"))
        self.hear(case_id)
        return case_id

    def forget_panels(self) -> None:
        """From now on no file describes any panel: somebody took them away."""
        self.go_on_with(handlers.build(PanelBook((), BOOK.working)))


def a_plan_case(n: int = 1, **changes: Any) -> PlanCase:
    fields: dict[str, Any] = {
        "case_id": f"case-{n:04}",
        "panel": "placement",
        "area": "DSPL1",
        "phase": "primary",
        "need": "ASD",
        "provision": "special-school",
        "urgent": False,
        "due_on": date(2026, 4, 1),
        "opened_at": at("2026-02-02 09:00"),
        "complete_at": at("2026-02-02 09:00"),
    }
    return PlanCase(**(fields | changes))


def a_plan_sitting(sits_on: date, **changes: Any) -> PlanSitting:
    slot = BOOK.slot(f"placement-{sits_on}")
    panel = BOOK.at("placement", sits_on)
    assert slot is not None
    assert panel is not None
    fields: dict[str, Any] = {
        "sitting_id": slot.sitting_id,
        "panel": "placement",
        "sits_on": sits_on,
        "papers_close_at": slot.papers_close_at,
        "capacity": 12,
        "remit": panel.remit,
    }
    return PlanSitting(**(fields | changes))
