"""What time alone makes of a story's facts: reminders before a day, apologies after one that was missed, and a word
while somebody waits.

It follows from the facts and the tellings alone, so that a rebuilt story comes to the same. All is told in the morning:
what many stories wait for is then due at one instant.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from chassis.calendar import LONDON, london_date
from services.notifications.domain.fact import Fact, Telling, Timed
from services.notifications.domain.sentences import STANDING

MORNING = time(8)
_DAY = timedelta(days=1)
#: Nobody is told that they still wait where they hear something else so soon.
_SOON = timedelta(days=7)
#: After these there is nothing more to wait for, and no day of before holds.
ENDS = frozenset(
    {
        "referral.withdrawn.v1", "referral.closed.v1", "referral.stepped.v1", "review.recorded.v1",
        "case.withdrawn.v1", "decision.issued.v1", "decision.corrected.v1",
        "placement.started.v1", "placement.reviewed.v1", "placement.ended.v1",
        "support.started.v1", "support.ended.v1",
    }
)  # fmt: skip
#: A visit that was to come has its day until the team is done with the referral, or the school has it back.
_WITHOUT_VISITS = ENDS | {"referral.concluded.v1", "referral.returned.v1"}
#: Asked and answered while all days that a family knows still hold.
_BESIDE = frozenset({"withdrawal.requested.v1", "withdrawal.answered.v1"})

What = tuple[str, str, date]


class Timetable:
    """The tellings, by the kind of fact that they follow. ``words`` is what is said while somebody waits."""

    def __init__(self, tellings: Sequence[Telling]) -> None:
        self.told: dict[str, list[Telling]] = defaultdict(list)
        self.timed: dict[str, list[Telling]] = defaultdict(list)
        self.words = next((one for one in tellings if one.timed and one.timed.does == "waits"), None)
        for one in tellings:
            for kind in (one.on, *one.also):
                (self.timed if one.timed else self.told)[kind].append(one)

    def tellings(self, fact: Fact) -> list[Telling]:
        """All that families are told of the fact itself."""
        return [one for one in self.told.get(fact.type, ()) if one.applies(fact)]

    def tells(self, fact: Fact) -> Telling | None:
        """How families are told of the fact itself; None if they are not."""
        return next(iter(self.tellings(fact)), None)

    def plans(self, fact: Fact) -> list[tuple[Telling, Timed]]:
        """What time may make of the fact."""
        return [(one, one.timed) for one in self.timed.get(fact.type, ()) if one.timed and one.concerns(fact)]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is told on the morning ``on``, about which fact. ``day`` is the fact's own, which comes or was missed.

    ``dates`` are for the words, by field name.
    """

    on: date
    telling: Telling
    rule: Timed
    fact: Fact
    day: date
    dates: Mapping[str, str] = field(default_factory=dict)

    @property
    def what(self) -> What:
        """What tells it from others of the story. A day that two facts of a case promise is missed once."""
        whose = self.fact.business_id if self.rule.does == "remind" else self.fact.stream
        return self.telling.code, whose, self.day


def moments(facts: Sequence[Fact], timetable: Timetable) -> Iterator[Moment]:
    """All that time makes of these facts, in order, without end while somebody waits.

    Of what fell between two of them only what no later one has overtaken. ``facts`` are in order.
    """
    course = _Course(timetable)
    passed = course.runs(facts)
    yield from (one for one in passed if one.what in course.in_force)
    yield from course.comes()


def in_force(facts: Sequence[Fact], timetable: Timetable) -> set[What]:
    """The days that hold after all these facts, which are in order, also those whose morning has passed."""
    course = _Course(timetable)
    course.runs(facts)
    return course.in_force


def last_morning(moment: datetime) -> date:
    """The day of the last morning that was not after this instant."""
    local = moment.astimezone(LONDON)
    return local.date() if local.time() >= MORNING else local.date() - _DAY


class _Course:
    """How a story stands after some of its facts: the days that hold, and when the family last heard from us."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable
        self._holding: list[Moment] = []
        self._passed: set[What] = set()
        self._standing: Fact | None = None
        self._waits = False
        self._told_on: date | None = None
        self._again: int | None = None
        self.first = date.min

    @property
    def in_force(self) -> set[What]:
        """The days that hold, also those whose morning has passed."""
        return {one.what for one in self._holding}

    def runs(self, facts: Sequence[Fact]) -> list[Moment]:
        """Hears one fact after the other; answers what came between them, in order."""
        passed: list[Moment] = []
        for fact in facts:
            first = last_morning(fact.at) + _DAY
            if first > self.first:
                passed += self.comes(before=first)
            self.hears(fact, first)
        return passed

    def hears(self, fact: Fact, first: date) -> None:
        """A fact comes; ``first`` is the first morning after it."""
        told, plans = self._timetable.tells(fact), self._timetable.plans(fact)
        self.first = first
        if fact.type not in _BESIDE:
            self._overtake(fact, set() if told else {telling.code for telling, _ in plans})
        for telling, rule in plans:
            if rule.does == "waits":
                self._waits = True
            else:
                self._plan(telling, rule, fact)
        if told is not None or self._told_on is None:
            self._told_on, self._again = london_date(fact.at), told.again_days if told else None

    def comes(self, before: date = date.max) -> Iterator[Moment]:
        """What comes before a morning while no other fact does, in order."""
        while (moment := self._next()) is not None and moment.on < before:
            self._passed.add(moment.what)
            self._told_on, self._again = moment.on, moment.telling.again_days
            yield moment

    def _overtake(self, fact: Fact, silently: set[str]) -> None:
        """Forgets the days that the fact has overtaken. ``silently``: what it promises anew on the page alone."""
        if fact.type in STANDING:
            self._standing, self._waits = fact, False
        if fact.type in ENDS:
            self._again = None
        self._holding = [one for one in self._holding if self._holds(one, fact, silently)]

    def _holds(self, moment: Moment, fact: Fact, silently: set[str]) -> bool:
        visit = moment.fact.text("visit_id")
        if visit is not None:
            return fact.text("visit_id") != visit and fact.type not in _WITHOUT_VISITS
        if moment.telling.code in silently:
            # A day that the family was told stays until it is told of another; one of the page alone is replaced.
            return self._timetable.tells(moment.fact) is not None
        return fact.type not in STANDING

    def _plan(self, telling: Telling, rule: Timed, fact: Fact) -> None:
        day = next((day for name in rule.fields if (day := fact.day(name))), None)
        if day is None:
            return
        days = timedelta(days=rule.days)
        if rule.does == "remind":
            dates = {name: value for name in rule.fields if (value := fact.text(name))}
            moment = Moment(day - days, telling, rule, fact, day, dates)
            too_late = moment.on <= self.first  # they have just heard of it
        else:
            moment = Moment(max(day + days, self.first), telling, rule, fact, day)
            too_late = day < london_date(fact.at)  # it was no promise when it was given
        if not too_late and moment.what not in self.in_force:
            self._holding.append(moment)

    def _next(self) -> Moment | None:
        coming = [one for one in self._holding if one.what not in self._passed]
        first = min(coming, key=lambda one: (one.on, one.telling.code), default=None)
        word = self._word()
        if first is None or word is None:
            return word or (first and _with_new_day(first, coming))
        # A word that was promised for a day comes on it; any other leaves room.
        room = timedelta(0) if self._again is not None else _SOON
        return word if word.on + room < first.on else _with_new_day(first, coming)

    def _word(self) -> Moment | None:
        telling = self._timetable.words
        if telling is None or telling.timed is None or self._standing is None or self._told_on is None:
            return None
        if self._again is None and not self._waits:
            return None
        after = telling.timed.days if self._again is None else self._again
        on = max(self._told_on + timedelta(days=after), self.first)
        return Moment(on, telling, telling.timed, self._standing, on)


def _with_new_day(moment: Moment, coming: Sequence[Moment]) -> Moment:
    """A day that was missed, with the one that was promised since, where there is one."""
    if moment.rule.does == "remind":
        return moment
    later = [one.day for one in coming if one.telling.code == moment.telling.code and one.day >= moment.on]
    dates = {"promised_by": str(moment.day)}
    return replace(moment, dates=dates | ({"new_by": str(min(later))} if later else {}))
