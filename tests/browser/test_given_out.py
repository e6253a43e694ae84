"""What the panels give out, in a real browser: reports, packs, a calendar's address, the page for everybody."""

import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from playwright.async_api import Browser

from chassis.service import Running
from schemas.codes import Area
from services.panels.app import make_sittings
from tests.browser.standing import WAYS, fits, looked_at
from tests.browser.test_panels_and_messages import goes, visiting
from tests.panels import conftest as panels
from tests.panels import test_pages as cases
from tests.panels.builders import BOOK, THURSDAY_5_MARCH, a_routed_referral, an_ask, at
from tests.panels.conftest import House
from tests.panels.test_web import RECOMMENDED
from tests.support.browser import shot

AREAS: tuple[Area, ...] = ("DSPL1", "DSPL7", "DSPL9")


async def a_busy_month(house: House) -> None:
    """Twelve cases of three areas, decided after the sitting of 5 March one way or another; May has come."""
    for n in range(1, 13):
        ask = an_ask(request_received=date(2025, 12, n))
        await house.hear(a_routed_referral(n, area=AREAS[n % 3], placement=ask))
    ids = [case["case_id"] for case in (await house.get("/cases"))["cases"]]
    await house.post(f"/sittings/{THURSDAY_5_MARCH}/confirm", {"case_ids": ids})
    quorum = {"tom": "chair", "erin": "educational-psychologist", "hal": "head"}
    seats = {"members": [{"staff_id": id, "seat": seat} for id, seat in quorum.items()]}
    await house.pool.execute(
        "UPDATE sitting SET state = (state::jsonb || $2::jsonb)::json WHERE id = $1",
        THURSDAY_5_MARCH,
        json.dumps(seats),
    )
    await house.step(at("2026-03-05 10:00"))
    for n, case_id in enumerate(ids):
        judged: dict[str, Any] = (
            RECOMMENDED if n % 3 else RECOMMENDED | {"outcome": "not-agreed", "provision": None}
        )
        assert (await house.post(f"/cases/{case_id}/recommendation", judged)).status_code == 200
    await house.step(at("2026-03-10 10:00"))
    for case_id in ids:
        await house.post(f"/cases/{case_id}/decision", {}, role="officer")
    await house.step(at("2026-04-02 09:00"))


@pytest.mark.parametrize("way", [way for way in WAYS if way != "no-script"])
async def test_a_co_ordinator_looks_at_what_the_panels_give_out(
    database: Callable[..., Awaitable[Any]], browser: Browser, way: str
) -> None:
    service = panels.build(panels.settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(BOOK, running)
    house = House(running)
    await cases.as_(house, "tom")
    await a_busy_month(house)
    async with visiting(browser, house, "panels", "tom", way) as page:
        pack = f"/sittings/{THURSDAY_5_MARCH}/pack"
        for path in (
            "/reports",
            "/reports/2026-03",
            "/about-panels",
            pack,
            "/sittings",
        ):
            await goes(page, path)
            await looked_at(page, way)
            await fits(page)
            await shot(page, f"given-out-{path.strip('/').replace('/', '-')}-{way}")
        await goes(page, "/calendar")
        await page.get_by_role("button", name="Make an address").click()
        await page.get_by_text("it is not shown again").wait_for()
        await looked_at(page, way)
        await fits(page)
        await shot(page, f"given-out-calendar-{way}")
        async with page.expect_download() as taken:
            await page.evaluate(f"location.href = '{pack}/tom.pdf'")
        assert (await taken.value).suggested_filename == f"{THURSDAY_5_MARCH}-pack.pdf"
