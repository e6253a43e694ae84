"""The service report of a month: a page, a document, and who may have them."""

from datetime import date
from typing import Any

import pytest

from chassis.typesetting.setter import pdf
from schemas.staff_v1 import ReferralRestricted
from services.panels.documents import TEMPLATES
from services.panels.documents.courses import courses, reviews
from services.panels.documents.report import as_document, as_tables
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.day.commands import CorrectDecision
from services.panels.domain.judged import Judgement
from services.panels.domain.placing.placement import placement_id_of_referral
from services.panels.reporting.course import Course, Period, month
from services.panels.reporting.helped import Review
from services.panels.reporting.monthly import report
from tests.panels import conftest as panels
from tests.panels import test_pages
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, at
from tests.panels.conftest import House
from tests.panels.placing import accepted_by_the_centre, referred_to_the_centre
from tests.panels.reporting.courses import a_course, a_waiting_course
from tests.panels.test_pages import as_
from tests.panels.test_web import RECOMMENDED
from tests.support.reading import Document

MARCH = month(2026, 3)
REVIEWS = (
    Review("DSPL7", "SEMH", date(2026, 3, 2), "yes"), Review("DSPL7", "SEMH", date(2026, 3, 31), None),
    Review("DSPL1", "ASD", date(2026, 3, 9), "partly"), Review("DSPL1", "ASD", date(2026, 4, 1), "no"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(test_pages.ROLES, "manager", "service-manager")


def the_tables(*cases: Course) -> dict[str, Any]:
    return {table.key: table for table in as_tables(report(cases, MARCH), cases, REVIEWS, str.title)}


def test_the_tables_say_who_got_what_in_words() -> None:
    tables = the_tables(a_course(), a_course(need="SEMH", outcome="not-agreed", provision=None))
    assert tables["need"].rows == [
        ("Autistic spectrum disorder", "1", "1", "0", "0", "0", "0", "1", "0"),
        ("Social, emotional and mental health", "1", "0", "1", "0", "0", "0", "0", "0"),
    ]
    assert ("Half of the decisions came within", "36 days") in tables["short"].rows
    assert [row[0] for row in tables["year"].rows][0::11] == ["April 2025", "March 2026"]
    assert tables["year"].rows[-2][:4] == ("February 2026", "2", "0", "2")


def test_the_tables_say_whether_it_helped_at_the_review_by_area_and_by_need() -> None:
    tables = the_tables()
    assert tables["helped-area"].rows == [
        ("DSPL1", "1", "0", "1", "0", "0"),
        ("DSPL7", "2", "1", "0", "0", "1"),
    ]
    assert [row[0] for row in tables["helped-need"].rows] == [
        "Autistic spectrum disorder", "Social, emotional and mental health",
    ]  # fmt: skip


def test_a_month_without_cases_has_tables_all_the_same() -> None:
    tables = the_tables()
    assert tables["area"].rows == []
    assert ("Decided by the due date", "–") in tables["short"].rows


@pytest.mark.parametrize(("now", "draft"), [("2026-06-30 22:59", True), ("2026-06-30 23:01", False)])
def test_a_month_is_over_at_midnight_in_london(now: str, draft: bool) -> None:
    june = report([], month(2026, 6))
    assert as_document(june, [], [], "A council", str.title, at(now))["draft"] is draft


def test_the_document_can_be_read_aloud() -> None:
    cases = [a_course(), a_course(decided_on=date(2026, 2, 20)), a_waiting_course()]
    made = Document(
        pdf(
            TEMPLATES / "report.typ",
            as_document(report(cases, MARCH), cases, REVIEWS, "A council", str.title, MONDAY),
            MONDAY,
        )
    )
    assert made.claims_pdf_ua
    assert made.title == "Panels: service report for March 2026"
    assert (made.tags.count("Table"), made.tags.count("Figure")) == (7, 3)
    assert made.unmarked_pages() == []
    assert "Deferral rate" in made.text


async def a_month(house: House) -> None:
    """Two cases before 5 March: one decided, one sent back; a third that waits and is restricted."""
    await house.hear(*(a_routed_referral(n) for n in (1, 2, 3)))
    ids = [case_id_of(a_referral_id(n)) for n in (1, 2, 3)]
    await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": ids[:2]})
    await house.step(at("2026-03-05 10:00"))
    assert (await house.post(f"/cases/{ids[0]}/recommendation", RECOMMENDED)).status_code == 200
    back = {
        "sitting_id": THURSDAY_5_MARCH, "missing": ["health-advice"], "owner": "health", "next_on": "2026-03-20",
        "reason": "No advice yet.",
    }  # fmt: skip
    assert (await house.post(f"/cases/{ids[1]}/defer", back)).status_code == 200
    named = ReferralRestricted(referral_id=a_referral_id(3), named=("tom",), restricted_at=MONDAY)
    await house.hear(named)
    await house.step(at("2026-03-06 10:00"))
    assert (await house.post(f"/cases/{ids[0]}/decision", {}, role="officer")).status_code == 200


async def test_the_courses_are_those_of_the_cases(house: House) -> None:
    await a_month(house)
    async with house.pool.acquire() as conn, conn.transaction():
        found = await courses(conn, MARCH)
        assert await courses(conn, MARCH, ["another"]) == []
        assert await courses(conn, month(2025, 12)) == []
        before = await courses(conn, Period(date(2026, 4, 1), date(2026, 4, 30)))
    decided, back, waits = sorted(found, key=lambda each: (not each.decided_on, not each.deferred_on))
    assert decided == a_course(decided_on=date(2026, 3, 6))
    assert (back.deferred_on, back.complete_on) == ((date(2026, 3, 5),), None)
    assert waits == a_waiting_course()
    assert len(before) == 2


async def test_reviews_of_short_placements_are_counted_where_they_were_noted_and_where_nobody_said(
    house: House,
) -> None:
    for n in (1, 2, 3):
        await house.hear(
            referred_to_the_centre(n), accepted_by_the_centre(n, MONDAY, date(2026, 2, 9), date(2026, 3, 20))
        )
    first, _, third = (placement_id_of_referral(a_referral_id(n)) for n in (1, 2, 3))
    await house.step(at("2026-02-12 10:00"))
    over = {"reason": "moved-away", "ended_on": "2026-02-12"}
    assert (await house.post(f"/placements/{third}/end", over)).status_code == 200
    await house.step(at("2026-03-02 10:00"))
    looked = {"ends_on": "2026-03-20", "helped": "partly"}
    assert (await house.post(f"/placements/{first}/review", looked)).status_code == 200
    async with house.pool.acquire() as conn, conn.transaction():
        february, march = await reviews(conn, month(2026, 2)), await reviews(conn, MARCH)
        assert await reviews(conn, Period(date(2026, 2, 1), date(2026, 3, 31)), ["placement"]) == []
    assert [(each.area, each.on, each.helped) for each in march] == [("DSPL7", date(2026, 3, 2), "partly")]
    assert [(each.on, each.helped) for each in february] == [(date(2026, 2, 28), None)]


async def test_a_decision_counts_as_it_was_put_right(house: House) -> None:
    await a_month(house)
    mended = Judgement(outcome="not-agreed", provision=None, reasons="The school can meet her needs.")
    case_id = case_id_of(a_referral_id(1))
    await house.running.runner.command(CorrectDecision(case_id, "officer", mended, "The wrong box."))
    async with house.pool.acquire() as conn, conn.transaction():
        (decided,) = [each for each in await courses(conn, MARCH) if each.decided_on]
    assert (decided.outcome, decided.provision, decided.decided_on) == ("not-agreed", None, date(2026, 3, 6))


async def test_a_manager_reads_the_month_and_it_is_recorded(house: House) -> None:
    await a_month(house)
    manager = await as_(house, "manager")
    assert "March 2026" in (await manager.get("/reports")).text
    page = await manager.get("/reports/2026-03")
    assert page.status_code == 200
    assert "The month is not over" in page.text
    assert "50.0%" in page.text
    made = await manager.get("/reports/2026-03.pdf")
    assert "50.0%" in Document(made.content).text
    rows = await house.pool.fetch("SELECT who, subject FROM access_log WHERE what = 'report'")
    assert [tuple(row) for row in rows] == [("staff:manager", "2026-03")] * 2


async def test_a_manager_finds_the_way_to_what_teams_brought(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = panels.settings(neighbours="referrals=https://referrals.example").neighbours
    monkeypatch.setattr(
        house.running, "settings", panels.settings().model_copy(update={"neighbours": elsewhere})
    )
    way = "https://referrals.example/did-it-help?month=2026-02"
    assert way in (await (await as_(house, "manager")).get("/reports/2026-02")).text
    assert way not in (await (await as_(house, "tom")).get("/reports/2026-02")).text


@pytest.mark.parametrize("named", ["2026-13", "2027-01", "26-03", "march", "2026-03-01", "２０２６-03"])
async def test_there_is_no_report_of_what_is_no_month_or_lies_ahead(house: House, named: str) -> None:
    manager = await as_(house, "manager")
    assert (await manager.get(f"/reports/{named}")).status_code == 404
    assert (await manager.get(f"/reports/{named}.pdf")).status_code == 404


async def test_figures_are_for_those_who_answer_for_them_and_of_their_panels(house: House) -> None:
    await a_month(house)
    for name, status in (("tom", 200), ("officer", 200), ("member", 403), ("ehc", 403), ("school", 403)):
        visitor = await as_(house, name)
        for path in ("/reports", "/reports/2026-03", "/reports/2026-03.pdf"):
            assert (await visitor.get(path)).status_code == status, (name, path)
    other = await (await as_(house, "max", scope="another")).get("/reports/2026-03")
    assert "Placement and Provision Panel" not in other.text
