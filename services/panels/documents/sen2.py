"""What this service can fill of the person-level SEN2 return: rows in the columns of its specification. Pure.

SEN2 is the department's yearly survey of education, health and care plans. The columns are those in which its COLLECT
system exports the modules of the return, from version 1.2 of the specification on. A column that this service knows
nothing of is there and empty; a module of which it knows nothing is left out. `sen2_notes` says which.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chassis.calendar import london_date
from services.panels.documents.sen2_outcomes import SETTLED, assessment_outcome, request_outcome
from services.panels.domain.cases.case import Case
from services.panels.domain.heard import Child
from services.panels.domain.placing.placement import Placement

Row = tuple[str, ...]
#: Settings that somebody entered by hand have codes of their own.
_URN = re.compile("[0-9]{6}")
_RESOURCED = ("specialist-resource-provision", "hearing-impairment-base")
#: The columns of each module, by the name of its file.
COLUMNS: Mapping[str, Row] = {
    "person": (
        "persontableid", "NativeId", "personorderseqcolumn", "sourceid", "sen2tableid", "surname", "forename",
        "personbirthdate", "sex", "ethnicity", "postcode", "upn", "uniquelearnernumber", "upnunknown",
    ),
    "requests": (
        "requeststableid", "NativeId", "requestsorderseqcolumn", "sourceid", "persontableid", "receiveddate", "rya",
        "requestoutcomedate", "requestoutcome", "requestmediation", "requesttribunal", "exported",
    ),
    "assessment": (
        "assessmenttableid", "NativeId", "assessmentorderseqcolumn", "sourceid", "requeststableid", "assessmentoutcome",
        "assessmentoutcomedate", "assessmentmediation", "assessmenttribunal", "othermediation", "othertribunal",
        "week20",
    ),
    "activeplans": (
        "activeplanstableid", "NativeId", "activeplansorderseqcolumn", "sourceid", "requeststableid", "transferla",
        "reviewmeeting", "reviewoutcome", "lastreview",
    ),
    "placementdetail": (
        "placementdetailtableid", "NativeId", "placementdetailorderseqcolumn", "sourceid", "activeplanstableid", "res",
        "wbp", "urn", "ukprn", "sensetting", "sensettingother", "placementrank", "entrydate", "leavingdate",
        "senunitindicator", "resourcedprovisionindicator",
    ),
    "senneed": (
        "senneedtableid", "NativeId", "senneedorderseqcolumn", "sourceid", "activeplanstableid", "sentype",
        "sentyperank",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """One case with its child's name and the placement that followed it, as far as there are any."""

    case: Case
    child_id: str
    child: Child | None
    placement: Placement | None


def belongs(case: Case, placement: Placement | None, year: int) -> bool:
    """Whether a case is of a calendar year: asked for, reviewed or decided in it, or at a place in it.

    One of local high needs funding is of none: it asks for no plan.
    """
    if case.kind == "high-needs-funding":
        return False
    days = [case.dates.request_received, case.dates.review_meeting]
    days += [london_date(case.decision.decided_at)] if case.decision else []
    if any(day is not None and day.year == year for day in days):
        return True
    if placement is None or placement.started_on is None:
        return False
    return placement.started_on.year <= year and (
        placement.ended is None or placement.ended.ended_on.year >= year
    )


def modules(known: Sequence[Known], year: int) -> dict[str, list[Row]]:
    """The rows of each module that can be filled, as things stood when a year ended.

    Each row's parent is among those of its parent's module.
    """
    rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    persons: set[str] = set()
    for each in known:
        if each.child_id not in persons:
            persons.add(each.child_id)
            rows["person"].append(_person(each, len(persons)))
        _add(rows, "requests", _request(each, year))
        if each.case.trigger == "draft-plan":
            _add(rows, "assessment", _assessment(each, year))
        if _has_plan(each):
            _add(rows, "activeplans", _plan(each.case))
            _add(rows, "placementdetail", _placement(each))
            _add(rows, "senneed", _need(each.case))
    return rows


def _has_plan(each: Known) -> bool:
    """A plan is reviewed, or it names the place where the child has started; else it is only a draft here."""
    started = each.placement is not None and each.placement.started_on is not None
    return each.case.trigger == "annual-review" or started


def _add(rows: dict[str, list[Row]], module: str, found: Mapping[str, str] | None) -> None:
    if found is not None:
        rows[module].append(_row(module, found, len(rows[module]) + 1))


def _row(module: str, found: Mapping[str, str], number: int) -> Row:
    """The cells of a module's columns; the third of each is the row's number."""
    columns = COLUMNS[module]
    assert set(found) <= set(columns), f"no column of {module}: {set(found) - set(columns)}"
    return tuple(str(number) if at == 2 else found.get(name, "") for at, name in enumerate(columns))


def _person(each: Known, number: int) -> Row:
    name = {"surname": each.child.family_name, "forename": each.child.given_name} if each.child else {}
    return _row("person", {"persontableid": each.child_id, **name}, number)


def _request(each: Known, year: int) -> dict[str, str]:
    outcome, told_on = request_outcome(each.case, year)
    return {
        "requeststableid": each.case.case_id,
        "persontableid": each.child_id,
        "receiveddate": _day(each.case.dates.request_received),
        "requestoutcomedate": _day(told_on),
        "requestoutcome": outcome,
    }


def _assessment(each: Known, year: int) -> dict[str, str] | None:
    """An exception to the twenty weeks was claimed, or it was not. None where nobody had decided to assess yet."""
    if request_outcome(each.case, year)[0] == "A":
        return None
    outcome, _ = assessment_outcome(each.case, each.placement, year)
    claimed = "1" if each.case.exceptions else "0"
    return {
        "assessmenttableid": each.case.case_id,
        "requeststableid": each.case.case_id,
        "assessmentoutcome": outcome,
        "week20": "" if outcome in SETTLED else claimed,
    }


def _plan(case: Case) -> dict[str, str]:
    decided = london_date(case.decision.decided_at) if case.decision else None
    reviewed = case.trigger == "annual-review"
    return {
        "activeplanstableid": case.case_id,
        "requeststableid": case.case_id,
        "reviewmeeting": _day(case.dates.review_meeting) if reviewed else "",
        "lastreview": _day(decided) if reviewed else "",
    }


def _placement(each: Known) -> dict[str, str] | None:
    placed = each.placement
    if placed is None or placed.started_on is None or placed.offer is None:
        return None
    return {
        "placementdetailtableid": placed.placement_id,
        "activeplanstableid": each.case.case_id,
        "urn": placed.offer.setting if _URN.fullmatch(placed.offer.setting) else "",
        "placementrank": "1",
        "entrydate": _day(placed.started_on),
        "leavingdate": _day(placed.ended.ended_on if placed.ended else None),
        "resourcedprovisionindicator": "1" if placed.offer.kind in _RESOURCED else "0",
    }


def _need(case: Case) -> dict[str, str] | None:
    if case.need == "NSA":
        return None
    return {
        "senneedtableid": case.case_id,
        "activeplanstableid": case.case_id,
        "sentype": case.need,
        "sentyperank": "1",
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
