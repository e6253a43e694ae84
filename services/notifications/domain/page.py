"""What the family reads: what happened, who has the referral now, what comes next and by when.

The sentences stand in `sentences`, one for each kind of fact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chassis.calendar import london_date
from services.notifications.domain import sentences_of_places as places
from services.notifications.domain.background import DirectoryEntry, Reasons, entry_of
from services.notifications.domain.dates import Coming, to_come
from services.notifications.domain.said import FamilyWords
from services.notifications.domain.sentences import FUNDING, HAPPENED, PROVISIONS, STANDING
from services.notifications.domain.standing import Standing, plain
from services.notifications.domain.story import Fact, Story, destination

__all__ = ["Directory", "Page", "Step", "page", "plain", "withheld"]

Directory = Mapping[str, DirectoryEntry]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, on a day in London."""

    on: date
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on a family's page. ``team`` is the directory's entry of whoever deals with it now.

    ``locked``: there is more, for whoever shows by a second way that it is theirs.
    """

    reference: str
    steps: tuple[Step, ...]
    standing: Standing
    team: DirectoryEntry | None
    outcome: str | None
    reasons: str | None
    locked: bool = False
    said: tuple[FamilyWords, ...] = ()
    dates: tuple[Coming, ...] = ()


def page(
    story: Story,
    directory: Directory,
    reasons: Sequence[Reasons],
    reader: str | None = None,
    said: Sequence[FamilyWords] = (),
    today: date = date.min,
) -> Page:
    """The page of a referral that has been received, for one ``reader``: what another wrote is not theirs to see."""
    told = [
        fact for fact in story.in_order if fact.type in HAPPENED and fact.text("person_id") in (None, reader)
    ]
    steps = tuple(
        Step(london_date(fact.at), HAPPENED[fact.type](fact, _name(story, fact, directory))) for fact in told
    )
    last = next(fact for fact in reversed(told) if fact.type in STANDING)
    team = directory.get(entry_of(destination(story, last) or ""))
    decision = next((fact for fact in reversed(told) if fact.type in _DECISIONS), None)
    return Page(
        reference=story.reference or "",
        steps=steps,
        standing=STANDING[last.type](last, _name(story, last, directory)),
        team=team if last.type in _WITH_A_TEAM else None,
        outcome=_outcome(decision) if decision else None,
        reasons=_reasons(decision, reasons) if decision else None,
        said=tuple(said),
        dates=to_come(last, today),
    )


def withheld(whole: Page) -> Page:
    """The page without what is personal: all that whoever holds the link alone is shown."""
    return replace(
        whole,
        outcome=None,
        reasons=None,
        said=tuple(each.model_copy(update={"words": "", "answer": None}) for each in whole.said),
        locked=whole.outcome is not None,
    )


def _name(story: Story, fact: Fact, directory: Directory) -> str:
    entry = directory.get(entry_of(destination(story, fact) or ""))
    return entry.name if entry else "the team that deals with it"


def _reasons(decision: Fact, known: Sequence[Reasons]) -> str | None:
    return next((one.reasons for one in known if one.case_id == decision.stream), None)


def _outcome(decision: Fact) -> str:
    asked = FUNDING.get(decision.text("funding") or "", "the provision that was asked for")
    provision = PROVISIONS.get(decision.text("provision") or "", asked)
    return {
        "agreed": f"The authority agreed to {provision}.",
        "not-agreed": "The authority did not agree to what was asked for.",
        "more-information": "The authority needs more information before it can decide.",
    }.get(decision.text("outcome") or "", "The authority has made its decision.")


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
