"""What must have happened, kept by whoever caused it; and how that is held against what did happen."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from chassis.calendar import london_date
from deploy.demo.arrivals import Arrival
from deploy.demo.by_time import VISITED, WORD, words
from deploy.demo.defects import Fault
from deploy.demo.people import NO_ONE, NOBODY, Recipient
from services.referrals.domain.directory.waits import Wait

#: (recipient, fact, reference): who is told what of which referral; the recipient by their name (`Recipient`).
Told = tuple[str, str, str]
ACKNOWLEDGED = "referral.routed"
#: (reference, what): one step of the work on a referral, named as in its history.
Worked = tuple[str, str]
#: The steps that are counted: those that a team or a school takes.
STEPS = (
    "accepted", "returned", "asked", "answered", "amended", "visit-arranged", "visit-done", "concluded", "reviewed",
    "stepped", "withdrawn",
)  # fmt: skip
_ANSWERS = ("accepted", "returned")
#: So few days before a visit no letter arrives in time: where the number is wrong, too, a person has to find a way.
_NOT_BY_POST = {"reminder.visit"}
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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
    """The generator's side of the accounts. It knows nothing of what the services say of themselves.

    ``work``, ``waits`` and ``went_on`` (former reference to next) are of what teams have; a panel's cases have neither.
    ``wrong_numbers`` reach nobody, and are as they are dialled. ``heard`` has what each family was told, and when;
    ``now`` is the business time.
    """

    wrong_numbers: frozenset[str] = frozenset()
    now: datetime = _LONG_AGO
    heard: dict[str, list[tuple[datetime, str]]] = field(default_factory=lambda: defaultdict(list))

    taken: dict[str, str] = field(default_factory=dict)
    refused: dict[str, frozenset[Fault]] = field(default_factory=dict)
    misjudged: list[Misjudged] = field(default_factory=list)
    taken_twice: list[str] = field(default_factory=list)
    facts: Counter[Told] = field(default_factory=Counter)
    recipients: dict[str, tuple[Recipient, ...]] = field(default_factory=dict)
    work: Counter[Worked] = field(default_factory=Counter)
    waits: dict[str, Wait] = field(default_factory=dict)
    went_on: dict[str, str] = field(default_factory=dict)

    @property
    def references(self) -> set[str]:
        """Every referral there must be."""
        return {*self.taken.values(), *self.went_on.values()}

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

    def told(self, reference: str, fact: str, at: datetime | None = None) -> None:
        """Something happened to a referral (now, or ``at``) that each of its recipients must be told once more."""
        self.heard[reference].append((at or self.now, fact))
        self.facts.update((recipient.name, fact, reference) for recipient in self.recipients[reference])

    def told_by_time(self, reference: str, fact: str) -> None:
        """Time has come: each recipient must be told. Where nobody may be, the facts are a person's task already."""
        if NOBODY not in self.recipients[reference]:
            self.told(reference, fact)

    def waited(self, until: datetime) -> None:
        """Until then time has told families that they still wait."""
        for reference, heard in list(self.heard.items()):
            for _ in words(list(heard), until):
                self.told_by_time(reference, WORD)

    def did(self, reference: str, what: str, now: datetime) -> None:
        """A team or a school took a step; the first answer ends a team's wait, a withdrawal does so without one."""
        self.work[reference, what] += 1
        if what == VISITED:
            self.heard[reference].append((now, what))
        wait, day = self.waits[reference], london_date(now)
        if wait.ended is None and what in _ANSWERS:
            self.waits[reference] = replace(wait, answered=day)
        elif wait.ended is None and what == "withdrawn":
            self.waits[reference] = replace(wait, left=day)

    def goes_on(self, reference: str, next_reference: str, now: datetime) -> None:
        """A referral was stepped up to a panel: those who are told of it hear of the next one too."""
        self.did(reference, "stepped", now)
        self.told(reference, "referral.stepped")
        self.went_on[reference] = next_reference
        self.recipients[next_reference] = self.recipients[reference]
        self.told(next_reference, ACKNOWLEDGED)

    def to_be_sent(self) -> Counter[Told]:
        """What must have arrived, by whichever way."""
        return Counter({told: n for told, n in self.facts.items() if not self._nowhere(told)})

    def to_be_held(self) -> Counter[Told]:
        """What nobody can be sent, so that it must wait for a person."""
        return Counter({told: n for told, n in self.facts.items() if self._nowhere(told)})

    def whose(self, to: str, reference: str) -> str:
        """The name of whoever is told of this referral and has this number, or this envelope."""
        names = (who.name for who in self.recipients.get(reference, ()) if to in (who.phone, who.post))
        return next(names, f"tel:{to}")

    def _nowhere(self, told: Told) -> bool:
        name, fact, reference = told
        if name == NO_ONE:
            return True
        posted = any(who.name == name and who.post for who in self.recipients[reference])
        posted = posted and fact not in _NOT_BY_POST
        return name.removeprefix("tel:") in self.wrong_numbers and not posted

    def _taken(self, arrival: Arrival, reference: str) -> None:
        self.taken[arrival.id] = reference
        self.recipients[reference] = arrival.recipients
        if arrival.asks_for != "placement":
            self.waits[reference] = Wait(london_date(arrival.at))
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
