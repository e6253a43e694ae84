"""What somebody asked of a list in its address: a tab, a filter, an order, a place to go on from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import urlencode

from chassis.english import capital
from schemas.codes import AsksFor, Need, Phase
from schemas.words import NEEDS
from services.referrals.domain.book import Book
from services.referrals.domain.identity import read_reference
from services.referrals.domain.words import ASKS_WORDS, PHASE_WORDS
from services.referrals.storage import SORTS, TABS, Filter, Sort, Tab

#: Every tab: its title, what it holds, what it says when it holds nothing.
TAB_WORDS: Mapping[Tab, tuple[str, str, str]] = {
    "new": ("New", "Nobody has answered these yet.", "Nothing new: every referral has had its first answer."),
    "unassigned": ("Unassigned", "Nobody in particular works on these.", "Every referral has somebody."),
    "awaiting": (
        "Awaiting information",
        "The school owes an answer. Your time to answer stands still meanwhile.",
        "No school owes you an answer.",
    ),
    "mine": (
        "Assigned to me",
        "You work on these, or cover for whoever does.",
        "Nothing is assigned to you.",
    ),
    "recent": (
        "Recently assigned",
        "Given to somebody within the last seven days.",
        "Nothing was given to anybody within the last seven days.",
    ),
    "overdue": (
        "Overdue",
        "The day of the next step has passed.",
        "Nothing is overdue.",
    ),
    "panel": ("With a panel", "A panel holds these cases.", "No panel holds a case from here."),
    "open": ("On their way", "Somebody works on these, or will.", "Nothing is on its way."),
    "completed": ("Completed", "Nobody works on these any more.", "Nothing has been completed yet."),
}
SORT_WORDS: Mapping[Sort, str] = {
    "due": "next step first",
    "oldest": "oldest first",
    "newest": "newest first",
    "changed": "last changed first",
}
_LONGEST = 100  # characters of a search
_MOST_SCHOOLS = 500
_KEPT = ("tab", "q", "need", "phase", "area", "asks_for", "assignee", "overdue", "sort")


@dataclass(frozen=True, slots=True)
class Field:
    """A choice of a filter, as GOV.UK's select takes it."""

    name: str
    label: str
    choices: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What an address asks for. ``given`` is what of it was understood, by the name in the address."""

    action: str
    tab: Tab
    sort: Sort
    filter: Filter
    given: Mapping[str, str]
    after: str | None = None
    fields: Sequence[Field] = field(default_factory=tuple)

    @property
    def q(self) -> str:
        """The words of the search."""
        return self.given.get("q", "")

    @property
    def overdue(self) -> bool:
        """Whether only what is overdue is wanted."""
        return self.filter.overdue

    @property
    def chosen(self) -> bool:
        """Whether the filter limits anything."""
        return bool(set(self.given) - {"tab", "sort"})

    @property
    def _repeated(self) -> Mapping[str, str]:
        """What links repeat: words that fit no school and no reference may be a child's name, and are not."""
        if self.filter.reference or self.filter.urns:
            return self.given
        return {name: value for name, value in self.given.items() if name != "q"}

    @property
    def here(self) -> str:
        """The address of this list, from its beginning."""
        return self.at()

    @property
    def cleared(self) -> str:
        """The address without a filter."""
        return self.at(**{name: None for name in _KEPT if name not in ("tab", "sort")})

    def at(self, **changes: str | None) -> str:
        """The address of the same list with something else asked of it."""
        asked = {name: value for name, value in (dict(self._repeated) | changes).items() if value}
        return f"{self.action}?{urlencode(asked)}" if asked else self.action


def found(action: str, query: Mapping[str, str], book: Book, tabs: Sequence[Tab] = TABS) -> Found:
    """Reads an address. What it does not understand it leaves out: an old bookmark still opens."""
    known: dict[str, Callable[[str], object]] = {
        "need": get_args(Need).__contains__,
        "phase": get_args(Phase).__contains__,
        "area": set(book.register.areas).__contains__,
        "asks_for": get_args(AsksFor).__contains__,
        "sort": SORTS.__contains__,
        "tab": tabs.__contains__,
        "assignee": bool,
        "overdue": "yes".__eq__,
        "q": bool,
    }
    asked = {name: query.get(name, "").strip()[:_LONGEST] for name in _KEPT}
    given = {name: value for name, value in asked.items() if value and known[name](value)}
    tab: Any = given.get("tab", tabs[0])
    sort: Any = given.get("sort", "due")
    return Found(action, tab, sort, _filter(given, book), given, read_reference(query.get("after", "")))


def _filter(given: Mapping[str, str], book: Book) -> Filter:
    reference = read_reference(given["q"]) if "q" in given else None
    return Filter(
        need=given.get("need"),
        phase=given.get("phase"),
        area=given.get("area"),
        asks_for=given.get("asks_for"),
        assigned_to=given.get("assignee"),
        reference=reference,
        urns=_schools(given["q"], book) if "q" in given and reference is None else None,
        overdue="overdue" in given,
    )


def _schools(words: str, book: Book) -> frozenset[str]:
    """The schools whose name holds all these words, or whose number it is."""
    parts = words.casefold().split()
    fits = (
        each.urn
        for each in book.register
        if each.urn == words or all(part in each.name.casefold() for part in parts)
    )
    return frozenset(urn for urn, _ in zip(fits, range(_MOST_SCHOOLS), strict=False))


def fields_of(
    asked: Found, book: Book, people: Iterable[tuple[str, str]] = (), *, areas_differ: bool = True
) -> tuple[Field, ...]:
    """The choices of the filter; ``people`` are (staff id, name). ``areas_differ``: not all of the list is in one."""
    needs = [(code, capital(words)) for code, words in NEEDS.items()]
    phases = [(code, capital(words)) for code, words in PHASE_WORDS.items()]
    areas = [(code, info.name) for code, info in book.register.areas.items()] if areas_differ else []
    asks = [(code, capital(words)) for code, words in ASKS_WORDS.items()]
    offered: list[tuple[str, str, Sequence[tuple[str, str]]]] = [
        ("need", "Main need", needs),
        ("phase", "Phase", phases),
        ("area", "Area", areas),
        ("asks_for", "Asked for", asks),
    ]
    staff = list(people)
    if staff:
        offered.append(("assignee", "Assigned to", staff))
    return tuple(
        Field(name, label, _choices(options, asked.given.get(name)))
        for name, label, options in offered
        if options
    )


def _choices(options: Iterable[tuple[str, str]], chosen: str | None) -> list[dict[str, Any]]:
    return [
        {"value": "", "text": "All", "selected": chosen is None},
        *({"value": value, "text": words, "selected": value == chosen} for value, words in options),
    ]
