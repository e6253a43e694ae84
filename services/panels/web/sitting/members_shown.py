"""What the page of a sitting's members shows: who may sit where, who does, and who should stand aside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from chassis.staff import Colleague
from chassis.web.fields import options
from chassis.web.people import Person
from services.panels import views
from services.panels.domain.cases.case import Case
from services.panels.domain.day.quorum import lacking, left
from services.panels.domain.panels.membership import Members, SeatOf
from services.panels.domain.sittings.members import AsideReason, Attends, Seat
from services.panels.domain.sittings.seating import as_before, fit_for, of_the_schools, seen
from services.panels.domain.sittings.sitting import Sitting
from services.panels.storage import Filled
from services.panels.web.desk import Desk

ASIDE_REASONS: dict[AsideReason, str] = {
    "current-school": "the child is at the member’s school",
    "asked-school": "the member’s school is asked for",
    "declared-interest": "the member declared an interest",
}
ATTENDS: dict[Attends, str] = {"unknown": "not known yet", "yes": "comes", "no": "does not come"}
assert set(ATTENDS) == set(get_args(Attends))
assert set(ASIDE_REASONS) == set(get_args(AsideReason))


@dataclass(frozen=True, slots=True)
class Table:
    """A sitting with all that its members are chosen from; ``cases`` are those that the reader may see."""

    desk: Desk
    person: Person
    filled: Filled
    sittings: Sequence[Sitting]
    colleagues: Mapping[str, Colleague]
    cases: Sequence[Case]

    @property
    def sitting(self) -> Sitting:
        """The sitting as it is now."""
        return self.filled.sitting

    @property
    def there(self) -> Mapping[str, Colleague]:
        """Its members by id, each once."""
        ids = dict.fromkeys(each.staff_id for each in self.sitting.members)
        return {id: self.colleagues[id] for id in ids if id in self.colleagues}

    def name(self, staff_id: str) -> str:
        """What somebody is called."""
        known = self.colleagues.get(staff_id)
        return known.name if known else "somebody who is not known here any more"


def seats_of(desk: Desk, sitting: Sitting) -> Members:
    """The seats of the panel on the sitting's day."""
    panel = desk.book.at(sitting.panel, sitting.sits_on)
    return panel.members if panel else Members()


def shown(table: Table, seated: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, Any]:
    """What the page is made from; ``seated`` was typed into the form of the seats, ``typed`` into either."""
    sitting, desk, there = table.sitting, table.desk, table.there
    members = seats_of(desk, sitting)
    panel = desk.book.at(sitting.panel, sitting.sits_on)
    open_now = sitting.signed is None and sitting.status not in ("lapsed", "cancelled")
    proposed = as_before(table.sittings, sitting)
    return {
        "sitting": views.of_sitting(table.filled),
        "panel": views.panel_name(desk.book, sitting.panel),
        "seats": [each for seat in members.seats for each in _places(table, members, seat, proposed, seated)],
        "seen": seated.get("seen", " ".join(seen(sitting))),
        "from_before": bool(proposed) and not sitting.members,
        "named": [
            (members.name(each.seat), table.name(each.staff_id), ATTENDS[each.attends])
            for each in sitting.members
        ],
        "lacking": lacking(panel.quorum, left(sitting.members, (), "")) if panel and open_now else (),
        "aside": list(_asides(table)),
        "suggested": list(_suggested(table)),
        "members": _items({id: each.name for id, each in there.items()}, typed.get("staff", "")),
        "cases": _items({each.case_id: each.reference for each in table.cases}, typed.get("case", "")),
        "reasons": options(ASIDE_REASONS),
        "may_seat": open_now and desk.sees_panel(table.person, sitting.panel, "case:coordinate"),
        "own": table.person.id if open_now and table.person.id in there else None,
    }


def _places(
    table: Table, members: Members, seat: SeatOf, proposed: Sequence[Seat], typed: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    sitting = table.sitting
    fit = {
        id: each.name
        for id, each in sorted(table.colleagues.items(), key=lambda one: one[1].name)
        if fit_for(members, sitting.panel, seat.seat, each, sitting.sits_on)
    }
    taken = [each for each in proposed if each.seat == seat.seat]
    for number in range(seat.places):
        now = taken[number] if number < len(taken) else None
        name = f"{seat.seat}-{number}"
        chosen = typed.get(name, "" if typed or now is None else now.staff_id)
        attends = typed.get(f"attends-{name}", now.attends if now else "unknown")
        yield {
            "field": name,
            "seat": seat.seat,
            "label": seat.name if seat.places == 1 else f"{seat.name}, {number + 1}",
            "first": number == 0,
            "people": [{"value": "", "text": "Nobody"}, *_items(fit, chosen)],
            "attends": _items({code: words.capitalize() for code, words in ATTENDS.items()}, attends),
        }


def _items(words: Mapping[Any, str], chosen: str) -> list[dict[str, Any]]:
    return [{"value": code, "text": text, "selected": code == chosen} for code, text in words.items()]


def _asides(table: Table) -> Iterable[dict[str, Any]]:
    references = {case.case_id: case.reference for case in table.cases}
    for each in table.sitting.aside:
        if each.case_id in references:
            yield each.model_dump() | {
                "name": table.name(each.staff_id),
                "reference": references[each.case_id],
                "reason": ASIDE_REASONS[each.why],
            }


def _suggested(table: Table) -> Iterable[dict[str, Any]]:
    """Who works at the school of a child on the batch, or stood aside for it elsewhere, and does not yet here."""
    done = {(each.staff_id, each.case_id) for each in table.sitting.aside}
    on_batch = [case for case in table.cases if case.case_id in table.sitting.case_ids]
    references = {case.case_id: case.reference for case in on_batch}
    found = {
        (each.staff_id, each.case_id): (each.why, each.words)
        for sitting in table.sittings
        for each in sitting.aside
        if each.staff_id in table.there and each.case_id in references
    }
    at_school = of_the_schools(on_batch, table.there, table.sitting.sits_on)
    found |= {(staff_id, case_id): (why, "") for staff_id, case_id, why in at_school}
    for (staff_id, case_id), (why, words) in found.items():
        if (staff_id, case_id) not in done:
            yield {
                "staff_id": staff_id,
                "case_id": case_id,
                "why": why,
                "words": words,
                "name": table.name(staff_id),
                "reference": references[case_id],
            }
