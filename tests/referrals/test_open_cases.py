"""A council's list of open cases: brought in with its old days, told to nobody, and once however often."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.decision import Refused
from schemas.referrals_v1 import ReferralAccepted, ReferralReceivedV2, ReferralRoutedV2
from services.referrals.bulk import Context, looked_at
from services.referrals.domain.bulk.open_cases import LAYOUT
from services.referrals.domain.intake.importing import ImportOpenCase
from services.referrals.domain.referral import REFERRAL
from services.referrals.importing import import_cases
from services.referrals.storage import by_reference, papers_of
from tests.referrals.builders import TODAY, bench, book, form, referral_id, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.lists import as_csv, as_workbook, kept, names, worked_off
from tests.referrals.people import joins

CASE: dict[str, str] = {
    "Old reference": "SEN/2025/17",
    "Child given name": "Wilf",
    "Child family name": "Hazelden",
    "Date of birth": "17/05/2016",
    "UPN": "A919400023001",
    "School URN": "900001",
    "Destination": "communication-autism",
    "Received on": "03/11/2025",
    "Accepted": "yes",
    "Accepted on": "24/11/2025",
    "Held by": "Juniper Ash",
    "Note": "Waits for a visit.",
    "Adult given name": "Ines",
    "Adult family name": "Hazelden",
    "Adult e-mail": "ines@families.example.org",
    "Adult may be told": "yes",
}
COLUMNS = names(LAYOUT.columns)
STAFF = {"juniper ash": "staff-7"}


def listed(*cases: dict[str, str]) -> bytes:
    return as_csv(cases, COLUMNS)


def looked(**changes: str) -> Any:
    (found,) = looked_at(Context(book(), TODAY, staff=STAFF), "open-cases", listed({**CASE, **changes}))
    return found


def command(**changes: str) -> ImportOpenCase:
    found = looked(**changes)
    assert found.faults == ()
    return ImportOpenCase(referral_id(), found.checked, "communication-autism", "staff-7", "mo")


def wrong(**changes: str) -> set[tuple[str, str]]:
    return {(each.column, each.code) for each in looked(**changes).faults}


async def imported(here: Office, *cases: dict[str, str], **how: bool) -> Any:
    return await import_cases(here.running, book(), listed(*cases), "mo", **how)


# Rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"School URN": "999999"}, ("School URN", "urn-unknown")),
        ({"Destination": "the nice team"}, ("Destination", "destination-unknown")),
        ({"Received on": "01/01/2027"}, ("Received on", "date-in-future")),
        ({"Accepted on": "01/11/2025"}, ("Accepted on", "date-order")),
        ({"Held by": "Nobody"}, ("Held by", "staff-unknown")),
        ({"UPN": "Q207000016049"}, ("UPN", "upn-invalid")),
        ({"Adult e-mail": ""}, ("Adult e-mail", "contact-missing")),
        ({"Adult given name": ""}, ("Adult given name", "missing")),
        ({"Destination": "placement", "Held by": ""}, ("Accepted", "panel-accepts-nothing")),
        ({"Old reference": ""}, ("Old reference", "missing")),
        ({"Child given name": "Wi\x07lf"}, ("Child given name", "unreadable-characters")),
    ],
)
def test_what_is_wrong_is_named_by_column(changes: dict[str, str], fault: tuple[str, str]) -> None:
    assert fault in wrong(**changes)


def test_the_case_stands_as_it_stood_with_its_old_days() -> None:
    here = bench()
    here.deliver(command())
    referral = here.state(REFERRAL, referral_id())
    assert referral is not None
    assert (referral.status, referral.assigned_to, referral.version) == ("accepted", "staff-7", 3)
    assert referral.received_at == datetime(2025, 11, 3, 9, tzinfo=UTC)
    assert referral.accepted_at == datetime(2025, 11, 24, 9, tzinfo=UTC)
    assert referral.answer_by < TODAY
    assert [step.what for step in referral.history] == ["received", "routed", "accepted", "assigned"]


def test_no_case_goes_to_a_team_that_left_the_data_files_after_its_list_was_checked() -> None:
    with pytest.raises(Refused, match="team-gone"):
        bench().deliver(replace(command(), destination="team-of-last-year"))


def test_every_fact_that_families_would_be_told_of_is_quiet() -> None:
    here = bench()
    here.deliver(command())
    loud = (ReferralReceivedV2, ReferralRoutedV2, ReferralAccepted)
    facts = [each for each in here.said if isinstance(each, loud)]
    assert len(facts) == 3
    assert all(each.quiet for each in facts)


def test_a_team_is_found_by_its_name_and_a_case_needs_no_more_than_it_has() -> None:
    few = ["Old reference", "Child given name", "Child family name", "Date of birth", "School URN"]
    bare = {name: CASE[name] for name in (*few, "Received on")}
    name = book().destinations["communication-autism"].name
    content = as_workbook([{**bare, "Destination": name.upper()}], [*bare, "Destination"])
    (found,) = looked_at(Context(book(), TODAY), "open-cases", content)
    assert found.faults == ()


# Over a database ----------------------------------------------------------------------------------------


async def test_the_same_file_twice_adds_nothing(office: Offices) -> None:
    here = await office()
    other = {**CASE, "Old reference": "SEN/2025/18", "UPN": upn_of(1), "Held by": ""}
    case = {**CASE, "Held by": ""}
    first, again = [await imported(here, case, other) for _ in range(2)]
    assert (first.added, first.there) == (2, 0)
    assert (again.added, again.there) == (0, 2)
    assert await here.pool.fetchval("SELECT count(*) FROM referral") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {
            "UPN": upn_of(5),
            "Date of birth": "01/02/2015",
            "Child given name": "Ann",
            "Child family name": "Oak",
        },
        {"UPN": upn_of(5)},
        {"UPN": "", "Date of birth": "01/02/2015"},
        {"UPN": "", "Child given name": "Ann", "Child family name": "Oak"},
    ],
)
async def test_another_child_under_the_same_old_reference_is_refused_and_not_lost(
    office: Offices, changes: dict[str, str]
) -> None:
    here = await office()
    case = {**CASE, "Held by": ""}
    await imported(here, {**case, "UPN": changes["UPN"] and CASE["UPN"]})
    for dry_run in (True, False):
        again = await imported(here, {**case, **changes}, with_duplicates=True, dry_run=dry_run)
        assert (again.added, again.there) == (0, 0)
        ((_, faults),) = again.refused
        assert [(each.column, each.code) for each in faults] == [
            ("Old reference", "old-reference-of-another-case")
        ]


async def test_the_number_of_a_child_that_had_none_makes_no_other_case_of_it(office: Offices) -> None:
    here = await office()
    case = {**CASE, "Held by": ""}
    await imported(here, {**case, "UPN": ""})
    assert (await imported(here, case)).there == 1


async def test_the_school_of_an_open_case_is_the_child_s_so_that_its_next_form_waits_for_nobody(
    office: Offices,
) -> None:
    here = await office()
    await imported(here, {**CASE, "Held by": ""})
    await here.refer(form(child__upn=CASE["UPN"], child__born="2016-05-17", child__given_name="Wilf"))
    assert await here.pool.fetchval("SELECT count(*) FROM person WHERE asks_school IS NOT NULL") == 0


async def test_a_rehearsal_says_what_would_be_done_and_does_nothing(office: Offices) -> None:
    here = await office()
    summary = await imported(here, {**CASE, "Held by": ""}, {**CASE, "UPN": "no"}, dry_run=True)
    assert (summary.added, [number for number, _ in summary.refused]) == (1, [3])
    assert "1 would be added" in "\n".join(summary.lines(True))
    assert await here.pool.fetchval("SELECT count(*) FROM referral") == 0


async def test_the_page_brings_cases_in_and_they_are_found_by_their_old_reference(office: Offices) -> None:
    here = await office()
    team = await joins(here, "Juniper Ash", ("team-member", "communication-autism"))
    manager = await joins(here, "Mo Ash", ("service-manager", None))
    at = await kept(manager, listed(CASE), "/open-cases")
    await manager.send(f"{at}/confirm")
    await worked_off(here)
    reference = await here.pool.fetchval("SELECT reference FROM referral")
    assert reference in (await manager.get(at)).text
    page = await team.get(f"/referrals/{reference}")
    assert "SEN/2025/17" in page.text
    assert "Wilf Hazelden" in (await manager.send("/search", q="sen/2025/17 ")).text
    async with here.pool.acquire() as conn:
        referral = await by_reference(conn, reference)
        assert referral is not None
        assert referral.assigned_to == team.id
        words = await papers_of(conn, referral.id)
        assert words is not None
        assert words.papers.narrative == "Waits for a visit."
    again = await kept(manager, listed(CASE), "/open-cases")
    await manager.send(f"{again}/confirm")
    await worked_off(here)
    assert "There already" in (await manager.get(again)).text
    assert await here.pool.fetchval("SELECT count(*) FROM referral") == 1


async def test_an_imported_case_goes_on_like_any_other(office: Offices) -> None:
    here = await office()
    await imported(here, {**CASE, "Held by": ""})
    reference = await here.pool.fetchval("SELECT reference FROM referral")
    back = {"reason": "advice-given", "advice": "Try a visual timetable."}
    assert (await here.post(f"/api/referrals/{reference}/return", back, "team")).status_code == 200
    assert (await here.said())[-1] in ("referral.returned.v1", "referral.papers.v1")
