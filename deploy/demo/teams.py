"""Teams that work on their referrals, and schools that answer them, and take some back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random
from typing import Any

from chassis.calendar import at, london_date
from deploy.demo import names
from deploy.demo.agenda import TEAMS, Agenda
from deploy.demo.api import Api
from deploy.demo.arrivals import Arrival
from deploy.demo.by_time import MORNING, reminded_on
from deploy.demo.fates import Fate
from deploy.demo.ledger import Ledger
from deploy.demo.month import Month

_HOUR = time(15)
_VISIT_REMINDED, _REVIEW_REMINDED = 2, 7  # days before
# All in working days.
_CONCLUDED_AFTER = 4
_VISITED_AFTER = 3
_SCHOOL_TAKES = (1, 4)
_READ_AGAIN_AFTER = (1, 3)
_QUESTION_OPEN = 5
_REVIEWED_AFTER = (5, 30, 30)
_OUTCOMES = ("strategies-agreed", "training-given", "in-reach-arranged", "step-up-advised")
_RETURNED = ("advice-given", "more-evidence-needed", "other-service-fits-better")
_WITHDRAWN = ("family-asked", "moved-away", "needs-met", "sent-in-error")
_VISITS = ("outreach-visit", "outreach-visit", "in-reach", "training")
_HELP = ("yes", "yes", "partly", "no")
_PROVISIONS = ("special-school", "specialist-resource-provision")
_MET = timedelta(days=5)  # before it is stepped up, the annual review met


@dataclass(frozen=True)
class _Case:
    """A referral that was taken, and what is to become of it."""

    arrival: Arrival
    reference: str

    @property
    def fate(self) -> Fate:
        return self.arrival.fate


_Deed = Callable[[_Case, datetime], Awaitable[None]]


class Teams:
    """Does with each referral what its fate says, some working days after it came."""

    def __init__(
        self, month: Month, agenda: Agenda, ledger: Ledger, team: Api, school: Api, seed: int
    ) -> None:
        """``team`` and ``school`` are the callers on whose behalf it acts."""
        self._month, self._agenda, self._ledger = month, agenda, ledger
        self._team, self._school, self._random = team, school, Random(seed)
        self._reviewed_after = cycle(_REVIEWED_AFTER)
        self._first: Mapping[Fate, _Deed] = {
            "withdrawn": self._withdraw,
            "returned": self._give_back,
            "amended": self._give_back,
            "asked": self._ask,
        }

    def expect(self, arrival: Arrival) -> None:
        """Put on the agenda what becomes of this form, should it be taken."""
        if arrival.refused or arrival.fate == "waits":
            return
        day = self._later(london_date(arrival.at), arrival.fate_after_days)
        self._agenda.add(at(day, _HOUR), TEAMS, lambda now: self._begin(arrival, now))

    async def _begin(self, arrival: Arrival, now: datetime) -> None:
        reference = self._ledger.taken.get(arrival.id)
        if reference is None:
            return  # wrongly refused: the ledger has that already
        await self._first.get(arrival.fate, self._accept)(_Case(arrival, reference), now)

    # -- the team's first word, and the school's --------------------------------------------------------

    async def _give_back(self, case: _Case, now: datetime) -> None:
        body = {"reason": self._random.choice(_RETURNED), "advice": self._random.choice(names.ADVICE)}
        await self._do(self._team, case, "return", body, "returned", now)
        self._ledger.told(case.reference, "referral.returned")
        if case.fate == "amended":
            self._then(self._amend, case, now, self._random.randint(*_SCHOOL_TAKES))

    async def _amend(self, case: _Case, now: datetime) -> None:
        body = {
            "narrative": self._random.choice(names.AMENDED),
            "reason": "The advice was put into practice.",
        }
        await self._do(self._school, case, "amend", body, "amended", now)
        self._then(self._accept, case, now, self._random.randint(*_READ_AGAIN_AFTER))

    async def _ask(self, case: _Case, now: datetime) -> None:
        by = self._later(london_date(now), _QUESTION_OPEN)
        body = {"question": self._random.choice(names.QUESTIONS), "by_day": by.isoformat()}
        await self._do(self._team, case, "ask", body, "asked", now)
        self._then(self._answer, case, now, self._random.randint(*_SCHOOL_TAKES))

    async def _answer(self, case: _Case, now: datetime) -> None:
        body = {"words": self._random.choice(names.ANSWERS)}
        await self._do(self._school, case, "answer", body, "answered", now)
        self._then(self._accept, case, now, self._random.randint(*_READ_AGAIN_AFTER))

    async def _accept(self, case: _Case, now: datetime) -> None:
        await self._do(self._team, case, "accept", {}, "accepted", now)
        self._ledger.told(case.reference, "referral.accepted")
        if case.arrival.asks_for == "outreach":
            await self._arrange_visit(case, now)
        elif case.fate == "concluded":
            self._then(self._conclude, case, now, _CONCLUDED_AFTER)

    # -- the work ---------------------------------------------------------------------------------------

    async def _arrange_visit(self, case: _Case, now: datetime) -> None:
        on = self._later(london_date(now), _VISITED_AFTER)
        body = {
            "kind": self._random.choice(_VISITS),
            "on": on.isoformat(),
            "who": self._random.choice(names.VISITORS),
        }
        answered = await self._do(self._team, case, "visits", body, "visit-arranged", now)
        self._ledger.told(case.reference, "visit.arranged")
        self._remind(case, "reminder.visit", reminded_on(on, _VISIT_REMINDED, now))
        visit = answered["visit_id"]
        self._agenda.add(at(on, _HOUR), TEAMS, lambda now: self._visited(case, visit, now))

    async def _visited(self, case: _Case, visit: str, now: datetime) -> None:
        body = {"visit_id": visit, "on": london_date(now).isoformat()}
        await self._do(self._team, case, "visits/done", body, "visit-done", now)
        if case.fate == "concluded":
            self._then(self._conclude, case, now, 1)
        elif case.fate == "stepped":
            self._then(self._step_up, case, now, 1)

    async def _step_up(self, case: _Case, now: datetime) -> None:
        asked = {
            "provision": self._random.choice(_PROVISIONS),
            "review_meeting": (london_date(now) - _MET).isoformat(),
            "papers_complete": True,
        }
        body = {"direction": "up", "asks_for": "placement", "reason": names.WHY_UP, "placement": asked}
        answered = await self._team.post("referrals", f"/api/referrals/{case.reference}/step", body)
        assert answered is not None
        self._ledger.goes_on(case.reference, answered["next_reference"], now)

    # -- the end ----------------------------------------------------------------------------------------

    async def _conclude(self, case: _Case, now: datetime) -> None:
        review = self._later(london_date(now), next(self._reviewed_after))
        action = {
            "what": self._random.choice(names.ADVICE),
            "who": "The class teacher",
            "by": review.isoformat(),
        }
        body = {
            "outcome": self._random.choice(_OUTCOMES),
            "review_on": review.isoformat(),
            "advice": self._random.choice(names.ADVICE),
            "actions": [action],
        }
        await self._do(self._team, case, "conclude", body, "concluded", now)
        self._ledger.told(case.reference, "referral.concluded")
        self._remind(case, "reminder.review", reminded_on(review, _REVIEW_REMINDED, now))
        self._agenda.add(at(review, MORNING), TEAMS, lambda now: self._review_is_due(case))
        self._agenda.add(at(review, _HOUR), TEAMS, lambda now: self._review(case, now))

    def _remind(self, case: _Case, fact: str, when: datetime | None) -> None:
        """Nobody does anything then, either."""

        async def reminded(now: datetime) -> None:
            self._ledger.told_by_time(case.reference, fact)

        if when is not None:
            self._agenda.add(when, TEAMS, reminded)

    async def _review_is_due(self, case: _Case) -> None:
        """Nobody does anything: the clock has told the family."""
        self._ledger.told(case.reference, "review.due")

    async def _review(self, case: _Case, now: datetime) -> None:
        body = {"helped": self._random.choice(_HELP), "words": self._random.choice(names.HELPED)}
        await self._do(self._school, case, "review", body, "reviewed", now)

    async def _withdraw(self, case: _Case, now: datetime) -> None:
        """Of a panel's case the panel tells; a case that was decided meanwhile stays as it is."""
        body = {"reason": self._random.choice(_WITHDRAWN)}
        path = f"/api/referrals/{case.reference}/withdraw"
        if await self._school.post("referrals", path, body, ("ended",)) is None:
            return
        if case.arrival.asks_for == "placement":
            self._ledger.told(case.reference, "case.withdrawn")
        else:
            self._ledger.did(case.reference, "withdrawn", now)
            self._ledger.told(case.reference, "referral.withdrawn")

    # -- what all share ---------------------------------------------------------------------------------

    async def _do(
        self, who: Api, case: _Case, act: str, body: dict[str, Any], what: str, now: datetime
    ) -> dict[str, Any]:
        """One act of a team or a school, which has to succeed; what it was answered."""
        answered = await who.post("referrals", f"/api/referrals/{case.reference}/{act}", body)
        assert answered is not None
        self._ledger.did(case.reference, what, now)
        return answered

    def _then(self, deed: _Deed, case: _Case, now: datetime, days: int) -> None:
        day = self._later(london_date(now), days)
        self._agenda.add(at(day, _HOUR), TEAMS, lambda now: deed(case, now))

    def _later(self, day: date, days: int) -> date:
        return self._month.working.add(day, days)
