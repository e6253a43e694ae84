"""Puts scenarios together: which cases, through which panels' files, for how long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from chassis.english import in_words
from services.panels.domain.cases.case import Case
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.panel_files import CLOSURES, PANELS, BadPanelFile, read_book
from services.panels.simulation import variants
from services.panels.simulation.capacity import YEARS
from services.panels.simulation.comparing import CHOSEN_BY, By, Scenario
from services.panels.simulation.demand import Assumed, end_of, of_figures, of_queue
from services.panels.simulation.figures import AUTHORITIES, HERTFORDSHIRE, SOURCE, Authority
from services.panels.simulation.rooms import Configuration, configuration
from services.panels.simulation.variants import MOST, with_sittings

#: How long the real queue is played on after today, nobody coming any more.
AFTER_TODAY = timedelta(days=182)
ALTERNATIVES = PANELS / "alternatives"
AS_IT_IS = "as it is"


@dataclass(frozen=True)
class Named:
    """A configuration's files, read, under the name that stands in its results."""

    name: str
    book: PanelBook


@dataclass(frozen=True)
class Ask:
    """What is simulated: years from a first day, the seed of chance, who chooses batches, what is assumed."""

    first: date
    years: int = 1
    seed: int = 1
    by: By = "rule"
    assumed: Assumed = field(default_factory=Assumed)

    @property
    def last(self) -> date:
        """The last day."""
        return end_of(self.first, self.years)

    def of(self, authority: Authority, books: Sequence[Named]) -> Scenario:
        """An authority's demand through these panels."""
        working = books[0].book.working
        cases = of_figures(authority.requests, self.assumed, self.first, self.years, working, self.seed)
        return Scenario(
            cases,
            configurations(books, self.first, self.last),
            self.first.toordinal(),
            self.last.toordinal(),
            self.by,
        )

    def long_enough(self) -> "Ask":
        """The same over as many years as it takes to see whether a backlog grows."""
        return Ask(self.first, YEARS, self.seed, "rule", self.assumed)

    def notes(self, authority: Authority) -> list[str]:
        """What stands beside the results: where the figures are from, what was assumed, how batches were chosen."""
        a_year = round(authority.requests * self.assumed.cases_per_request)
        return [
            f"Published ({SOURCE}): {authority.requests:,} requests for a needs assessment a year in {authority.name}. "
            f"Assumed: {self.assumed.cases_per_request:g} placement cases for each, so {a_year:,} a year.",
            f"From {in_words(self.first)} to {in_words(self.last)}, beginning with nobody waiting; seed {self.seed}. "
            f"Batches were chosen by {CHOSEN_BY[self.by]}.",
            f"Assumed: {described(self.assumed)}.",
        ]


def described(assumed: Assumed) -> str:
    """The assumptions in words, each with its figure."""
    return (
        f"{assumed.urgent:.0%} of cases are urgent; {assumed.incomplete:.0%} are opened before their papers are there, "
        f"which come {assumed.papers_after.least} to {assumed.papers_after.most} days later; {assumed.deferred:.0%} "
        f"are deferred once, for {assumed.back_after.least} to {assumed.back_after.most} days; {assumed.withdrawn:.0%} "
        f"are withdrawn unless they are heard sooner; {assumed.from_drafts:.0%} come from draft plans, with a date of "
        f"the law {140 - assumed.draft_after.most} to {140 - assumed.draft_after.least} days ahead, the others from "
        f"annual reviews, with {28 - assumed.review_after.most} to {28 - assumed.review_after.least} days; "
        f"{_spread(assumed.months, 'months')}; {_spread(assumed.areas, 'areas')}"
    )


def _spread(weights: Sequence[float], what: str) -> str:
    if len(set(weights)) == 1:
        return f"as many come in all {what}" if what == "months" else f"as many come from all {what}"
    return f"the {what} weigh {', '.join(f'{each:g}' for each in weights)}"


def replayed(cases: Iterable[Case], books: Sequence[Named], today: date, by: By = "rule") -> Scenario:
    """The real queue as it came, through these panels, and on for half a year in which nobody comes.

    Raises ValueError where there is no case.
    """
    coming = of_queue(cases)
    if not coming:
        raise ValueError("there is no case to replay yet")
    first, last = date.fromordinal(min(case.opened for case in coming)), today + AFTER_TODAY
    return Scenario(coming, configurations(books, first, last), first.toordinal(), last.toordinal(), by)


def notes_of_queue(scenario: Scenario) -> list[str]:
    """What stands beside the results of a replay."""
    first, last = date.fromordinal(scenario.first), date.fromordinal(scenario.last)
    return [
        f"The real queue, {len(scenario.cases):,} cases as they came, from {in_words(first)} to {in_words(last)}; "
        "nobody comes after today. Restricted cases that are shut to whoever asks are left out. "
        f"Batches were chosen by {CHOSEN_BY[scenario.by]}."
    ]


def configurations(books: Sequence[Named], first: date, last: date) -> list[Configuration]:
    """The sittings of each."""
    return [configuration(each.name, each.book, first, last) for each in books]


def as_it_is(folder: Path = PANELS, closures: Path = CLOSURES) -> Named:
    """The panels in force. Raises BadPanelFile."""
    return Named(AS_IT_IS, read_book(folder, closures))


def named(text: str, in_force: Path = PANELS, closures: Path = CLOSURES) -> Named:
    """The panels of a folder, of a shipped alternative by its name, or as-it-is. Raises BadPanelFile."""
    if text == code_of(AS_IT_IS):
        return as_it_is(in_force, closures)
    folder = Path(text) if Path(text).is_dir() else ALTERNATIVES / text
    if not folder.is_dir():
        shipped = ", ".join(code_of(each.name) for each in _shipped())
        raise BadPanelFile(
            f"there is no folder {text}. Shipped are {shipped or 'none'}; or say {code_of(AS_IT_IS)}"
        )
    return Named(_name_of(folder), read_book(folder, closures))


def code_of(name: str) -> str:
    """A configuration's name as the command line takes it."""
    return name.replace(" ", "-")


def _name_of(folder: Path) -> str:
    return folder.resolve().name.replace("-", " ")


def alternatives(in_force: PanelBook) -> list[Named]:
    """The configurations that are shipped beside the one in force, by their folders' names, with its working days."""
    return [
        Named(each.name, PanelBook(each.book.panels, in_force.working, in_force.schools_closed))
        for each in _shipped()
    ]


@cache
def _shipped() -> tuple[Named, ...]:
    """Read once, and only if somebody asks: checking so many calendars takes a second.

    Without those that also have panels for other things: to placement cases they are as they are without them.
    """
    folders = (
        sorted(path for path in ALTERNATIVES.iterdir() if path.is_dir()) if ALTERNATIVES.is_dir() else []
    )
    books = [Named(_name_of(path), read_book(path)) for path in folders]
    return tuple(each for each in books if all(panel.kind == "placement" for panel in each.book.panels))


def sitting(base: Named, a_month: int) -> Named:
    """The same panels with so many sittings a month."""
    return Named(_a_month(a_month), with_sittings(base.book, a_month))


def changing(base: Named, before: int, after: int, day: date) -> Named:
    """The same panels with so many sittings a month, and from a day on with another number of them."""
    books = with_sittings(base.book, before), with_sittings(base.book, after)
    return Named(f"{_a_month(before)}, {after} from {day:%B %Y}", variants.changing(*books, day))


def _a_month(sittings: int) -> str:
    return "one sitting a month" if sittings == 1 else f"{sittings} sittings a month"


def variants_of(base: Named, text: str, ask: Ask) -> list[Named]:
    """The panels with other numbers of sittings a month: ``1,8,1-8`` is one, eight, and one for a year, then eight.

    Raises ValueError with a sentence that says how to write it.
    """
    found = []
    for each in text.split(","):
        numbers = [int(part) if part.strip().isdecimal() else 0 for part in each.split("-")]
        if len(numbers) > 2 or not all(1 <= number <= MOST for number in numbers):
            raise ValueError(f"write sittings a month as numbers from 1 to {MOST}, such as 1,8,12 or 1-8")
        first, *then = numbers
        if then and ask.years == 1:
            raise ValueError(
                f"with {each.strip()} play two years or more: what changes, changes after the first"
            )
        second_year = end_of(ask.first, 1) + timedelta(days=1)
        found.append(changing(base, first, then[0], second_year) if then else sitting(base, first))
    return found


def authority(code: str) -> Authority:
    """The authority with this code. Raises ValueError with a sentence where there is none."""
    try:
        return AUTHORITIES[code]
    except KeyError:
        raise ValueError(
            f"no authority has the code {code}: give the DfE's three digits, such as {HERTFORDSHIRE} for Hertfordshire"
        ) from None
