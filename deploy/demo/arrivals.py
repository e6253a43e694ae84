"""The month's referrals, made from the figures and a seed: the same seed makes the same month."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Literal, TypeVar

from chassis.calendar import at, london_date
from deploy.demo import figures
from deploy.demo.defects import Fault, spoil
from deploy.demo.fates import FATES, Fate
from deploy.demo.forms import placement, referral
from deploy.demo.month import HOURS, Month
from deploy.demo.people import Families, Recipient, setting_for
from schemas.codes import AsksFor, Need
from services.referrals.domain.register.places import Register

K = TypeVar("K", int, Need)
Way = Literal["http", "event", "statutory"]
#: The systems of schools that send events; each serves every second school.
SYSTEMS = ("/systems/classbook", "/systems/registra")
#: Of defective forms: those that were cut off on the way, so that nothing else can be said of them.
_CUT_OFF = 0.05


@dataclass(frozen=True)
class Arrival:
    """One form: when it comes, on which way, what must be answered, and what becomes of it.

    ``recipients`` must be told of every step, if it is taken; ``faults`` are those planted, none in a right form.
    """

    id: str
    at: datetime
    way: Way
    urn: str
    asks_for: AsksFor
    body: bytes
    faults: frozenset[Fault]
    recipients: tuple[Recipient, ...]
    fate: Fate
    fate_after_days: int
    sent_twice: bool

    @property
    def refused(self) -> bool:
        """Whether the form must be refused."""
        return bool(self.faults)


def systems(register: Register) -> dict[str, list[str]]:
    """The schools of each system that sends events."""
    urns = sorted(setting.urn for setting in register)
    return {system: urns[place :: len(SYSTEMS)] for place, system in enumerate(SYSTEMS)}


def system_of(urn: str, register: Register) -> str:
    """The system that serves this school."""
    return next(system for system, urns in systems(register).items() if urn in urns)


@dataclass(frozen=True)
class Kind:
    """How many of one kind of referral come in on which days."""

    asks_for: AsksFor
    count: int
    days: Sequence[date]
    ages: Mapping[int, int]


def volumes(month: Month, scale: float) -> list[Kind]:
    """The month's volumes, ``scale`` being the part of them that is played; at least one of each kind."""
    requests = _part(figures.REQUESTS_A_YEAR / 12, scale)
    advice = _part(figures.REQUESTS_A_YEAR / 12 * figures.ADVICE_PER_REQUEST, scale)
    outreach = _part(figures.REQUESTS_A_YEAR / 12 * figures.OUTREACH_PER_REQUEST, scale)
    asked: list[tuple[AsksFor, int]] = [
        ("ehc-needs-assessment", requests),
        ("advice", advice),
        ("outreach", outreach),
    ]
    return [
        *(Kind(asks_for, count, month.days, figures.REQUESTS_BY_AGE) for asks_for, count in asked),
        *_placements(month, scale),
    ]


def _placements(month: Month, scale: float) -> Iterator[Kind]:
    *before_sittings, rest = month.windows()
    each, waiting = _part(figures.PLACEMENTS_PER_SITTING, scale), round(figures.LEFT_OVER * scale)
    for window in before_sittings:
        yield Kind("placement", each + waiting, window, figures.NEW_PLANS_BY_AGE)
        waiting = 0
    a_day = each * len(before_sittings) / sum(map(len, before_sittings))
    yield Kind("placement", round(a_day * len(rest)), rest, figures.NEW_PLANS_BY_AGE)


def _part(count: float, scale: float) -> int:
    return max(1, round(count * scale))


def make_arrivals(month: Month, register: Register, seed: int, scale: float = 1.0) -> list[Arrival]:
    """Every form of the month, in the order in which they come."""
    kinds = volumes(month, scale)
    maker = _Maker(register, Random(seed), sum(kind.count for kind in kinds))
    made = [arrival for same in _by_name(kinds) for arrival in maker.make(same)]
    return sorted(made, key=lambda arrival: (arrival.at, arrival.id))


def _by_name(kinds: Sequence[Kind]) -> Iterator[list[Kind]]:
    """Kinds of one name together, so that ages and needs are shared out over all of them."""
    for asks_for in dict.fromkeys(kind.asks_for for kind in kinds):
        yield [kind for kind in kinds if kind.asks_for == asks_for]


class _Maker:
    """Makes ``total`` forms, exactly the assumed share of them defective and sent twice."""

    def __init__(self, register: Register, random: Random, total: int) -> None:
        self._random = random
        self._settings = sorted(register, key=lambda setting: setting.urn)
        self._families = Families(random)
        self._made = 0
        self._defective = self._some(total, figures.DEFECTIVE_SHARE)
        self._repeated = self._some(total, figures.REPEATED_SHARE)

    def make(self, kinds: Sequence[Kind]) -> Iterator[Arrival]:
        """The forms of kinds that share ages and needs."""
        total = sum(kind.count for kind in kinds)
        ages = self._shuffled(total, kinds[0].ages)
        needs = self._shuffled(total, figures.NEW_PLANS_BY_NEED)
        for kind in kinds:
            for _ in range(kind.count):
                yield self._arrival(kind, ages.pop(), needs.pop())

    def _some(self, total: int, share: float) -> set[int]:
        return set(self._random.sample(range(total), max(1, round(total * share))))

    def _shuffled(self, total: int, weights: Mapping[K, int]) -> list[K]:
        shares = zip(weights, figures.apportioned(total, weights), strict=True)
        found = [key for key, count in shares for _ in range(count)]
        self._random.shuffle(found)
        return found

    def _arrival(self, kind: Kind, age: int, need: Need) -> Arrival:
        random, number = self._random, self._made
        self._made += 1
        moment = at(random.choice(kind.days), random.choice(HOURS))
        today = london_date(moment)
        setting = setting_for(age, self._settings, random)
        family = self._families.make(age, setting, today)
        way = self._way(kind.asks_for)
        if kind.asks_for == "placement":
            form = placement(need, family, setting, today, random, way == "statutory")
        else:
            form = referral(kind.asks_for, need, family, setting, today, random)
        fate = self._fate(kind.asks_for)
        if fate == "stepped":
            form["child"]["sen_provision"] = "E"  # a panel considers children with a plan
        faults: frozenset[Fault] = frozenset()
        if number in self._defective:
            faults = spoil(form, today, way == "event", random)
        body = json.dumps(form).encode()
        if faults and random.random() < _CUT_OFF:
            body, faults = body[: len(body) * 2 // 3], frozenset({("", "not-json")})
        return Arrival(
            id=f"form-{number:05}",
            at=moment,
            way=way,
            urn=setting.urn,
            asks_for=kind.asks_for,
            body=body,
            faults=faults,
            recipients=family.recipients,
            fate=fate,
            fate_after_days=random.randint(1, 6),
            sent_twice=number in self._repeated,
        )

    def _fate(self, asks_for: AsksFor) -> Fate:
        fates = FATES[asks_for]
        return self._random.choices(list(fates), list(fates.values()))[0]

    def _way(self, asks_for: AsksFor) -> Way:
        if asks_for == "placement" and self._random.random() < figures.STATUTORY_SHARE:
            return "statutory"
        return "event" if self._random.random() < figures.EVENT_SHARE else "http"
