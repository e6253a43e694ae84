"""Teams that work on their referrals, and schools that take some back."""

from datetime import datetime, time
from random import Random

from chassis.calendar import at, london_date
from deploy.demo.agenda import TEAMS, Agenda
from deploy.demo.api import Api
from deploy.demo.arrivals import Arrival
from deploy.demo.ledger import Ledger
from deploy.demo.month import Month
from deploy.demo.names import ADVICE

_HOUR = time(15)
_CONCLUDED_AFTER = 4  # working days after it was accepted
_OUTCOMES = ("strategies-agreed", "training-given", "in-reach-arranged", "step-up-advised")
_RETURNED = ("advice-given", "more-evidence-needed", "other-service-fits-better")
_WITHDRAWN = ("family-asked", "moved-away", "needs-met", "sent-in-error")


class Teams:
    """Does with each referral what its fate says, some working days after it came."""

    def __init__(
        self, month: Month, agenda: Agenda, ledger: Ledger, team: Api, school: Api, seed: int
    ) -> None:
        """``team`` and ``school`` are the callers on whose behalf it acts."""
        self._month, self._agenda, self._ledger = month, agenda, ledger
        self._team, self._school, self._random = team, school, Random(seed)

    def expect(self, arrival: Arrival) -> None:
        """Put on the agenda what becomes of this form, should it be taken."""
        if arrival.refused or arrival.fate == "waits":
            return
        self._after(arrival, arrival.fate_after_days)

    def _after(self, arrival: Arrival, days: int) -> None:
        day = self._month.working.add(london_date(arrival.at), days)
        self._agenda.add(at(day, _HOUR), TEAMS, lambda now: self._act(arrival, now))

    async def _act(self, arrival: Arrival, now: datetime) -> None:
        reference = self._ledger.taken.get(arrival.id)
        if reference is None:
            return  # wrongly refused: the ledger has that already
        if arrival.fate == "withdrawn":
            await self._withdraw(arrival, reference)
        elif arrival.fate == "returned":
            body = {"reason": self._random.choice(_RETURNED), "advice": self._random.choice(ADVICE)}
            await self._team.post("referrals", f"/api/referrals/{reference}/return", body)
            self._ledger.told(reference, "referral.returned")
        else:
            await self._team.post("referrals", f"/api/referrals/{reference}/accept", {})
            self._ledger.told(reference, "referral.accepted")
            if arrival.fate == "concluded":
                day = self._month.working.add(london_date(now), _CONCLUDED_AFTER)
                self._agenda.add(at(day, _HOUR), TEAMS, lambda now: self._conclude(reference, now))

    async def _conclude(self, reference: str, now: datetime) -> None:
        review = self._month.working.add(london_date(now), 30)
        body = {
            "outcome": self._random.choice(_OUTCOMES),
            "review_on": review.isoformat(),
            "advice": self._random.choice(ADVICE),
        }
        await self._team.post("referrals", f"/api/referrals/{reference}/conclude", body)
        self._ledger.told(reference, "referral.concluded")

    async def _withdraw(self, arrival: Arrival, reference: str) -> None:
        """Of a panel's case the panel tells; a case that was decided meanwhile stays as it is."""
        body = {"reason": self._random.choice(_WITHDRAWN)}
        done = await self._school.post("referrals", f"/api/referrals/{reference}/withdraw", body, ("ended",))
        if done is not None:
            fact = "case.withdrawn" if arrival.asks_for == "placement" else "referral.withdrawn"
            self._ledger.told(reference, fact)
