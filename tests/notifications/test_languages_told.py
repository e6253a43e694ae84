"""A family is written to in its language, once somebody who speaks it has read the words."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.notifications.channels import Letter
from services.notifications.sender import Sender
from services.notifications.templates import shipped
from tests.notifications.builders import destination, details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post

Houses = Callable[..., Awaitable[House]]


async def told(houses: Houses, language: str, drafts: bool) -> Letter:
    it = await houses()
    await it.hear(received(), routed(), details(language=language), destination())
    post = Post()
    settings: Any = it.running.settings
    sender = Sender(it.running, settings, shipped(drafts=drafts), {"email": post})
    assert await sender.send_group() == 1
    (letter,) = post.letters
    return letter


async def test_a_polish_family_is_written_to_in_polish_where_drafts_may_be_sent(house: Houses) -> None:
    letter = await told(house, "pl", drafts=True)
    assert letter.subject.startswith("Wniosek ABCD-EFGH-JKM4:")
    assert "Odpowiedź będzie do 23 marca 2026." in letter.body
    assert letter.html is not None
    assert '<html lang="pl" dir="ltr">' in letter.html()


async def test_until_a_translator_has_read_it_they_are_written_to_in_english_dates_and_all(
    house: Houses,
) -> None:
    letter = await told(house, "pl", drafts=False)
    assert letter.subject.startswith("Your referral")
    assert "23 March 2026" in letter.body
    assert '<html lang="en" dir="ltr">' in (letter.html() if letter.html else "")


async def test_a_language_that_nobody_has_written_in_is_answered_in_english(house: Houses) -> None:
    assert (await told(house, "fr", drafts=True)).subject.startswith("Your referral")
