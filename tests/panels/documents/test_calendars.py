"""Calendars that phones and computers subscribe to: what is in them, and who has an address of one."""

import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx2
from icalendar import Calendar

from chassis.web.people import Grant, Member
from services.panels.documents.feeds import Entry, calendar, concerns
from services.panels.domain.sittings.members import Seat
from services.panels.domain.sittings.sitting import Cancelled, Sitting
from tests.panels.builders import MONDAY, THURSDAY_5_MARCH, PanelsBench, a_routed_referral
from tests.panels.conftest import House
from tests.panels.test_pages import Visitor, as_


def a_sitting(**changes: Any) -> Sitting:
    return PanelsBench().sitting().model_copy(update=changes)


def the_calendar(*entries: Entry) -> Any:
    return Calendar.from_ical(calendar("Sittings", entries, str.title, "panels.919.fingerpost", MONDAY))


def the_event(sitting: Sitting, revision: int = 1) -> Any:
    (event,) = the_calendar(Entry(sitting, revision)).walk("VEVENT")
    return event


def test_a_sitting_is_an_event_in_the_hours_of_london() -> None:
    event = the_event(a_sitting(minutes=240))
    assert event["summary"] == "Placement"
    assert event["uid"] == f"{THURSDAY_5_MARCH}@panels.919.fingerpost"
    assert event["dtstart"].to_ical() == b"20260305T093000"
    assert event["dtstart"].params["TZID"] == "Europe/London"
    assert event["dtend"].dt - event["dtstart"].dt == timedelta(hours=4)
    assert "17:00 on Thursday 26 February 2026" in event["description"]


def test_the_calendar_brings_the_rules_of_london_s_summer_time() -> None:
    after = a_sitting(sits_at=datetime(2026, 3, 31, 8, 30, tzinfo=UTC))
    made = the_calendar(Entry(a_sitting(), 1), Entry(after, 1))
    (zone,) = made.walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/London"
    assert {part.name for part in zone.subcomponents} == {"STANDARD", "DAYLIGHT"}
    assert [event["dtstart"].dt.strftime("%H:%M") for event in made.walk("VEVENT")] == ["09:30", "09:30"]


def test_a_sitting_that_changes_stays_the_same_event_with_a_higher_sequence() -> None:
    before, after = the_event(a_sitting(), 3), the_event(a_sitting(status="cancelled"), 4)
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (3, 4)
    assert (before["status"], after["status"]) == ("CONFIRMED", "CANCELLED")


def test_a_sitting_that_was_moved_says_where_to() -> None:
    moved = Cancelled(reason="other", at=MONDAY, moved_to=date(2026, 3, 6))
    event = the_event(a_sitting(status="cancelled", cancelled=moved))
    assert "moved to Friday 6 March 2026" in event["description"]
    assert event["status"] == "CANCELLED"


def test_a_sitting_concerns_those_with_a_seat_and_all_who_work_with_its_panel() -> None:
    def whom(sitting: Sitting, role: str, scope: str | None = None) -> bool:
        return concerns(Member("ann", "Ann", frozenset({Grant(role, scope)})), sitting)

    hers = a_sitting(members=(Seat(staff_id="ann", seat="head"),))
    others = a_sitting(members=(Seat(staff_id="bo", seat="head"),))
    assert [whom(each, "panel-member") for each in (hers, others, a_sitting())] == [True, False, True]
    assert whom(others, "panel-coordinator")
    assert not whom(others, "panel-coordinator", "another")
    assert not whom(a_sitting(), "school-user")


async def an_address(visitor: Visitor) -> str:
    page = await visitor.post("/calendar", do="make")
    found = re.search(r"http://here(/calendar/[A-Za-z0-9_-]{43}\.ics)", page.text)
    assert found is not None, page.text
    return found[1]


async def read_by_anybody(house: House, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=house.web, base_url="http://here") as anybody:
        return await anybody.get(path)


async def test_an_address_is_shown_once_opens_the_calendar_and_is_kept_as_a_digest(house: House) -> None:
    await house.hear(a_routed_referral())
    member = await as_(house, "member")
    assert "You have no address yet" in (await member.get("/calendar")).text
    path = await an_address(member)
    answer = await read_by_anybody(house, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert len(Calendar.from_ical(answer.content).walk("VEVENT")) == 32
    again = (await member.get("/calendar")).text
    assert path not in again
    assert "It cannot be shown again" in again
    word = path.removeprefix("/calendar/").removesuffix(".ics")
    (kept,) = await house.pool.fetch("SELECT * FROM calendar_feed")
    assert kept["sha256"] == sha256(word.encode()).digest()
    assert word not in str(dict(kept))


async def test_an_address_ends_when_it_is_ended_made_anew_or_its_owner_leaves(house: House) -> None:
    member = await as_(house, "member")
    first = await an_address(member)
    second = await an_address(member)
    assert [(await read_by_anybody(house, each)).status_code for each in (first, second)] == [404, 200]
    await member.post("/calendar", do="end")
    assert (await read_by_anybody(house, second)).status_code == 404
    third = await an_address(member)
    await house.pool.execute(
        "UPDATE staff SET state = (state::jsonb || '{\"active\": false}')::json WHERE id = 'member'"
    )
    assert (await read_by_anybody(house, third)).status_code == 404
    assert (await read_by_anybody(house, "/calendar/guessed.ics")).status_code == 404


async def test_only_those_who_have_to_do_with_panels_make_an_address(house: House) -> None:
    school = await as_(house, "school")
    assert (await school.get("/calendar")).status_code == 403
    assert (await school.post("/calendar", do="make")).status_code == 403


async def test_the_calendar_for_everybody_names_no_case_and_nobody(house: House) -> None:
    await house.hear(a_routed_referral())
    await as_(house, "member")
    await house.pool.execute(
        "UPDATE sitting SET state = (state::jsonb || $1::jsonb)::json",
        '{"members": [{"staff_id": "member", "seat": "head"}]}',
    )
    answer = await read_by_anybody(house, "/about-panels.ics")
    assert answer.status_code == 200
    text = answer.text.replace("\r\n ", "")
    assert text.count("BEGIN:VEVENT") == 32
    assert not any(words in text for words in ("Member", "member", a_routed_referral().reference, "ATTENDEE"))
