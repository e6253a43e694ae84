"""A provider that is away is said on the pages of every process, whichever worker noticed it."""

from collections.abc import Awaitable, Callable

from chassis.service import Running
from services.notifications import storage
from services.notifications.app import build
from services.notifications.channels import RetryLater
from tests.notifications.builders import details, received, routed
from tests.notifications.conftest import House
from tests.notifications.test_pages import HERE, as_
from tests.notifications.test_sender import Post, a_sender

Houses = Callable[..., Awaitable[House]]
HELD_UP = "Messages are held up: the mail server cannot be reached"
AWAY = RetryLater("no-connection", tried=False)


def beside(it: House) -> House:
    """Another process over the same database, which sends nothing."""
    return House(Running(build(it.running.settings), it.pool))  # type: ignore[arg-type]


async def shown(it: House) -> str:
    return (await (await as_(it, "tom")).get("/messages")).text


async def test_a_process_that_only_shows_pages_says_that_the_mail_server_is_away_until_it_is_back(
    house: Houses,
) -> None:
    it = await house(public_url=HERE)
    await it.hear(received(), routed(), details())
    web, sender = beside(it), a_sender(it, Post(AWAY))
    assert HELD_UP not in await shown(web)
    await sender.send_group()
    assert await sender.announce() == 1
    assert await sender.announce() == 0, "once, not at each message"
    page = await shown(web)
    assert page.count(HELD_UP) == 1
    assert (await shown(it)).count(HELD_UP) == 1, "the worker's own process says it once, too"
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp()")
    sender._pauses._until.clear()
    await sender.send_group()
    assert await sender.announce() == 1
    assert HELD_UP not in await shown(web)


async def test_what_a_worker_said_that_died_is_over_by_itself_and_another_ones_word_stays(
    house: Houses,
) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    dies, lives = a_sender(it, Post(AWAY)), a_sender(it, Post())
    await dies.send_group()
    await dies.announce()
    await lives._announcing.say({"smtp": "the same"})
    await it.pool.execute("UPDATE provider_state SET until = clock_timestamp() WHERE why <> 'the same'")
    async with it.pool.acquire() as conn:
        assert await storage.away(conn) == ["the same"]
    await lives._announcing.say({})
    assert await it.pool.fetchval("SELECT count(*) FROM provider_state") == 0
