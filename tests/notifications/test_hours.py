"""Nobody is disturbed at night: what is ready then waits for the morning, and only what is urgent goes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

import pytest

from chassis import metrics
from chassis.calendar import LONDON, at
from chassis.clock import SteppedClock
from schemas.referral_work_v1 import VisitMoved
from services.notifications.channels import RetryLater
from services.notifications.domain.course import Timetable
from services.notifications.domain.fact import Telling
from services.notifications.domain.hours import QuietHours, is_urgent, next_moment
from services.notifications.domain.story import Story, hear
from services.notifications.measuring import measure, unsent
from tests.notifications.builders import FATHER, MOTHER, NOW, REFERRAL, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]
USUAL = QuietHours()


def london(text: str) -> datetime:
    """An instant by London's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "goes"),
    [
        ("2026-03-02T09:00", "2026-03-02T09:00"),
        ("2026-03-02T20:59", "2026-03-02T20:59"),
        ("2026-03-02T21:00", "2026-03-03T07:00"),
        ("2026-03-03T03:00", "2026-03-03T07:00"),
        ("2026-03-03T07:00", "2026-03-03T07:00"),
        ("2026-07-01T21:30", "2026-07-02T07:00"),
        ("2026-03-28T22:00", "2026-03-29T07:00"),  # in this night the clocks go forward
        ("2026-10-24T22:00", "2026-10-25T07:00"),  # and in this one back
        ("2026-12-24T21:30", "2026-12-26T07:00"),
        ("2026-12-25T12:00", "2026-12-26T07:00"),
    ],
)
def test_what_is_ready_at_night_or_on_christmas_day_goes_in_the_morning(now: str, goes: str) -> None:
    assert next_moment(False, london(now), USUAL) == london(goes)


def test_the_night_is_an_hour_shorter_or_longer_where_the_clocks_change() -> None:
    for night, hours in ((date(2026, 3, 28), 9), (date(2026, 10, 24), 11), (date(2026, 3, 2), 10)):
        begins = at(night, time(21))
        assert next_moment(False, begins, USUAL) - begins == timedelta(hours=hours)


@pytest.mark.parametrize("free", ["none", "christmas", "bank-holidays"])
def test_which_days_are_free_is_the_councils_choice(free: Any) -> None:
    quiet = QuietHours(free=free)
    christmas, easter_monday = london("2026-12-25T12:00"), london("2026-04-06T12:00")
    assert (next_moment(False, christmas, quiet) == christmas) == (free == "none")
    assert (next_moment(False, easter_monday, quiet) == easter_monday) == (free != "bank-holidays")


def test_over_christmas_with_its_bank_holidays_it_waits_for_the_first_working_morning_or_weekend() -> None:
    quiet = QuietHours(free="bank-holidays")
    assert next_moment(False, london("2026-12-25T12:00"), quiet) == london("2026-12-27T07:00"), "a Sunday"


def test_a_night_within_one_day_and_no_night_at_all() -> None:
    small_hours = QuietHours(time(0), time(6), "none")
    assert next_moment(False, london("2026-03-02T05:00"), small_hours) == london("2026-03-02T06:00")
    assert next_moment(False, london("2026-03-02T23:30"), small_hours) == london("2026-03-02T23:30")
    none = QuietHours(time(7), time(7), "none")
    assert next_moment(False, london("2026-03-02T03:00"), none) == london("2026-03-02T03:00")


def test_an_urgent_message_goes_at_any_hour() -> None:
    assert next_moment(True, london("2026-12-25T03:00"), USUAL) == london("2026-12-25T03:00")


def test_only_what_is_near_is_urgent_and_only_of_an_urgent_kind() -> None:
    now = london("2026-03-02T22:00")
    assert is_urgent(True, {"visit_on": "2026-03-04"}, now)
    assert is_urgent(True, {"sits_on": "2026-03-20", "was_on": "2026-03-03"}, now), "a day that does not hold"
    assert is_urgent(True, {}, now)
    assert not is_urgent(True, {"visit_on": "2026-03-05"}, now)
    assert not is_urgent(True, {"visit_on": "2026-03-01"}, now)
    assert not is_urgent(False, {"visit_on": "2026-03-03"}, now)


def moved(on: date) -> VisitMoved:
    return VisitMoved(
        referral_id=REFERRAL, visit_id="v", destination="d", kind="in-reach", visit_on=on, moved_at=NOW
    )


def test_a_message_knows_from_its_birth_whether_it_is_urgent() -> None:
    timetable = Timetable((Telling("visit.moved", "visit.moved.v1", urgent=True),))
    story: Story | None = hear(None, received(), NOW, timetable)
    story = hear(story, moved(date(2026, 3, 3)), NOW, timetable)
    story = hear(story, moved(date(2026, 3, 20)), NOW, timetable)
    assert story is not None
    assert [message.urgent for message in story.born] == [True, False]


async def test_at_night_only_an_urgent_message_goes_and_the_others_in_the_morning(house: Houses) -> None:
    it = await house(clock_start=london("2026-03-02T22:00"))
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER))
    sender, post = a_sender(it, Post()), Post()
    assert await sender.send_group() == 0
    assert await unsent(it.running) is None, "what waits for the morning keeps nobody from being idle"

    urgent = "UPDATE message SET urgent = true, state = (state::jsonb || '{\"urgent\": true}')::json"
    await it.pool.execute(f"{urgent} WHERE person_id = $1", MOTHER)
    assert await unsent(it.running) == "1 messages to be sent"
    sender = a_sender(it, post)
    assert await sender.send_group() == 1
    assert [letter.to for letter in post.letters] == ["p-mother@families.example"]

    clock: Any = it.running.clock
    await clock.step(it.pool, london("2026-03-03T07:00"))
    assert await unsent(it.running) == "1 messages to be sent"
    assert await sender.send_group() == 1
    assert {phase for _, _, phase, _ in await it.phases()} == {"sent"}


async def test_an_urgent_message_does_not_wait_behind_one_that_may_wait(house: Houses) -> None:
    it = await house(clock_start=london("2026-03-02T22:00"))
    await it.hear(received(), routed(), details(), moved(date(2026, 3, 3)))
    await it.pool.execute("UPDATE message SET urgent = true WHERE fact = 'visit.moved'")
    post = Post()
    assert await a_sender(it, post).send_group() == 1
    assert [letter.fact for letter in post.letters] == ["visit.moved"]


async def test_an_urgent_message_waits_for_what_a_worker_has_in_hand_of_its_story(house: Houses) -> None:
    it = await house(clock_start=london("2026-03-02T20:59"))
    await it.hear(received(), routed(), details())
    assert len(await a_sender(it, Post())._claimed()) == 1
    await it.hear(moved(date(2026, 3, 3)))
    await it.pool.execute("UPDATE message SET urgent = true WHERE fact = 'visit.moved'")
    clock = cast(SteppedClock, it.running.clock)
    await clock.step(it.pool, london("2026-03-02T22:00"))
    assert await a_sender(it, Post()).send_group() == 0


def ready() -> float | None:
    """What the alert about messages that are not sent goes by."""
    return metrics.REGISTRY.get_sample_value("fingerpost_in_state", {"what": "message", "state": "ready"})


async def test_what_waits_for_the_morning_or_for_details_calls_nobody_at_night(house: Houses) -> None:
    it = await house(clock_start=london("2026-03-02T22:00"))
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER))
    sender, clock = a_sender(it, Post(RetryLater("smtp-451"))), cast(SteppedClock, it.running.clock)
    await measure(it.running, frozenset())
    assert ready() == 0
    await clock.step(it.pool, london("2026-03-03T07:00"))
    await measure(it.running, frozenset())
    assert ready() == 1, "the father's details are not here yet"
    await sender.send_group()
    await measure(it.running, frozenset())
    assert ready() == 1, "what was put off is not sent either"
    await clock.step(it.pool, london("2026-03-03T21:30"))
    await measure(it.running, frozenset())
    assert ready() == 0
