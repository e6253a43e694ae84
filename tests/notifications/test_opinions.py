"""Whether the page helped is counted by month for the service manager, and small numbers are kept back."""

from collections.abc import Awaitable, Callable
from datetime import date

from services.notifications import storage
from services.notifications.storage.said import MonthOfOpinions
from tests.notifications.conftest import House
from tests.notifications.test_pages import HERE, as_

Houses = Callable[..., Awaitable[House]]


async def answered(it: House, helped: str, people: int, at: str) -> None:
    await it.pool.execute(
        "INSERT INTO page_opinion (referral_id, person_id, helped, at) "
        "SELECT 'r', gen_random_uuid()::text, $1, $3::text::timestamptz FROM generate_series(1, $2)",
        helped,
        people,
        at,
    )


async def test_answers_are_counted_by_the_month_in_london_the_latest_first(house: Houses) -> None:
    it = await house()
    await answered(it, "yes", 7, "2026-01-10T12:00Z")
    await answered(it, "no", 5, "2026-06-30T23:30Z")  # that is July in London
    async with it.pool.acquire() as conn:
        found = await storage.opinions(conn, 13)
    assert found == [
        MonthOfOpinions(date(2026, 7, 1), {"yes": None, "partly": None, "no": 5}),
        MonthOfOpinions(date(2026, 1, 1), {"yes": 7, "partly": None, "no": None}),
    ]


async def test_fewer_than_five_look_the_same_as_none(house: Houses) -> None:
    it = await house(public_url=HERE)
    await answered(it, "yes", 12, "2026-01-10T12:00Z")
    await answered(it, "partly", 4, "2026-01-10T12:00Z")
    page = (await (await as_(it, "mona")).get("/did-the-page-help")).text
    assert "January 2026" in page
    assert ">12</td>" in page
    assert page.count(">fewer than 5</td>") == 2
    assert ">4</td>" not in page


async def test_only_a_service_manager_finds_it_and_looking_is_recorded(house: Houses) -> None:
    it = await house(public_url=HERE)
    mona = await as_(it, "mona")
    assert "/did-the-page-help" in (await mona.get("/")).text
    assert "Nobody has answered yet." in (await mona.get("/did-the-page-help")).text
    assert await it.pool.fetchval("SELECT subject FROM access_log") == "did-the-page-help"
    teacher = await as_(it, "tess", "team-member")
    assert (await teacher.get("/did-the-page-help")).status_code == 403
