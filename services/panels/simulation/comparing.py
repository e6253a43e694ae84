"""The same cases through several configurations, one beside the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from services.panels.simulation.arrival import Arrival
from services.panels.simulation.capacity import enough
from services.panels.simulation.listing import dates_first, due_first, first_come
from services.panels.simulation.measures import Outcome, measured
from services.panels.simulation.play import Rule, play
from services.panels.simulation.rooms import Configuration

By = Literal["rule", "planner", "first-come", "due-first"]
#: How the batches were chosen, in words that stand beside every result.
CHOSEN_BY: Mapping[By, str] = {
    "rule": "a fast rule that agrees with the planner where every case may go to every sitting of its panel",
    "planner": "the planner itself, anew for every sitting",
    "first-come": "first come, first heard, whatever the dates",
    "due-first": "urgent cases, then whoever is due first, late ones above all",
}

_LISTING: Mapping[By, Rule] = {"rule": dates_first, "first-come": first_come, "due-first": due_first}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Cases, configurations and a period, both of its days included. It can be sent to another process."""

    cases: Sequence[Arrival]
    configurations: Sequence[Configuration]
    first: int
    last: int
    by: By = "rule"

    @property
    def size(self) -> int:
        """How much there is to do: cases times configurations."""
        return len(self.cases) * len(self.configurations)


def outcome_of(scenario: Scenario, place: int) -> Outcome:
    """The figures of one of the configurations."""
    halls = scenario.configurations[place]
    course = play(scenario.cases, halls, scenario.first, scenario.last, rule_of(scenario.by))
    return measured(halls.name, course)


def compared(scenario: Scenario) -> list[Outcome]:
    """The figures of each configuration, in their order."""
    return [outcome_of(scenario, place) for place in range(len(scenario.configurations))]


def enough_for(scenario: Scenario) -> list[int | None]:
    """For each configuration the fewest places a month with which its backlog does not grow; the rule hardly matters.

    The period must be two years at least. None where no number of places is enough.
    """
    return [
        enough(scenario.cases, halls, scenario.first, scenario.last, dates_first)
        for halls in scenario.configurations
    ]


def rule_of(by: By) -> Rule:
    """The rule that chooses batches."""
    if by in _LISTING:
        return _LISTING[by]
    # Only when it is asked for: what plans takes 26 MB of memory.
    from services.panels.simulation.by_planner import planned

    return planned
