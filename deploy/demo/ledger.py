"""What must have happened, kept by whoever caused it; and how that is held against what did happen."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deploy.demo.arrivals import Arrival
from deploy.demo.defects import Fault

#: (recipient, fact, reference): who is told what of which referral.
Told = tuple[str, str, str]
ACKNOWLEDGED = "referral.routed"


@dataclass(frozen=True)
class Comparison:
    """Two multisets held against each other: what is missing, what is there too often, what nobody expected."""

    lost: Counter[Told]
    duplicated: Counter[Told]
    unexpected: Counter[Told]

    @property
    def exact(self) -> bool:
        """Whether both are the same."""
        return not (self.lost or self.duplicated or self.unexpected)

    def __add__(self, other: "Comparison") -> "Comparison":
        """Both comparisons together, for reporting."""
        return Comparison(
            self.lost + other.lost, self.duplicated + other.duplicated, self.unexpected + other.unexpected
        )


def compare(expected: Counter[Told], found: Counter[Told]) -> Comparison:
    """How ``found`` differs from ``expected``, each with its number of times."""
    surplus = found - expected
    return Comparison(
        lost=expected - found,
        duplicated=Counter({told: n for told, n in surplus.items() if told in expected}),
        unexpected=Counter({told: n for told, n in surplus.items() if told not in expected}),
    )


@dataclass(frozen=True)
class Misjudged:
    """A form that was not answered as it must be."""

    arrival: str
    planted: tuple[Fault, ...]
    answered: tuple[Fault, ...] | str


@dataclass
class Ledger:
    """The generator's side of the accounts. It knows nothing of what the services say of themselves."""

    taken: dict[str, str] = field(default_factory=dict)
    refused: dict[str, frozenset[Fault]] = field(default_factory=dict)
    misjudged: list[Misjudged] = field(default_factory=list)
    taken_twice: list[str] = field(default_factory=list)
    facts: Counter[Told] = field(default_factory=Counter)
    recipients: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def answered(self, arrival: Arrival, reference: str | None, faults: Iterable[Fault]) -> None:
        """A form was taken (``reference``) or refused (``faults``). A second answer must be the same as the first."""
        named = frozenset(faults)
        if arrival.id in self.taken or arrival.id in self.refused:
            self._again(arrival, reference, named)
        elif reference is not None:
            self._taken(arrival, reference)
        else:
            self.refused[arrival.id] = named
            if named != arrival.faults:
                self._misjudge(arrival, tuple(sorted(named)))

    def told(self, reference: str, fact: str) -> None:
        """Something happened to a referral that each of its recipients must be told once more."""
        self.facts.update((recipient, fact, reference) for recipient in self.recipients[reference])

    def to_be_sent(self) -> Counter[Told]:
        """What must have arrived by e-mail."""
        return Counter({told: n for told, n in self.facts.items() if "@" in told[0]})

    def to_be_held(self) -> Counter[Told]:
        """What nobody can be sent, so that it must wait for a person."""
        return Counter({told: n for told, n in self.facts.items() if "@" not in told[0]})

    def _taken(self, arrival: Arrival, reference: str) -> None:
        self.taken[arrival.id] = reference
        self.recipients[reference] = arrival.recipients
        self.told(reference, ACKNOWLEDGED)
        if arrival.refused:
            self._misjudge(arrival, f"taken as {reference}")

    def _again(self, arrival: Arrival, reference: str | None, named: frozenset[Fault]) -> None:
        if self.taken.get(arrival.id) != reference or self.refused.get(arrival.id, frozenset()) != named:
            self.taken_twice.append(arrival.id)

    def _misjudge(self, arrival: Arrival, answered: tuple[Fault, ...] | str) -> None:
        self.misjudged.append(Misjudged(arrival.id, tuple(sorted(arrival.faults)), answered))


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which ``part`` (0 to 1) of the values lie, by nearest rank; 0 for none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
