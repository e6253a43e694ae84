"""A child has died: every message about that child stops at once and for good."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.children_v1 import ChildDied
from services.notifications import handlers, storage
from services.notifications.channels import RetryLater
from services.notifications.domain.by_hand import Release
from services.notifications.domain.story import STORY
from services.notifications.templates import shipped
from tests.notifications.builders import (
    FATHER,
    MOTHER,
    NOW,
    REFERRAL,
    accepted,
    details,
    listed,
    opened,
    received,
    routed,
    unlisted,
)
from tests.notifications.conftest import House
from tests.notifications.test_sender import Post, a_sender
from tests.notifications.test_web import a_link, browser

Houses = Callable[..., Awaitable[House]]


def died(**given: Any) -> ChildDied:
    fields: dict[str, Any] = {"referral_id": REFERRAL, "child_id": "p-child", "noted_at": NOW}
    return ChildDied(**(fields | given))


@pytest.mark.parametrize("order", ["before", "after", "first of all"])
def test_no_later_fact_makes_a_message_in_whatever_order_the_topics_arrive(order: str) -> None:
    bench = Bench(handlers.build(shipped().tellings, timedelta(days=2)), NOW)
    facts = [received(), opened(), listed(), accepted()]
    place = {"before": 1, "after": 2, "first of all": 0}[order]
    for fact in (*facts[:place], died(), *facts[place:]):
        bench.deliver(fact)
    story = bench.state(STORY, REFERRAL)
    assert story is not None
    assert story.stopped
    assert story.born == ()


def test_that_the_panel_lets_go_of_the_case_is_told_to_nobody_where_it_comes_before_the_death() -> None:
    bench = Bench(handlers.build(shipped().tellings, timedelta(days=2)), NOW)
    for fact in (received(), opened(), listed()):
        bench.deliver(fact)
    before = bench.state(STORY, REFERRAL)
    bench.deliver(unlisted(reason="withdrawn", quiet=True))
    after = bench.state(STORY, REFERRAL)
    assert before is not None
    assert after is not None
    assert len(after.facts) == len(before.facts) + 1
    assert after.born == before.born


async def test_what_waits_is_closed_and_never_goes(house: Houses) -> None:
    it = await house()
    await it.hear(received(tell=(MOTHER, FATHER)), routed(), details(MOTHER), details(FATHER, email=None))
    post = Post()
    sender = a_sender(it, post)
    await sender.sweep()  # the father's is held: there is no way to reach him
    await it.hear(died())
    assert await sender.send_group() == 0, "at once, before anything was swept"
    await sender.sweep()
    assert await it.phases() == [
        ("referral.routed", MOTHER, "closed", "stopped"),
        ("referral.routed", FATHER, "closed", "stopped"),
    ]
    assert await it.said() == ["message.held.v1", "message.settled.v1"]
    message: str = await it.pool.fetchval("SELECT id FROM message WHERE person_id = $1", FATHER)
    with pytest.raises(Refused, match="not-held"):
        await it.running.runner.command(Release(message, "tom", "it seemed right"))
    await it.hear(accepted())
    assert len(await it.phases()) == 2
    assert await sender.send_group() == 0
    assert post.letters == []


async def test_what_is_in_a_workers_hands_and_comes_back_does_not_go_again(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())

    class Dies(Post):
        async def send(self, letter: Any) -> Any:
            await it.hear(died())
            return await super().send(letter)

    post = Dies(RetryLater("smtp-451"))
    sender = a_sender(it, post)
    assert await sender.send_group() == 1
    await it.pool.execute("UPDATE message SET ready_at = clock_timestamp()")
    assert await sender.send_group() == 0
    await sender.sweep()
    assert await it.phases() == [("referral.routed", MOTHER, "closed", "stopped")]
    assert len(post.letters) == 1


async def test_another_childs_family_goes_on_being_told(house: Houses) -> None:
    it = await house()
    other = {"referral_id": "r-2", "reference": "WXYZ-EFGH-JKM4"}
    await it.hear(received(), routed(), details(), died())
    await it.hear(received(**other, child_id="p-sister"), routed(**other, child_id="p-sister"))
    post = Post()
    assert await a_sender(it, post).send_group() == 1
    assert [letter.reference for letter in post.letters] == ["WXYZ-EFGH-JKM4"]


async def test_the_familys_page_is_closed(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details())
    link = await a_link(it)
    async with browser(it) as family:
        before = await family.get(link)
        await it.hear(died())
        after = await family.get(link)
    assert before.status_code == 200
    assert after.status_code == 404


async def test_nothing_more_is_swept_once_all_is_closed(house: Houses) -> None:
    it = await house()
    await it.hear(received(), routed(), details(), died())
    sender = a_sender(it, Post())
    assert await sender.sweep() == 1
    async with it.pool.acquire() as conn:
        assert await storage.stopped(conn) == []
