"""The plan in words: which queued case is heard at which open sitting, and why, or why not yet. Pure.

``planning`` finds the best plan and proves it; here it is told. What both need takes 26 MB of memory: import this
module only when there is something to plan.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.calendar import london_date
from chassis.english import in_words, listed, with_weekday
from services.panels.planning.asked import PlanCase, PlanSitting, cause
from services.panels.planning.best import best
from services.panels.planning.order import ORDER, Level
from services.panels.planning.outcome import Listing, Plan, Unlisted
from services.panels.planning.question import Question
from services.panels.planning.reasons import Exchanges

_FULL_WITH: dict[Level | None, str] = {
    "urgent": "urgent cases",
    "listed": "cases that no other sitting could hear",
    "legal": "cases whose legal date would be missed",
    "late": "cases that would be later still",
    "wait": "cases that came before it",
    "fair": "cases that came before it",
    "stay": "cases whose families know that date",
    "turn": "cases that came before it",
    "settle": "cases that came at the same time",
    None: "cases that cannot give up their place to it",
}


def plan(cases: Iterable[PlanCase], sittings: Iterable[PlanSitting], order: Sequence[Level] = ORDER) -> Plan:
    """The best plan, in the order of the levels; the same cases and sittings, however given, get the same plan."""
    question = Question.of(cases, sittings)
    problem = question.problem
    solution = best(problem, order)
    exchanges = Exchanges(problem, solution)
    places = {int(problem.block_of[pair]): int(problem.session_of[pair]) for pair in solution.plan}
    listings: list[tuple[int, Listing]] = []
    unlisted: list[Unlisted] = []
    for number, block in enumerate(question.together):
        place = places.get(number)
        for case in block:
            told = _Teller(question, exchanges, number, case)
            if place is None:
                unlisted.append(Unlisted(case.case_id, told.why_not()))
            else:
                sitting_id = question.sittings[place].sitting_id
                listings.append((place, Listing(case.case_id, sitting_id, told.why(place))))
    listings.sort(key=lambda listed: listed[0])
    return Plan(tuple(listing for _, listing in listings), tuple(unlisted), solution.proofs)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says of one case why it is heard when it is."""

    question: Question
    exchanges: Exchanges
    number: int
    case: PlanCase

    def why(self, place: int) -> str:
        """For the sitting with this number."""
        chosen = self.question.sittings[place]
        since = in_words(london_date(self.case.complete_at))
        earlier = [s for s in self._hearing() if s < place]
        full = [s for s in earlier if self._open(s)]
        late = [s for s in earlier if self._cause(s) == "papers"]
        alone = len(self.question.together[self.number]) == 1
        room = "a place free" if alone else "room for them all"
        kind = f"the first sitting with {room}" if full else "the first sitting"
        parts = [
            f"Listed for {with_weekday(chosen.sits_on)}: {kind} after the papers were complete on {since}"
        ]
        if late:
            parts.append(
                f"papers for {with_weekday(self.question.sittings[late[-1]].sits_on)} had closed before"
            )
        if full:
            parts.append(self._full(full))
        if not alone:
            parts.append("brothers and sisters are heard together")
        return "; ".join([*parts, self._in_time(chosen)]) + "."

    def why_not(self) -> str:
        """What would list it."""
        hearing = self._hearing()
        if not hearing:
            return "No sitting that is planned hears such a case: a panel with a wider remit would list it."
        last = with_weekday(self.question.sittings[hearing[-1]].sits_on)
        if full := [s for s in hearing if self._open(s)]:
            return self._crowded_out(full)
        if self._cause(hearing[-1]) == "papers":
            since = in_words(london_date(self.case.complete_at))
            return (
                f"Its papers were complete on {since}, after papers closed for every planned sitting up to {last}: "
                "a later sitting would list it."
            )
        return (
            f"Too many members would stand aside at every planned sitting up to {last}: "
            "another member would list it."
        )

    def _crowded_out(self, full: Sequence[int]) -> str:
        last = with_weekday(self.question.sittings[full[-1]].sits_on)
        level = self.exchanges.full_for(self.number, full[-1])
        return (
            f"Every sitting up to {last} is full with {_FULL_WITH[level]}: an extra sitting, or a place given up, "
            f"would list it. It is due on {in_words(self.case.due_on)}."
        )

    def _full(self, full: Sequence[int]) -> str:
        level = self.exchanges.full_for(self.number, full[-1])
        return f"{_days([self.question.sittings[s] for s in full])} full with {_FULL_WITH[level]}"

    def _in_time(self, chosen: PlanSitting) -> str:
        what = "the day by which it is urgent or due" if self.case.urgent else "its due date"
        due = self.case.due_on
        when = "before" if chosen.sits_on < due else "on" if chosen.sits_on == due else "after"
        return f"this is {when} {what}, {in_words(due)}"

    def _hearing(self) -> list[int]:
        """The sittings that may hear such a case and are not locked."""
        return [s for s in range(len(self.question.sittings)) if self._cause(s) not in ("remit", "locked")]

    def _cause(self, sitting: int) -> str | None:
        return cause(self.case, self.question.sittings[sitting])

    def _open(self, sitting: int) -> bool:
        return sitting in self.question.problem.blocks[self.number].sessions


def _days(sittings: Sequence[PlanSitting]) -> str:
    days = [in_words(s.sits_on) for s in sittings]
    if len(days) == 1:
        return f"{days[0]} is"
    if len(days) <= 3:
        return f"{listed(days)} are"
    return f"the {len(days)} sittings from {days[0]} to {days[-1]} are"
