"""Did it help? A month's reviews as the service manager sees them."""

from datetime import date
from typing import Any

import pytest

from services.referrals.domain.work.helped import Review, lines, month_of, months_to
from services.referrals.storage.reviews import reviews
from tests.referrals.builders import form, upn_of
from tests.referrals.conftest import Office, Offices
from tests.referrals.everybody import signs_in


def test_reviews_are_counted_by_what_they_have_in_common_and_what_nobody_said_apart() -> None:
    found = [Review("DSPL1", "ASD", "cat", helped) for helped in ("yes", "yes", "no", None)]
    made = lines([*found, Review("DSPL2", "ASD", "cat", "partly")], lambda each: each.area)
    assert [(line.name, *line.answers.values(), line.unsaid) for line in made] == [
        ("DSPL1", 2, 0, 1, 1),
        ("DSPL2", 0, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2026, 12, 1), date(2026, 12, 31)), (date(2028, 2, 1), date(2028, 2, 29))],
)
def test_a_month_ends_on_its_last_day(first: date, last: date) -> None:
    assert month_of(first) == (first, last)


def test_months_go_back_over_the_turn_of_the_year() -> None:
    assert months_to(date(2026, 1, 31), 3) == [date(2026, 1, 1), date(2025, 12, 1), date(2025, 11, 1)]


async def concluded(it: Office, n: int, helped: str | None, review_on: str) -> None:
    """A referral to the team whose work is done, and what was said of it on the same day."""
    given: dict[str, Any] = form(child__upn=upn_of(n)) if n else form()
    url = f"/api/referrals/{await it.refer(given)}"
    await it.post(f"{url}/accept", {}, "team")
    action = {"what": "A quiet corner", "who": "Rowan", "by": "2026-03-27"}
    end = {"outcome": "strategies-agreed", "review_on": review_on, "advice": "Go on.", "actions": [action]}
    assert (await it.post(f"{url}/conclude", end, "team")).status_code == 200
    if helped:
        assert (await it.post(f"{url}/review", {"helped": helped})).status_code == 200


async def test_a_manager_sees_a_month_s_reviews_and_it_is_recorded(office: Offices) -> None:
    it = await office()
    today = it.running.clock.now().date()
    await concluded(it, 0, "yes", "2026-06-01")
    await concluded(it, 1, None, "2026-06-30")
    first, last = month_of(today.replace(day=1))
    async with it.pool.acquire() as conn:
        assert [each.helped for each in await reviews(conn, first, last)] == ["yes"]
        assert [each.helped for each in await reviews(conn, date(2026, 6, 1), date(2026, 6, 30))] == [None]
        assert await reviews(conn, date(2025, 1, 1), date(2025, 12, 31)) == []
    manager = await signs_in(it, "manager")
    page = await manager.get("/did-it-help")
    assert page.status_code == 200
    assert "Communication and Autism" in page.text
    assert "The month is not over" in page.text
    assert (await manager.get("/did-it-help?month=2026-13")).status_code == 422
    rows = await it.pool.fetch("SELECT subject FROM access_log WHERE what = 'report'")
    assert [row["subject"] for row in rows] == [f"did-it-help-{today:%Y-%m}"]
