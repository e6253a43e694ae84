"""The agenda pack of one member: what its pages say. Pure.

A member's pack leaves out each case for which the member stands aside, and whatever they may not see: who makes it
gives only what may stand in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chassis.calendar import london_date
from chassis.english import capital, hour_in_words, in_words, with_weekday
from chassis.typesetting.printable import paragraphs
from schemas.words import ITEMS, OWNERS, PROVISIONS, TRIGGERS
from services.panels.domain.cases.case import Case, Deferral
from services.panels.domain.cases.papers import PaperState, checklist
from services.panels.domain.legal.clocks import Clock
from services.panels.domain.panels.panel import Panel
from services.panels.domain.sittings.sitting import Sitting
from services.panels.domain.words import PHASES
from services.panels.storage import Background

MARKING = "OFFICIAL-SENSITIVE"
_ATTENDS = {"yes": "Yes", "no": "No", "unknown": "Not known"}


@dataclass(frozen=True, slots=True)
class Seated:
    """One member of a sitting by name: their seat, and whether they come."""

    staff_id: str
    name: str
    seat: str
    attends: str = "unknown"


@dataclass(frozen=True, slots=True)
class Item:
    """One case of the agenda with what other services told of it."""

    case: Case
    known: Background


def is_ready(sitting: Sitting) -> bool:
    """Whether packs can be given out: papers have closed, so that the batch is what will be heard."""
    return sitting.status in ("locked", "held", "signed")


def pack(
    council: str, panel: Panel, sitting: Sitting, reader: Seated, seats: Sequence[Seated],
    items: Sequence[Item], aside: int, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The data of the template ``pack``. ``aside``: for how many cases of the agenda the reader stands aside."""
    heading = f"Agenda pack for the sitting of {with_weekday(sitting.sits_on)}"
    return {
        "title": f"{heading}, {panel.name}",
        "council": council,
        "marking": MARKING,
        "panel": panel.name,
        "heading": heading,
        "draft": not is_ready(sitting),
        "cover": [
            ["For", f"{reader.name} ({in_plain(reader.seat)})"],
            ["Sits at", hour_in_words(sitting.sits_at)],
            ["Papers close" if not is_ready(sitting) else "Papers closed", _closing(sitting)],
            ["Cases in this copy", str(len(items))],
            ["Made", hour_in_words(now)],
        ],
        "members": [
            [capital(in_plain(each.seat)), each.name, _ATTENDS.get(each.attends, "Not known")]
            for each in seats
        ],
        "notes": _notes(aside),
        "cases": [_case(panel, item, _together(item.case, items)) for item in items],
    }


def in_plain(code: str) -> str:
    """A code as words: ``educational psychologist``."""
    return code.replace("-", " ")


def _closing(sitting: Sitting) -> str:
    return hour_in_words(sitting.papers_close_at)


def _notes(aside: int) -> list[str]:
    if not aside:
        return []
    return [
        f"Not in this copy: {aside} {'case' if aside == 1 else 'cases'} for which you stand aside. "
        "Leave the room while they are heard."
    ]


def _together(case: Case, items: Sequence[Item]) -> list[str]:
    """The references of the siblings in this copy with which a case is heard."""
    if case.siblings is None:
        return []
    others = (item.case for item in items if item.case.siblings == case.siblings)
    return [other.reference for other in others if other.case_id != case.case_id]


def _case(panel: Panel, item: Item, together: Sequence[str]) -> dict[str, Any]:
    case = item.case
    return {
        "reference": case.reference,
        "headline": _headline(case),
        "due": in_words(case.due_on) if case.due_on else "not known",
        "facts": [*_facts(item), *([["Heard together with", ", ".join(together)]] if together else [])],
        "clocks": [_clock(each) for each in case.clocks],
        "papers": [
            [capital(ITEMS[each.item]), _state(each, each.item in case.missing)]
            for each in checklist(case.papers, panel.papers.required, case.missing)
        ],
        "narrative": paragraphs(item.known.words.narrative if item.known.words else None),
        "advice": paragraphs(item.known.words.advice if item.known.words else None),
        "deferrals": [_deferral(each) for each in case.deferrals],
    }


def _headline(case: Case) -> str:
    asked = capital(PROVISIONS[case.provision]) if case.provision else "Provision not named"
    return f"Urgent. {asked}" if case.urgent else asked


def _facts(item: Item) -> list[list[str]]:
    case, child, school = item.case, item.known.child, item.known.school
    budget = {None: "not known", True: "asked for", False: "not asked for"}[case.personal_budget]
    rows = [
        ["Child", f"{child.given_name} {child.family_name}" if child else "the name has not arrived"],
        ["School", f"{school.name}, {school.town}" if school else f"URN {case.urn}"],
        ["Comes from", TRIGGERS[case.trigger]],
        ["What is asked", PROVISIONS[case.provision] if case.provision else "not named"],
        ["Need, phase and area", f"{case.need}, {PHASES[case.phase]}, {case.area}"],
        ["Personal budget", budget],
        ["Due by", _due(case.due_on)],
    ]
    if case.urgent:
        rows.append(["Urgent", f"needed by {in_words(case.need_by)}" if case.need_by else "yes"])
    return rows


def _due(day: date | None) -> str:
    return with_weekday(day) if day else "not known: its statutory dates are missing"


def _clock(clock: Clock) -> list[str]:
    sense = "by" if clock.sense == "by" else "not before"
    return [capital(clock.words), f"{sense} {with_weekday(clock.on)}", clock.source]


def _state(paper: PaperState, missing: bool) -> str:
    if not missing:
        return f"here since {in_words(paper.arrived_on)}" if paper.arrived_on else "here"
    if paper.asked_of is None or paper.bring_by is None:
        return "still missing"
    return f"still missing: asked of {OWNERS[paper.asked_of]} by {in_words(paper.bring_by)}"


def _deferral(each: Deferral) -> str:
    missing = ", ".join(ITEMS[item] for item in each.missing)
    return (
        f"On {in_words(london_date(each.deferred_at))}: {missing} missing; {OWNERS[each.owner]} was to bring it. "
        f"{each.reason}"
    ).strip()
