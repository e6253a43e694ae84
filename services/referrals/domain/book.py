"""What the rules look up: data files, the calendar, the maker of ids."""

from dataclasses import dataclass
from datetime import date

from services.referrals.domain.identity import Ids
from services.referrals.domain.register.places import Register
from services.referrals.domain.routing.rules import Routing
from services.referrals.domain.routing.teams import Destinations, Support, WorkingDays


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that the rules look up and that no event brings: data files, calendar, the maker of ids.

    A referral of the same child to the same destination within ``repeats_within_days`` is a likely duplicate.
    """

    register: Register
    destinations: Destinations
    routing: Routing
    days: WorkingDays
    ids: Ids
    support: tuple[Support, ...] = ()
    #: Working days within which Ask SALI answers a question.
    sali_answers_within: int = 2
    repeats_within_days: int = 60

    def turn(self, day: date) -> None:
        """From now on areas and destinations are as they are on this day."""
        self.register.turn(day)
        self.destinations.turn(day)
