"""What a family was told, to whom, by which way and when, who read it; sending once more; how far a batch is."""

from collections.abc import Awaitable, Callable
from datetime import date
from urllib.parse import quote

import pytest

from chassis.decision import Refused
from services.notifications.domain.preference import Prefer
from services.notifications.domain.sending_again import SendAgain
from tests.notifications.builders import FATHER, MOTHER, details, listed, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_pages import HERE, as_
from tests.notifications.test_sender import Post, a_sender
from tests.notifications.test_web import browser

Houses = Callable[..., Awaitable[House]]
REFERENCE = "ABCD-EFGH-JKM4"


async def sent_to_both(houses: Houses) -> tuple[House, Post]:
    """One fact told to both parents."""
    house = await houses(public_url=HERE)
    mother, father = details(MOTHER), details(FATHER, relation="father")
    await house.hear(received(tell=(MOTHER, FATHER)), routed(), mother, father)
    post = Post()
    sender = a_sender(house, post)
    while await sender.send_group():
        pass
    return house, post


async def test_the_log_of_a_referral_says_to_whom_and_who_opened_the_page(house: Houses) -> None:
    it, post = await sent_to_both(house)
    fathers = next(letter for letter in post.letters if letter.to.startswith("p-father"))
    async with browser(it) as family:
        await family.get("/f/" + fathers.body.split("/f/")[1].split()[0])
    tom = await as_(it, "tom")
    page = (await tom.get(f"/messages?reference={REFERENCE}")).text
    assert "To the mother, by e-mail. Made on 2 March 2026" in page
    assert "To the father, by e-mail. Made on 2 March 2026" in page
    assert page.count("The page was opened 1 time.") == 1
    assert "@families.example" not in page


async def test_a_message_that_was_sent_goes_once_more_with_a_reason_and_once_a_form(house: Houses) -> None:
    it, _ = await sent_to_both(house)
    tom = await as_(it, "tom")
    message: str = await it.pool.fetchval("SELECT id FROM message WHERE person_id = $1", MOTHER)
    path = f"/messages/{message}"
    assert "Send it once more" in (await tom.get(path)).text
    assert (await tom.post(f"{path}/again", reason=" ", form="t")).status_code == 422
    for _ in range(2):
        given = {"reason": "She says that it did not come", "form": "t"}
        assert (await tom.post(f"{path}/again", **given)).status_code == 303
    again = Post()
    sender = a_sender(it, again)
    while await sender.send_group():
        pass
    assert [letter.to for letter in again.letters] == ["p-mother@families.example"]
    assert again.letters[0].message_id == message, "the same message, not another one"
    assert "sent again: She says that it did not come" in (await tom.get(path)).text


async def test_only_what_was_sent_is_sent_once_more(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    message: str = await it.pool.fetchval("SELECT id FROM message")
    for id in (message, "no-such-message"):
        with pytest.raises(Refused, match="not-sent"):
            await it.running.runner.command(SendAgain(id, "tom", "why not"))


async def test_nothing_is_sent_once_more_without_a_reason(house: Houses) -> None:
    it, _ = await sent_to_both(house)
    message = await it.pool.fetchval("SELECT id FROM message WHERE phase = 'sent' LIMIT 1")
    with pytest.raises(Refused, match="reason-missing"):
        await it.running.runner.command(SendAgain(message, "tom", " "))


async def test_how_far_a_batch_is_stands_on_the_page_until_all_of_it_has_gone(house: Houses) -> None:
    it = await house(public_url=HERE, group=15, lanes=1)
    await it.hear(details())
    for n in range(25):
        referral = {"referral_id": f"r-{n}", "reference": f"ABCD-EFGH-{n:04}"}
        await it.hear(received(**referral), listed(case_id=f"c-{n}", referral_id=f"r-{n}"))
    tom = await as_(it, "tom")
    sender = a_sender(it, Post())
    assert await sender.send_group() == 15
    assert (
        "The panel has a date: 15 of 25 of today have gone out, 10 to go."
        in (await tom.get("/messages")).text
    )
    assert await sender.send_group() == 10
    assert "have gone out" not in (await tom.get("/messages")).text


async def test_a_reference_is_found_however_it_was_typed(house: Houses) -> None:
    it, _ = await sent_to_both(house)
    tom = await as_(it, "tom")
    for typed in ("abcd efgh jkm4", "ABCDEFGHJKM4", " abcd-efgh-jkm4 "):
        assert "To the mother" in (await tom.get(f"/messages?reference={quote(typed)}")).text


async def test_a_message_that_waits_because_its_person_wants_a_break_says_so(house: Houses) -> None:
    it = await house(public_url=HERE)
    await it.hear(received(), routed(), details())
    message: str = await it.pool.fetchval("SELECT id FROM message")
    tom = await as_(it, "tom")
    assert "asked for a break" not in (await tom.get(f"/messages/{message}")).text
    await it.running.runner.command(Prefer(MOTHER, paused_until=date(2026, 3, 20)))
    page = (await tom.get(f"/messages/{message}")).text
    assert "asked for a break from messages until Friday 20 March 2026" in page
