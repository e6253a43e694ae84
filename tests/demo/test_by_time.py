"""What the demo expects time to make families hear, worked out without a word of the service that says it."""

from datetime import UTC, date, datetime

import pytest

from deploy.demo.by_time import reminded_on, words
from deploy.demo.ledger import ACKNOWLEDGED, Ledger
from deploy.demo.people import NOBODY, Recipient


def march(day: int, hour: int = 15) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(("day", "then"), [(5, None), (6, march(4, 8)), (10, march(8, 8))])
def test_who_has_just_heard_of_a_visit_is_not_reminded(day: int, then: datetime | None) -> None:
    assert reminded_on(date(2026, 3, day), 2, march(2)) == then


@pytest.mark.parametrize(
    ("heard", "days"),
    [
        ([(2, ACKNOWLEDGED)], [30]),
        ([(2, ACKNOWLEDGED), (9, "answer.overdue")], [23]),
        ([(2, ACKNOWLEDGED), (9, "answer.overdue"), (20, "referral.returned")], []),
        ([(2, "visit.arranged")], []),
        ([(2, "visit.arranged"), (5, "visit-done")], [30]),
        ([(2, "visit.arranged"), (3, "reminder.visit"), (5, "visit-done")], [31]),
        ([(2, "decision.issued"), (12, "apology.step")], [26]),
    ],
)
def test_a_family_hears_that_it_waits(heard: list[tuple[int, str]], days: list[int]) -> None:
    told = words([(march(day), fact) for day, fact in heard], march(31, 17))
    assert list(told) == [date(2026, 3, day) for day in days]


def test_nobody_is_told_by_time_where_nobody_may_be_told() -> None:
    ledger = Ledger(now=march(2))
    ledger.recipients |= {"a": (Recipient("a@example.org"),), "b": (NOBODY,)}
    for reference in ("a", "b"):
        ledger.told(reference, ACKNOWLEDGED)
    ledger.waited(march(31))
    assert {told for told in ledger.facts if told[1] == "update.waiting"} == {
        ("a@example.org", "update.waiting", "a")
    }
