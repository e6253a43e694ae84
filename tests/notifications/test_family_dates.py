"""The days to come, on the family's page and for its calendar."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from icalendar import Calendar

from services.notifications.domain import page
from services.notifications.domain.course import Timetable
from services.notifications.domain.story import Story, hear
from services.notifications.web.family.dates import calendar
from tests.notifications.builders import (
    NOW,
    decided,
    details,
    heard,
    listed,
    opened,
    received,
    routed,
    unlisted,
)
from tests.notifications.conftest import House
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]
TODAY = date(2026, 3, 2)


def days(*events: object, today: date = TODAY) -> list[tuple[str, date]]:
    story: Story | None = None
    for event in (received(), routed(), opened(), *events):
        story = hear(story, event, NOW, Timetable(())) or story  # type: ignore[arg-type]
    assert story is not None
    return [(each.field, each.on) for each in page.page(story, {}, (), today=today).dates]


def events_of(file: bytes | str) -> list[Any]:
    """The events of a calendar's file."""
    read: Any = Calendar.from_ical(file)
    return list(read.events)


def test_the_panels_date_and_the_decisions_stand_there_until_they_have_passed() -> None:
    both = [("sits_on", date(2026, 3, 18)), ("decision_by", date(2026, 3, 27))]
    assert days(listed()) == both
    assert days(listed(), today=date(2026, 3, 18)) == both
    assert days(listed(), today=date(2026, 3, 19)) == both[1:]
    assert days(listed(), heard()) == both[1:]


def test_a_date_that_does_not_hold_any_more_is_gone() -> None:
    assert days(listed(), unlisted()) == []
    assert days(listed(), heard(), decided()) == []


def test_a_day_that_is_moved_keeps_its_identity_in_the_calendar() -> None:
    story = hear(hear(None, received(), NOW, Timetable(())), listed(), NOW, Timetable(()))
    moved = hear(story, listed(sits_on=date(2026, 3, 25)), NOW, Timetable(()))
    assert story is not None
    assert moved is not None
    first, second = (
        events_of(calendar("r-1", "X", page.page(each, {}, (), today=TODAY).dates, NOW))[0]
        for each in (story, moved)
    )
    assert first["uid"] == second["uid"]
    assert (first["dtstart"].dt, second["dtstart"].dt) == (date(2026, 3, 18), date(2026, 3, 25))


async def test_the_file_for_the_calendar_says_nothing_of_the_child(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(), opened(), listed())
    link = await a_link(it)
    async with browser(it) as family:
        assert f"{link}/dates.ics" in (await family.get(link)).text
        file = await family.get(f"{link}/dates.ics")
        assert (await family.get("/f/x/dates.ics")).status_code == 404
    assert file.headers["content-type"].startswith("text/calendar")
    assert file.headers["cache-control"] == "no-store"
    said = [str(event["summary"]) for event in events_of(file.text)]
    assert said == [
        "The panel meets: ABCD-EFGH-JKM4",
        "You should have the decision by this day: ABCD-EFGH-JKM4",
    ]
    for private in ("Wilhelmina", "Quill", "SLCN", "117123", "r-1", link[3:]):
        assert private not in file.text
