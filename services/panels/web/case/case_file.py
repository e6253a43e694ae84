"""A case's checklist, time limits and timeline, as its page shows them. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

from chassis.english import capital, in_words, with_weekday
from schemas.words import ITEMS, OWNERS, PROVISIONS, TRIGGERS
from services.panels.domain.cases.case import Case, Step
from services.panels.domain.cases.papers import PaperState, checklist
from services.panels.domain.heard import School
from services.panels.domain.legal.dates import Claimed
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.web.case.case_words import EXCEPTIONS, HAPPENED, STATES, TRANSFERS
from services.panels.web.case.clock_picture import Picture, picture_of, stands


@dataclass(frozen=True, slots=True)
class Paper:
    """One line of the checklist: the paper, whether it is there, and what is known of it in words."""

    name: str
    there: bool
    words: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of the time limits: what it is, its day, where it stands, and what the law calls it."""

    words: str
    ends: str
    stands: str
    source: str
    claimed: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class File:
    """What the page of a case shows beside its story."""

    trigger: str
    provision: str | None
    setting: School | None
    transfer: str | None
    papers: list[Paper]
    picture: Picture | None
    limits: list[Limit]
    exceptions: list[str]
    timeline: list[Line]


def of_case(book: PanelBook, case: Case, today: date, setting: School | None) -> File:
    """A case's file on a day; ``setting`` is the one that its family names."""
    return File(
        trigger=TRIGGERS[case.trigger],
        provision=PROVISIONS[case.provision] if case.provision else None,
        setting=setting,
        transfer=TRANSFERS[case.transfer.to] if case.transfer else None,
        papers=papers_of(case, book.at(case.panel, today), today),
        picture=picture_of(case, today),
        limits=limits_of(case, today),
        exceptions=[_exception(each) for each in case.exceptions],
        timeline=timeline_of(case),
    )


def _exception(claimed: Claimed) -> str:
    until = f" to {in_words(claimed.last)}" if claimed.last else " on, not ended yet"
    words = EXCEPTIONS[claimed.kind]
    return f"{capital(words)}: from {in_words(claimed.first)}{until}. {claimed.words}"


def papers_of(case: Case, panel: Panel | None, today: date) -> list[Paper]:
    """The checklist on a day: every paper that the panel asks for or the case lacks."""
    required = panel.papers.required if panel else ()
    return [
        Paper(ITEMS[each.item], each.item not in case.missing, _about(case, each, today))
        for each in checklist(case.papers, required, case.missing)
    ]


def _about(case: Case, paper: PaperState, today: date) -> str:
    """When it came and from whom; or who brings it by when."""
    if paper.item not in case.missing:
        by = f", from {OWNERS[paper.brought_by]}" if paper.brought_by else ""
        return f"arrived on {in_words(paper.arrived_on)}{by}" if paper.arrived_on else ""
    last = case.deferrals[-1] if case.status == "deferred" else None
    if paper.asked_of and paper.bring_by and paper.arrived_on is None:
        late = ", which has passed" if paper.bring_by < today else ""
        return f"asked of {OWNERS[paper.asked_of]}, by {in_words(paper.bring_by)}{late}"
    if last is not None and paper.item in last.missing:
        return f"{OWNERS[last.owner]} brings it, by {in_words(last.next_on)}"
    return "nobody has been asked for it yet"


def limits_of(case: Case, today: date) -> list[Limit]:
    """The time limits in words, the earliest first."""
    return [
        Limit(
            words=capital(clock.words),
            ends=("by " if clock.sense == "by" else "not before ") + with_weekday(clock.on),
            stands=stands(clock, today),
            source=clock.source,
            claimed=" and ".join(EXCEPTIONS[each] for each in clock.claimed),
        )
        for clock in case.clocks
    ]


def timeline_of(case: Case) -> list[Line]:
    """What happened to the case, the latest first: its states, deferrals, moves and corrections."""
    lines = [Line(step.at, _step(case, step)) for step in case.history]
    lines += [Line(each.at, f"Moved {_from_to(each.was, each.to)}: {each.why}") for each in case.moves]
    lines += [Line(each.at, f"The {each.of} was corrected: {each.why}") for each in case.corrections]
    # Of two at the same moment the later one was noted last.
    return sorted(lines, key=lambda line: line.at)[::-1]


def _step(case: Case, step: Step) -> str:
    if step.what is not None:
        return HAPPENED.get(step.what, "Something was noted")
    words = STATES[step.state]
    if step.state == "deferred":
        deferral = next((each for each in case.deferrals if each.deferred_at == step.at), None)
        return f"{words}: {deferral.reason}" if deferral and deferral.reason else words
    return words


def _from_to(was: str | None, to: str | None) -> str:
    return f"from {_sitting(was)} to {_sitting(to)}"


def _sitting(sitting_id: str | None) -> str:
    """A sitting by its day, which its id ends with."""
    if sitting_id is None:
        return "the queue"
    try:
        return f"the sitting of {in_words(date.fromisoformat(sitting_id[-10:]))}"
    except ValueError:
        return "another sitting"
