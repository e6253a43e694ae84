"""Fills in the referral form in a browser as a person does, from its first page to the check of the answers."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from playwright.async_api import Page

from services.referrals.domain import asking

Look = Callable[[Page, str], Awaitable[None]]


async def answer(page: Page, question: asking.Question, value: Any) -> None:
    """Answers one question."""
    shown = asking.shown(question, value)
    if value in (None, "", []):
        return
    if question.kind == "date":
        for part, text in shown.items():
            await page.fill(f"#{question.name}-{part}", text)
    elif question.kind in ("choice", "yes-no"):
        await page.check(f'input[name="{question.name}"][value="{shown}"]', force=True)
    elif question.kind == "choices":
        for each in shown:
            await page.check(f'input[name="{question.name}"][value="{each}"]', force=True)
    elif question.kind == "select":
        await page.select_option(f"#{question.name}", shown)
    else:
        await page.fill(f"#{question.name}", shown)


async def fill(page: Page, on: asking.Page, answers: Any) -> None:
    """Answers every question of a page."""
    for question in on.questions:
        await answer(page, question, asking.value_at(answers, question.path))


async def save(page: Page) -> None:
    """Presses the main button of a page with questions."""
    await page.get_by_role("button", name="Save and continue", exact=True).click()


async def walk(page: Page, answers: Any, today: date, look: Look | None = None) -> None:
    """From the first page to the check, by the buttons alone; ``look`` is shown each page once it is filled in."""
    for on in asking.applying(answers, today):
        await walk_page(page, on, answers, look)
    await page.wait_for_url("**/check")


async def walk_page(page: Page, on: asking.Page, answers: Any, look: Look | None = None) -> None:
    """One page, with every entry of its list where it has one."""
    await page.wait_for_url(f"**/{on.slug}")
    for number, each in enumerate(answers.get(on.parts[0], []) if on.entry else []):
        await page.locator("#add").click()
        await page.wait_for_url(f"**/{on.slug}/{number}")
        await fill(page, on, each)
        if look:
            await look(page, f"{on.slug}-{number}")
        await save(page)
        await page.wait_for_url(f"**/{on.slug}")
    if not on.entry:
        await fill(page, on, answers)
    if look:
        await look(page, on.slug)
    if on.entry:
        await page.get_by_role("button", name="Continue", exact=True).click()
    else:
        await save(page)
