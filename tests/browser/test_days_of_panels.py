"""A panel's day in a real browser: who stands aside breaks a quorum; an urgent case goes by chair's action."""

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Browser, Page

from chassis.service import Running
from schemas.staff_v1 import StaffDetails, StaffGrant
from services.panels.app import make_sittings
from services.panels.domain.cases.case import case_id_of
from services.panels.domain.commands import ConfirmSitting
from services.panels.domain.panels.panel import Panel
from services.panels.domain.panels.sittings_calendar import PanelBook
from services.panels.domain.sittings.arranging import SeatMembers, StandAside
from services.panels.domain.sittings.members import AsideReason, Attends
from tests.browser.standing import fits, looked_at
from tests.browser.test_panels_and_messages import goes, visiting
from tests.panels import conftest as panels
from tests.panels.builders import BOOK, MONDAY, THURSDAY_5_MARCH, a_referral_id, a_routed_referral, an_ask, at
from tests.panels.test_pages import as_
from tests.support.browser import shot

Databases = Callable[..., Awaitable[Any]]
DAY = f"/sittings/{THURSDAY_5_MARCH}/day"
SEATS: tuple[tuple[str, str, Attends], ...] = (
    ("chair", "cora", "unknown"),
    ("educational-psychologist", "pia", "unknown"),
    ("head", "hal", "unknown"),
)


async def a_house(database: Databases, monkeypatch: Any) -> panels.House:
    """The service with a panel that enforces its quorum."""
    strict = [
        Panel.model_validate(each.model_dump() | {"quorum": each.quorum.model_dump() | {"enforced": True}})
        for each in BOOK.panels
    ]
    book = PanelBook(strict, BOOK.working)
    monkeypatch.setattr("services.panels.app.read_book", lambda *_: book)
    service = panels.build(panels.settings())
    running = Running(service, await database(service.migrations))
    await make_sittings(book, running)
    return panels.House(running)


async def seated(house: panels.House) -> None:
    """A chair, a psychologist and a head sit at the sitting of 5 March."""
    await as_(house, "cora")
    for name in ("pia", "hal"):
        grant = StaffGrant(role="panel-member", from_day=MONDAY.date())
        told = {"subject": f"idp|{name}", "name": name.title(), "email": f"{name}@x.example", "active": True}
        await house.hear(StaffDetails(staff_id=name, grants=(grant,), **told))
    await house.running.runner.command(SeatMembers(THURSDAY_5_MARCH, SEATS))


async def recommends(page: Page, reasons: str) -> None:
    """The form of one case, by the keyboard alone: from its address on, to its button."""
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")  # agreed
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")  # specialist resource provision
    await page.keyboard.press("Tab")  # the setting stays empty
    await page.keyboard.press("Tab")
    await page.keyboard.type(reasons)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")


async def test_a_member_who_stands_aside_breaks_the_quorum_of_one_case(
    database: Databases, browser: Browser, monkeypatch: Any
) -> None:
    house = await a_house(database, monkeypatch)
    await house.hear(*(a_routed_referral(n) for n in (1, 2, 3)))
    await house.running.runner.command(
        ConfirmSitting(THURSDAY_5_MARCH, tuple(case_id_of(a_referral_id(n)) for n in (1, 2, 3)))
    )
    await seated(house)
    await as_(house, "tom")
    await house.step(at("2026-03-05 10:00"))
    async with visiting(browser, house, "panels", "tom", "phone") as page:
        await goes(page, DAY)
        await page.get_by_role("group", name="Hal, Headteacher").get_by_label("There", exact=True).check()
        await page.get_by_role("button", name="Record who is there").click()
        await page.get_by_text("Who is there is recorded.").wait_for()
        await looked_at(page, "phone")
        await fits(page)
        await shot(page, "day-overview")
        whys: tuple[AsideReason | None, ...] = ("asked-school", None)
        for why in whys:  # somebody else is at work
            third = case_id_of(a_referral_id(3))
            await house.running.runner.command(StandAside(THURSDAY_5_MARCH, "pia", third, why))
        await page.get_by_role("link", name="Load it again").wait_for()
        await looked_at(page, "phone")
        await shot(page, "day-changed")
        await page.get_by_role("link", name="Load it again").click()
        await page.get_by_role("button", name="Go on with case 1").click()
        await page.get_by_text("case 1 of 3, 0 done").wait_for()
        await recommends(page, "She needs a small class.")
        await page.get_by_text("is recorded.").wait_for()
        await page.get_by_text("case 2 of 3, 1 done").wait_for()
        await page.get_by_role("group", name="Who takes no part in it?").get_by_label("Hal").check()
        await page.get_by_label("The child is at their school").check()
        await page.get_by_role("button", name="Record that they stand aside").click()
        await page.get_by_text("Nothing can be recommended").wait_for()
        await looked_at(page, "phone")
        await fits(page)
        await shot(page, "day-no-quorum")
        await page.get_by_role("button", name="Leave it to another sitting").click()
        await page.get_by_text("case 3 of 3, 2 done").wait_for()
        await page.get_by_role("button", name="Save and next").click()
        await page.get_by_role("link", name="Choose the outcome.").wait_for()
        await looked_at(page, "phone")
        await shot(page, "day-faults")
        await page.get_by_label("Not agreed").check()
        await page.get_by_label("Reasons").fill("Her school can meet her needs.")
        await page.get_by_role("button", name="Save and next").click()
        await page.get_by_text("That was the last one.").wait_for()
    async with visiting(browser, house, "panels", "cora", "desk") as page:
        await goes(page, DAY)
        await page.get_by_role("button", name="Sign this sitting off").click()
        await looked_at(page, "desk")
        await shot(page, "day-sign")
        await page.get_by_role("button", name="Sign off").click()
        await page.get_by_text("The sitting is signed off.").wait_for()
        await looked_at(page, "desk")


async def test_an_urgent_case_is_settled_by_chair_s_action_and_decided(
    database: Databases, browser: Browser, monkeypatch: Any
) -> None:
    house = await a_house(database, monkeypatch)
    await house.hear(a_routed_referral(placement=an_ask(urgent=True)))
    for name in ("tom", "cora", "officer"):
        await as_(house, name)
    case = f"/cases/{case_id_of(a_referral_id())}"
    async with visiting(browser, house, "panels", "tom", "no-script") as page:
        await goes(page, case)
        await page.get_by_role("link", name="Ask for chair’s action").click()
        await page.get_by_label("Why can it not wait for a sitting?").fill("She has no school.")
        await page.get_by_role("button", name="Ask a chair").click()
        await page.get_by_text("A chair of the panel is asked.").wait_for()
    async with visiting(browser, house, "panels", "cora", "desk") as page:
        await page.get_by_role("link", name="Chair’s action").last.click()
        await looked_at(page, "desk")
        await page.locator(".fp-row a").click()
        await looked_at(page, "desk")
        await shot(page, "chair-action")
        await page.get_by_label("Recommend now, in the panel’s place").check()
        await page.get_by_label("Agreed", exact=True).check()
        await page.get_by_label("A special school").check()
        await page.get_by_label("Reasons").fill("She is out of school.")
        await page.get_by_role("button", name="Record your answer").click()
        await page.get_by_text("Your answer is recorded.").wait_for()
    async with visiting(browser, house, "panels", "officer", "phone") as page:
        await goes(page, "/decisions")
        await page.locator(".govuk-checkboxes__input").check()
        await looked_at(page, "phone")
        await fits(page)
        await shot(page, "decisions")
        await page.get_by_role("button", name="Issue as recommended").click()
        await page.get_by_text("1 decision is issued.").wait_for()
        await goes(page, case)
        await page.get_by_role("link", name="Correct a mistake").click()
        await looked_at(page, "phone")
        await fits(page)
        await page.get_by_label("Not agreed").check()
        await page.get_by_label("What was the mistake?").fill("The wrong box.")
        await page.get_by_role("button", name="Correct it").click()
        await page.get_by_text("It is corrected.").wait_for()
        await looked_at(page, "phone")
        await fits(page)
        await shot(page, "corrected")
