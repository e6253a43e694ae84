"""What a service manager asks of the page "What if?": read from its form, weighed, and put into the command's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from chassis.english import capital
from chassis.web.fields import Fields
from chassis.web.forms import Form
from services.panels import scenarios
from services.panels.domain.cases.case import Case
from services.panels.scenarios import Ask, Named
from services.panels.simulation.capacity import YEARS
from services.panels.simulation.comparing import CHOSEN_BY, By, Scenario, compared, enough_for
from services.panels.simulation.demand import Assumed
from services.panels.simulation.figures import AUTHORITIES, Authority
from services.panels.simulation.measures import Outcome

Demand = Literal["published", "queue"]
DEMANDS: Mapping[Demand, str] = {
    "published": "As many cases as the published figures let expect",
    "queue": "The real queue, as it came",
}
#: What may be assumed on the page, in per cent.
SHARES = {
    "cases_per_request": "Placement cases for every hundred requests for a needs assessment",
    "incomplete": "Of a hundred cases: opened before all papers are there",
    "deferred": "Of a hundred cases: deferred by the first panel that hears them",
}
LONGEST_YEARS = 3
#: Cases times configurations that are played while a page waits: some seconds. A plan costs so many cases.
MOST, _PLAN, _SEARCH = 300_000, 100, 9 * YEARS
_NUMBERS = 60  # characters


@dataclass(frozen=True)
class Trial:
    """One question: whose demand, through which configurations, and whether to search for what is enough.

    ``chosen`` are the configurations by name, ``numbers`` those of sittings a month as they were typed.
    """

    demand: Demand
    authority: Authority
    ask: Ask
    books: Sequence[Named]
    chosen: Sequence[str]
    numbers: str
    enough: bool

    def cost(self, cases: int | None = None) -> int:
        """How much there is to do, in cases that are played once; ``cases`` are those of the real queue."""
        a_year = round(self.authority.requests * self.ask.assumed.cases_per_request)
        coming = a_year * self.ask.years if cases is None else cases
        search = a_year * _SEARCH if self.enough else 0
        return len(self.books) * (coming * (_PLAN if self.ask.by == "planner" else 1) + search)

    @property
    def too_long(self) -> str:
        """What is said where it costs more than `MOST`."""
        return f"this takes too long for a page. Run it instead: {self.command}"

    @property
    def command(self) -> str:
        """The same for the command line, where it may take as long as it takes."""
        ask, plain = self.ask, Assumed()
        words = ["python -m services.panels simulate"]
        words += ["--queue"] if self.demand == "queue" else [f"--authority {self.authority.code}"]
        words += [f"--from {ask.first:%Y-%m} --years {ask.years} --seed {ask.seed}"]
        words += [f"--panels {scenarios.code_of(each)}" for each in self.chosen]
        words += [f"--sittings {self.numbers.replace(' ', '')}"] if self.numbers else []
        words += [f"--by {ask.by}"] if ask.by != "rule" else []
        words += ["--enough"] if self.enough else []
        for name in SHARES:
            if (value := getattr(ask.assumed, name)) != getattr(plain, name):
                words.append(f"--assume {name}={value:g}")
        return " ".join(words)

    def scenario(self, cases: Sequence[Case], today: date) -> Scenario:
        """What is played; ``cases`` are those of the real queue.

        Raises ValueError with a sentence where there is none of them, or too many for a page.
        """
        if self.demand == "queue":
            if self.cost(len(cases)) > MOST:
                raise ValueError(self.too_long)
            return scenarios.replayed(cases, self.books, today, self.ask.by)
        return self.ask.of(self.authority, self.books)


@dataclass(frozen=True)
class Answer:
    """What came of a trial: the figures, what stands beside them, and where each backlog stops growing."""

    outcomes: Sequence[Outcome]
    notes: Sequence[str]
    enough: Sequence[tuple[str, float, int | None]]


def tried(trial: Trial, cases: Sequence[Case], today: date) -> Answer:
    """Plays it. Takes up to some seconds of a processor. Raises ValueError as `Trial.scenario` does."""
    scenario = trial.scenario(cases, today)
    queue = trial.demand == "queue"
    notes = scenarios.notes_of_queue(scenario) if queue else trial.ask.notes(trial.authority)
    enough: list[tuple[str, float, int | None]] = []
    if trial.enough:
        longer = trial.ask.long_enough().of(trial.authority, trial.books)
        enough = [
            (halls.name, halls.a_month(longer.first, longer.last), found)
            for halls, found in zip(longer.configurations, enough_for(longer), strict=True)
        ]
    return Answer(compared(scenario), notes, enough)


def read(form: Form, fields: Fields, now: Named, shipped: Sequence[Named]) -> Trial | None:
    """The question of the form; None where something is wrong, which ``fields`` then has by its field."""
    demand: Demand = fields.choice("demand", DEMANDS, "Choose whose cases are played.")
    code = fields.choice("authority", AUTHORITIES, "Choose an authority.")
    years = fields.choice("years", _YEARS, "Choose how many years are played.")
    by: By = fields.choice("by", CHOSEN_BY, "Choose by what batches are chosen.")
    seed = _whole(fields, "seed", 0, 999_999)
    shares = {
        name: _whole(fields, name, 1 if name == "cases_per_request" else 0, 100) / 100 for name in SHARES
    }
    numbers = fields.optional("numbers", _NUMBERS) or ""
    if fields.faults:
        return None
    ask = Ask(fields.today.replace(day=1), int(years), seed, by, Assumed.model_validate(shares))
    books = [each for each in (now, *shipped) if each.name in form.all("panels")]
    try:
        books += scenarios.variants_of(now, numbers, ask) if numbers else []
    except ValueError as error:
        fields.fault("numbers", "not-numbers", f"{capital(str(error))}.")
        return None
    if not books:
        fields.fault("panels", "not-chosen", "Choose panels, or write numbers of sittings a month.")
        return None
    chosen = [name for name in form.all("panels") if name in {each.name for each in books}]
    if demand == "queue" and "enough" in form.names:
        needs = "The search needs published demand, which goes on for years: leave it out for the real queue."
        fields.fault("enough", "not-for-queue", needs)
        return None
    trial = Trial(demand, AUTHORITIES[code], ask, books, chosen, numbers, "enough" in form.names)
    if demand == "published" and trial.cost() > MOST:
        fields.fault("demand", "too-long", f"T{trial.too_long[1:]}")
        return None
    return trial


_YEARS = tuple(str(n) for n in range(1, LONGEST_YEARS + 1))


def _whole(fields: Fields, name: str, least: int, most: int) -> int:
    number = fields.number(name)
    if number is None or not least <= number <= most:
        fields.fault(name, "no-number", f"Write a whole number from {least} to {most:,}.")
        return least
    return number
