"""What the family reads: what happened, who has the referral now, what comes next and by when.

The sentences stand in `sentences`, one for each kind of fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from chassis.calendar import london_date
from schemas.personal_v1 import Agreed
from services.notifications.domain import sentences_of_places as places
from services.notifications.domain.background import Actions, DirectoryEntry, Reasons, entry_of
from services.notifications.domain.dates import Coming, to_come
from services.notifications.domain.fact import Fact, is_answered, is_date
from services.notifications.domain.phrases import Phrase, TeamNamed, TeamOfKind, Value, say
from services.notifications.domain.said import FamilyWords
from services.notifications.domain.sentences import FUNDING, HAPPENED, PROVISIONS, STANDING
from services.notifications.domain.standing import Standing
from services.notifications.domain.story import Story, destination

__all__ = ["Directory", "Page", "Step", "page", "withheld"]

Directory = Mapping[str, DirectoryEntry]
#: What a fact carries besides its dates that says nothing of the child: whose turn it is, and yes or no.
_HARMLESS = frozenset({"owner", "complete", "accepted"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, on a day in London. ``decides``: the decision, or a correction of it."""

    on: date
    words: Phrase
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on a family's page. ``team`` is the directory's entry of whoever deals with it now.

    ``locked``: it is the page of whoever holds the link alone. ``standing`` is None where that would tell too much, and
    ``news_on`` is then the day of the latest of what is withheld.
    """

    reference: str
    steps: tuple[Step, ...]
    standing: Standing | None
    team: DirectoryEntry | None
    outcome: Phrase | None = None
    reasons: str | None = None
    locked: bool = False
    news_on: date | None = None
    said: tuple[FamilyWords, ...] = ()
    dates: tuple[Coming, ...] = ()
    actions: tuple[Agreed, ...] = ()
    review_on: date | None = None


def page(
    story: Story,
    directory: Directory,
    reasons: Sequence[Reasons],
    reader: str | None = None,
    said: Sequence[FamilyWords] = (),
    today: date = date.min,
    agreed: Actions | None = None,
) -> Page:
    """The page of a referral that has been received, for one ``reader``: what another wrote is not theirs to see.

    What was ``agreed`` stands there once the family has been told that the team finished its work.
    """
    told = _told(story, reader)
    last = next(fact for fact in reversed(told) if fact.type in STANDING)
    decision = next((fact for fact in reversed(told) if fact.type in _DECISIONS), None)
    ended = next((fact for fact in reversed(told) if fact.type == "referral.concluded.v1"), None)

    def name(fact: Fact) -> Value:
        entry = _entry(story, fact, directory)
        return TeamNamed(entry.name) if entry else TeamOfKind()

    return Page(
        reference=story.reference or "",
        steps=tuple(_step(fact, name(fact)) for fact in told),
        standing=STANDING[last.type](last, name(last)),
        team=_team(story, told, last, directory),
        outcome=_outcome(decision) if decision else None,
        reasons=_reasons(decision, reasons) if decision else None,
        said=tuple(said),
        dates=to_come(last, today),
        actions=agreed.actions if agreed and ended else (),
        review_on=ended.day("review_on") if ended else None,
    )


def withheld(
    story: Story,
    directory: Directory,
    reader: str | None = None,
    said: Sequence[FamilyWords] = (),
    today: date = date.min,
) -> Page:
    """The page without what is personal: all that whoever holds the link alone is shown.

    No fact that is personal and nothing that follows one, since what is done tells what was decided; no team by its
    name and no code of a fact, since they may tell a need; nothing that somebody wrote, nor what it is about.
    """
    told = _told(story, reader)
    open_ones = list(takewhile(lambda fact: not HAPPENED[fact.type].personal, told))
    private = told[len(open_ones) :]
    bare = [_bare(fact) for fact in open_ones]

    def name(fact: Fact) -> Value:
        entry = _entry(story, fact, directory)
        return TeamOfKind(entry.kind if entry else None)

    last = None if private else next(fact for fact in reversed(bare) if fact.type in STANDING)
    entry = _team(story, bare, last, directory) if last else None
    return Page(
        reference=story.reference or "",
        steps=tuple(_step(fact, name(fact)) for fact in bare),
        standing=STANDING[last.type](last, name(last)) if last else None,
        team=entry and entry.model_copy(update=_NAMELESS),
        locked=True,
        news_on=london_date(private[-1].at) if private else None,
        said=tuple(each.model_copy(update={"about": None, "words": "", "answer": None}) for each in said),
        dates=to_come(last, today) if last else (),
    )


def _told(story: Story, reader: str | None) -> list[Fact]:
    return [
        fact for fact in story.in_order if fact.type in HAPPENED and fact.text("person_id") in (None, reader)
    ]


def _step(fact: Fact, name: Value) -> Step:
    return Step(london_date(fact.at), HAPPENED[fact.type](fact, name), fact.type in _DECISIONS)


def _bare(fact: Fact) -> Fact:
    kept = {name: value for name, value in fact.data.items() if is_date(name) or name in _HARMLESS}
    return fact.model_copy(update={"data": kept})


def _entry(story: Story, fact: Fact, directory: Directory) -> DirectoryEntry | None:
    return directory.get(entry_of(destination(story, fact) or ""))


def _team(story: Story, told: Sequence[Fact], last: Fact, directory: Directory) -> DirectoryEntry | None:
    """Whoever deals with it; how long a first answer takes only as long as there is none."""
    entry = _entry(story, last, directory) if last.type in _WITH_A_TEAM else None
    return entry.model_copy(update=_ANSWERED) if entry and is_answered(told) else entry


def _reasons(decision: Fact, known: Sequence[Reasons]) -> str | None:
    return next((one.reasons for one in known if one.case_id == decision.stream), None)


def _outcome(decision: Fact) -> Phrase:
    asked = FUNDING.get(decision.text("funding") or "", say("the provision that was asked for"))
    provision = PROVISIONS.get(decision.text("provision") or "", asked)
    return {
        "agreed": say("The council agreed to {provision}.", provision=provision),
        "not-agreed": say("The council did not agree to what was asked for."),
        "more-information": say("The council needs more information before it can decide."),
    }.get(decision.text("outcome") or "", say("The council has made its decision."))


_ANSWERED = {"expected_wait_days": None, "expected_wait_p80_days": None}
#: A team of which nothing is told but how long it takes.
_NAMELESS = {
    "entry": "",
    "code": "",
    "name": "",
    "does": "",
    "advice_line": None,
    "opening_hours": None,
    "meanwhile": None,
}
#: What was issued, and what was corrected since: the last one holds.
_DECISIONS = ("decision.issued.v1", "decision.corrected.v1")
#: After these the team's wait and its advice for the time until then say nothing any more.
_WITHOUT_A_TEAM = {
    "referral.withdrawn.v1",
    "referral.closed.v1",
    "referral.stepped.v1",
    "case.withdrawn.v1",
    *_DECISIONS,
    *places.STANDING,
}
_WITH_A_TEAM = frozenset(STANDING) - _WITHOUT_A_TEAM
