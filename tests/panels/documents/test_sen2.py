"""The files of the SEN2 return: the return's own columns, rows that join, and nothing that is not known."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal_v1 import PersonDetails
from schemas.staff_v1 import ReferralRestricted
from services.panels import sen2_command
from services.panels.documents.sen2 import COLUMNS, Known, belongs, modules
from services.panels.documents.sen2_notes import GAPS, notes
from services.panels.documents.sen2_outcomes import assessment_outcome, request_outcome
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.heard import Child
from services.panels.domain.placing.placement import Ended, Offer, Placement
from tests.panels import test_pages
from tests.panels.builders import MONDAY, PanelsBench, a_referral_id, a_routed_referral, an_ask
from tests.panels.conftest import House
from tests.panels.test_pages import as_
from tests.support.commands import typed

ROBIN = Child(given_name="Robin", family_name="Łoś")
REVIEWED = an_ask(
    trigger="annual-review", request_received=None, draft_served=None, review_meeting=date(2026, 1, 20)
)
PARENTS = {
    "requests": ("persontableid", "person"),
    "assessment": ("requeststableid", "requests"),
    "activeplans": ("requeststableid", "requests"),
    "placementdetail": ("activeplanstableid", "activeplans"),
    "senneed": ("activeplanstableid", "activeplans"),
}


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(test_pages.ROLES, "manager", "service-manager")


def known(placement: Placement | None = None, child: Child | None = ROBIN, **changes: Any) -> Known:
    bench = PanelsBench()
    bench.open_cases(1, **changes)
    case = bench.case()
    return Known(case, case.child_id, child, placement)


def placed(kind: Any = "special-school", **changes: Any) -> Placement:
    """A child that started at a school on 13 April 2026."""
    offer = Offer(
        places_id="p", setting="117201", kind=kind, starts_on=date(2026, 4, 13), offered_at=MONDAY,
        reply_by=date(2026, 3, 27),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "placement_id": "placement", "referral_id": a_referral_id(), "reference": "4HW9-ZB6N-XCEB",
        "panel": "placement", "child_id": "child", "urn": "117215", "area": "DSPL7", "phase": "primary", "need": "ASD",
        "status": "started", "awaited_at": MONDAY, "offer": offer, "started_on": date(2026, 4, 13),
    }  # fmt: skip
    return Placement(**(fields | changes))


def filled(module: str, *cases: Known, year: int = 2026) -> list[dict[str, str]]:
    """The rows of a module, each with its cells that are not empty."""
    rows = modules(cases, year)[module]
    return [{k: v for k, v in zip(COLUMNS[module], row, strict=True) if v} for row in rows]


def test_a_draft_plan_is_a_request_and_an_assessment_and_no_plan_yet() -> None:
    one = known()
    case_id = one.case.case_id
    assert filled("person", one) == [
        {"persontableid": one.child_id, "personorderseqcolumn": "1", "surname": "Łoś", "forename": "Robin"}
    ]
    assert filled("requests", one) == [
        {
            "requeststableid": case_id, "requestsorderseqcolumn": "1", "persontableid": one.child_id,
            "receiveddate": "2025-12-15",
        }
    ]  # fmt: skip
    (assessed,) = filled("assessment", one)
    assert (assessed["assessmentoutcome"], assessed["week20"]) == ("Y", "0")
    assert filled("activeplans", one) == []


def test_an_annual_review_is_a_plan_with_its_meeting_and_its_need() -> None:
    one, reviewed = known(), _reviewed()
    assert filled("assessment", reviewed) == []
    (plan,) = filled("activeplans", reviewed)
    assert plan["reviewmeeting"] == "2026-01-20"
    assert [row["sentype"] for row in filled("senneed", reviewed)] == ["ASD"]
    assert filled("senneed", one) == []


def _reviewed(**changes: Any) -> Known:
    bench = PanelsBench()
    bench.deliver(a_routed_referral(1, placement=REVIEWED, **changes))
    case = bench.case()
    return Known(case, case.child_id, None, None)


def test_no_specialist_assessment_is_no_need_of_the_return() -> None:
    assert filled("senneed", _reviewed(primary_need="NSA")) == []


def test_a_child_that_started_has_a_plan_and_a_place() -> None:
    ended = Ended(reason="moved-away", ended_on=date(2026, 6, 1), returns_on=None, at=MONDAY)
    (base,) = filled("placementdetail", known(placed("specialist-resource-provision", ended=ended)))
    assert (base["urn"], base["entrydate"], base["leavingdate"]) == ("117201", "2026-04-13", "2026-06-01")
    assert (base["resourcedprovisionindicator"], base["placementrank"]) == ("1", "1")
    assert len(filled("activeplans", known(placed()))) == 1
    assert filled("placementdetail", known(placed(started_on=None))) == []


def test_a_case_is_of_the_years_in_which_something_of_it_was() -> None:
    case = known().case
    assert [year for year in range(2023, 2030) if belongs(case, None, year)] == [2025]
    assert [year for year in range(2023, 2030) if belongs(case, placed(), year)] == [
        2025,
        2026,
        2027,
        2028,
        2029,
    ]


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans()), max_size=8))
def test_every_row_has_its_columns_and_its_parent(cases: list[tuple[int, bool, bool]]) -> None:
    base, reviewed = known(), _reviewed()
    found = []
    for n, (child, started, review) in enumerate(cases):
        one = reviewed if review else base
        case = one.case.model_copy(update={"case_id": f"case-{n}"})
        found.append(Known(case, f"child-{child}", ROBIN, placed() if started else None))
    rows = modules(found, 2026)
    ids = {module: {row[0] for row in rows[module]} for module in COLUMNS}
    for module, columns in COLUMNS.items():
        assert all(len(row) == len(columns) for row in rows[module])
        assert len({row[0] for row in rows[module]}) == len(rows[module]) or module == "placementdetail"
        if module in PARENTS:
            column, parent = PARENTS[module]
            assert {row[columns.index(column)] for row in rows[module]} <= ids[parent]


DECIDED = {"assessment_decided": date(2025, 1, 20)}


@pytest.mark.parametrize(
    ("year", "days", "request_", "assessment"),
    [
        (2025, DECIDED | {"draft_served": date(2025, 4, 1)}, ("Y", date(2025, 1, 20)), "Y"),
        (2024, DECIDED | {"draft_served": date(2025, 4, 1)}, ("A", None), "A"),
        (2026, DECIDED | {"draft_served": date(2026, 1, 9)}, ("H", None), "Y"),
        (2026, DECIDED | {"draft_served": date(2025, 4, 1)}, ("H", None), ""),
        (2025, {"draft_served": date(2025, 4, 1)}, ("", None), "Y"),
        (2025, {"request_received": date(2025, 1, 2), "draft_served": date(2025, 4, 1)}, ("Y", None), "Y"),
        (2026, {"draft_served": date(2025, 12, 31)}, ("H", None), ""),
        (2024, {"draft_served": date(2025, 4, 1)}, ("", None), "A"),
        (2025, {"draft_served": None}, ("", None), ""),
    ],
)
def test_an_outcome_is_told_where_the_days_settle_it_and_nowhere_else(
    year: int, days: dict[str, date | None], request_: tuple[str, date | None], assessment: str
) -> None:
    case = known().case
    dates = case.dates.model_copy(update={"request_received": date(2024, 12, 2)} | days)
    case = case.model_copy(update={"dates": dates})
    assert request_outcome(case, year) == request_
    assert assessment_outcome(case, None, year) == (assessment, None)


def test_a_plan_is_history_once_the_child_is_at_its_place_or_it_was_reviewed() -> None:
    case = known().case  # its draft was served in January 2026, the child started in April
    assert assessment_outcome(case, placed(), 2027) == ("H", None)
    assert assessment_outcome(case, placed(started_on=date(2027, 1, 4)), 2027) == ("", None)
    assert [request_outcome(_reviewed().case, year)[0] for year in (2026, 2027)] == ["", "H"]


def test_where_it_is_history_or_not_decided_the_return_asks_nothing_more() -> None:
    (before,) = filled("assessment", known(placed()), year=2027)
    assert set(before) == {
        "assessmenttableid",
        "requeststableid",
        "assessmentorderseqcolumn",
        "assessmentoutcome",
    }
    unassessed = known().case.dates.model_copy(update={"assessment_decided": date(2026, 1, 5)})
    early = Known(known().case.model_copy(update={"dates": unassessed}), "child", None, None)
    assert filled("requests", early, year=2025)[0]["requestoutcome"] == "A"
    assert filled("assessment", early, year=2025) == []


def test_a_setting_with_a_code_of_its_own_has_no_urn_and_a_hearing_base_is_resourced() -> None:
    (base,) = filled("placementdetail", known(placed("hearing-impairment-base")))
    assert (base["urn"], base["resourcedprovisionindicator"]) == ("117201", "1")
    own = placed()
    assert own.offer is not None
    own = own.model_copy(update={"offer": own.offer.model_copy(update={"setting": "S-WARE-NURSERY"})})
    assert "urn" not in filled("placementdetail", known(own))[0]


def test_local_high_needs_funding_is_of_no_year() -> None:
    case = known().case.model_copy(update={"kind": "high-needs-funding"})
    assert not any(belongs(case, None, year) for year in range(2023, 2030))


def test_the_notes_name_every_module_that_is_made() -> None:
    text = notes(2025, date(2026, 1, 15), 3, 1)
    for module in COLUMNS:
        assert module in text
    assert all(lacks in text for _, lacks in GAPS.values())


async def two_cases(house: House) -> None:
    """A draft plan, and another that is restricted to somebody else."""
    await house.hear(a_routed_referral(1), a_routed_referral(2))
    child = {"relation": "child", "given_name": "=Robin", "family_name": "Łoś", "may_be_told": False}
    await house.hear(PersonDetails(person_id=a_routed_referral(1).child_id, **child))
    await house.hear(ReferralRestricted(referral_id=a_referral_id(2), named=("tom",), restricted_at=MONDAY))


async def test_a_manager_takes_the_files_without_what_is_restricted_and_it_is_recorded(house: House) -> None:
    await two_cases(house)
    manager = await as_(house, "manager")
    page = (await manager.get("/sen2")).text
    assert "/sen2.zip?year=2025" in page
    assert "The same stands in NOTES.txt" in page
    assert "UKPRN, and sensetting for settings without a URN" in page
    answer = await manager.get("/sen2.zip?year=2025")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert set(archive.namelist()) == {f"{module}.csv" for module in COLUMNS} | {"NOTES.txt"}
    rows = list(csv.reader(io.StringIO(archive.read("person.csv").decode(), newline="")))
    assert rows[0] == list(COLUMNS["person"])
    assert [row[5:7] for row in rows[1:]] == [["Łoś", "'=Robin"]]
    assert "1 cases; 1 more are restricted" in archive.read("NOTES.txt").decode()
    log = await house.pool.fetch("SELECT what, subject FROM access_log WHERE who = 'staff:manager'")
    assert {tuple(row) for row in log} == {("return", "sen2-2025"), ("export", case_id_of(a_referral_id(1)))}


@pytest.mark.parametrize("name", ["tom", "officer", "ehc", "member", "school"])
async def test_nobody_else_makes_the_return(house: House, name: str) -> None:
    other = await as_(house, name)
    assert [(await other.get(path)).status_code for path in ("/sen2", "/sen2.zip?year=2025")] == [403, 403]


async def test_an_operator_writes_the_files_into_an_empty_folder(house: House, tmp_path: Path) -> None:
    await two_cases(house)
    to = str(tmp_path / "return")
    done = await typed(house.running, sen2_command.add, "sen2", "2025", "--to", to)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "return" / "requests.csv").read_text().count("\n") == 2
    again = await typed(house.running, sen2_command.add, "sen2", "2025", "--to", to)
    assert (again.exit_code, "not empty" in again.output) == (2, True)
