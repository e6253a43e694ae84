"""The scripted panel co-ordinator, who holds the month's sittings, and the officer who decides."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from chassis.calendar import at, london_date
from deploy.demo.agenda import CO_ORDINATOR, OFFICER, Agenda
from deploy.demo.api import Api
from deploy.demo.by_time import MORNING
from deploy.demo.ledger import Ledger
from deploy.demo.month import PANEL, Month
from deploy.demo.planned import Planned
from services.panels.domain.panels.sittings_calendar import Slot

_COLLECTS_AT = time(10)
_ANSWERS_AT = time(16)
_CONFIRMS_AT = (time(11), time(16))
_TRIES = 3  # where the plan changes between a look at it and its acceptance
_CHANGED_MEANWHILE = ("plan-changed", "changed-meanwhile", "agenda-changed")
_DECIDES_AT = time(10)
_DECIDES_AFTER = 2  # working days after the sitting
_PAPERS_TAKE = 2  # working days until the co-ordinator has what a case lacks
_DEFERRED_SHARE = 0.04
_DEFERRED_DAYS = 7
_OUTCOMES = ("agreed", "not-agreed", "more-information")
_OUTCOME_WEIGHTS = (78, 15, 7)
_REASONS = {
    "agreed": "The panel was shown that the need cannot be met in the present setting.",
    "not-agreed": "The present setting, with the support in the plan, can meet the need.",
    "more-information": "The panel could not judge the need without a newer report.",
}


@dataclass
class Held:
    """One sitting as it went."""

    sitting_id: str
    sits_on: date
    capacity: int
    waited: list[int]
    deferred: int = 0

    @property
    def cases(self) -> int:
        """How many cases were before it."""
        return len(self.waited)


class Coordinator:
    """Collects what is missing, accepts the plan, records what each sitting recommends."""

    def __init__(
        self, month: Month, agenda: Agenda, ledger: Ledger, panel: Api, officer: Api, seed: int
    ) -> None:
        """``panel`` and ``officer`` are the callers on whose behalf it acts."""
        self._month, self._agenda, self._ledger = month, agenda, ledger
        self._panel, self._officer, self._random = panel, officer, Random(seed)
        self._next_on: dict[str, date] = {}
        self._told_next: dict[str, date] = {}
        self._looked = london_date(month.starts)
        self.held: list[Held] = []
        self.planned = Planned()
        self.decisions: dict[str, int] = dict.fromkeys(_OUTCOMES, 0)

    def plan(self) -> None:
        """Put the month's work on the agenda."""
        for day in self._month.all_days:
            self._agenda.add(at(day, _COLLECTS_AT), CO_ORDINATOR, self._collect)
            self._agenda.add(at(day, _ANSWERS_AT), CO_ORDINATOR, lambda now: self._answer_late())
        for slot in self._month.sittings:
            self._plan_sitting(slot)

    def _plan_sitting(self, slot: Slot) -> None:
        for hour in _CONFIRMS_AT:
            moment = at(london_date(slot.papers_close_at), hour)
            self._agenda.add(moment, CO_ORDINATOR, lambda now: self._confirm(slot.sitting_id))
        self._agenda.add(slot.sits_at, CO_ORDINATOR, lambda now: self._hold(slot, now))
        decides = at(self._month.working.add(slot.sits_on, _DECIDES_AFTER), _DECIDES_AT)
        self._agenda.add(decides, OFFICER, lambda now: self._decide(slot.sitting_id))

    async def _collect(self, now: datetime) -> None:
        """Supply what cases lack: two working days after they came, or on the day that a deferral named."""
        today = london_date(now)
        await self._lost(today)
        async for case in self._panel.cases("incomplete,deferred"):
            opened = london_date(datetime.fromisoformat(case["opened_at"]))
            ready = self._next_on.get(case["case_id"]) or self._month.working.add(opened, _PAPERS_TAKE)
            if ready <= today:
                await self._complete(case, opened)

    async def _lost(self, today: date) -> None:
        """Whose legal date has passed since the last look, and who had no other date: they hear that we are sorry."""
        async for case in self._panel.cases("queued,incomplete"):
            due = date.fromisoformat(case["due_on"]) if case["due_on"] else today
            if self._looked <= due < today and self._told_next.get(case["reference"]) != due:
                self._ledger.told_by_time(case["reference"], "apology.decision")
        self._looked = today

    async def _answer_late(self) -> None:
        """What schools asked for after papers had closed is done."""
        waiting = await self._panel.get("panels", "/api/to-decide")
        for case in waiting["cases"]:
            for raised in case["to_decide"]:
                path = f"/api/cases/{case['case_id']}/raised/{raised['id']}"
                await self._panel.post("panels", path, {"accepted": True})

    async def _complete(self, case: dict[str, Any], opened: date) -> None:
        body: dict[str, Any] = {"papers_complete": True}
        if "statutory-dates" in case["missing"]:
            body["review_meeting"] = (opened - timedelta(days=5)).isoformat()
        await self._panel.post("panels", f"/api/cases/{case['case_id']}/complete", body)

    async def _confirm(self, sitting_id: str) -> None:
        """Accepts what the plan has for a sitting, and each change of a date that a family knows, saying yes to it."""
        for _ in range(_TRIES):
            found = await self._panel.get("panels", f"/api/panels/{PANEL}/plan")
            wanted = [each for each in found["changes"] if each["told"] or each["to"] == sitting_id]
            if not wanted:
                return
            body = {
                "seen": found["plan"]["digest"],
                "case_ids": [each["case_id"] for each in wanted],
                "told_ok": [each["case_id"] for each in wanted if each["told"]],
            }
            path = f"/api/panels/{PANEL}/plan/accept"
            if done := await self._panel.post("panels", path, body, _CHANGED_MEANWHILE):
                self.planned.saw(found["plan"], done)
                self._told_of(done, {each["case_id"]: each["reference"] for each in wanted})
                return

    def _told_of(self, done: dict[str, Any], references: dict[str, str]) -> None:
        """Each family hears once of what became of its date."""
        for what, fact in (("listed", "case.listed"), ("moved", "case.moved"), ("unlisted", "case.unlisted")):
            for case_id in done[what]:
                self._ledger.told(references[case_id], fact)
                self._told_next.pop(references[case_id], None)

    async def look_back(self) -> None:
        """Notes which cases wait for a sitting when the month is over."""
        async for case in self._panel.cases("queued,listed"):
            self.planned.heard(case, None)

    async def _hold(self, slot: Slot, now: datetime) -> None:
        sitting = await self._panel.get("panels", f"/api/sittings/{slot.sitting_id}")
        cases = [case for case in sitting["cases"] if case["state"] == "listed"]
        held = Held(
            slot.sitting_id, slot.sits_on, slot.capacity, [_waited(case, slot.sits_on) for case in cases]
        )
        self.held.append(held)
        self.planned.taken[slot.sits_on] += len(sitting["cases"]) - len(cases)
        for case in cases:
            self.planned.heard(case, slot.sits_on)
            if not case["deferrals"] and self._random.random() < _DEFERRED_SHARE:
                held.deferred += 1
                await self._defer(case, slot, now)
            else:
                await self._recommend(case, slot.sitting_id)

    async def _defer(self, case: dict[str, Any], slot: Slot, now: datetime) -> None:
        next_on = self._month.working.next_working_day(london_date(now) + timedelta(days=_DEFERRED_DAYS))
        body = {
            "sitting_id": slot.sitting_id,
            "missing": ["health-advice"],
            "owner": "health",
            "next_on": next_on.isoformat(),
            "reason": "The panel cannot tell what the child needs in class without the health advice.",
        }
        await self._panel.post("panels", f"/api/cases/{case['case_id']}/defer", body)
        self._next_on[case["case_id"]] = next_on
        self._ledger.told(case["reference"], "case.deferred")
        self._told_next[case["reference"]] = next_on
        self._late(case["reference"], "apology.decision", next_on)

    async def _recommend(self, case: dict[str, Any], sitting_id: str) -> None:
        outcome = self._random.choices(_OUTCOMES, _OUTCOME_WEIGHTS)[0]
        body = {"sitting_id": sitting_id, "outcome": outcome, "reasons": _REASONS[outcome]}
        if outcome == "agreed":
            body["provision"] = case["provision"] or "special-school"
        await self._panel.post("panels", f"/api/cases/{case['case_id']}/recommendation", body)

    async def _decide(self, sitting_id: str) -> None:
        async for case in self._officer.cases("heard"):
            if case["sitting_id"] == sitting_id:
                path = f"/api/cases/{case['case_id']}/decision"
                decided = await self._officer.post("panels", path, {})
                assert decided is not None
                self.decisions[decided["outcome"]] += 1
                self._ledger.told(case["reference"], "decision.issued")
                if decided["outcome"] == "agreed":  # a place or support is to be found, and here nobody does
                    self._told_next[case["reference"]] = by = date.fromisoformat(decided["next_step_by"])
                    self._late(case["reference"], "apology.step", by)

    def _late(self, reference: str, fact: str, promised: date) -> None:
        """The morning after the day that the family was promised it hears that we are sorry, if it still holds."""

        async def missed(now: datetime) -> None:
            withdrawn = any(told == "case.withdrawn" for _, told in self._ledger.heard[reference])
            if self._told_next.get(reference) == promised and not withdrawn:
                self._ledger.told_by_time(reference, fact)

        self._agenda.add(at(promised + timedelta(days=1), MORNING), OFFICER, missed)


def _waited(case: dict[str, Any], sits_on: date) -> int:
    """Days from the opening of the case to its sitting."""
    return (sits_on - london_date(datetime.fromisoformat(case["opened_at"]))).days
