"""A large batch at GOV.UK Notify's pace; two workers that slept through their leases: nothing doubled, nothing lost."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from inspect import signature
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import httpx2
import pytest

from deploy.local import Stack
from deploy.local.notify import KEY, TEMPLATES, NotifyServer, account
from deploy.local.services import Town, start_services
from services.notifications import pauses, settling
from tests.notifications.builders import destination, details, listed, received
from tests.notifications.conftest import House
from tests.notifications.notifying import a_notify_channel, a_sender_by_its_settings, by_notify
from tests.notifications.test_alone import a_family, phases, publish
from tests.notifications.test_smtp import a_letter

pytestmark = pytest.mark.slow
Houses = Callable[..., Awaitable[House]]


async def test_the_stand_in_takes_no_more_in_a_minute_than_notify_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert signature(NotifyServer).parameters["most_a_minute"].default == 3000
    monkeypatch.setattr(account, "A_MINUTE", 1.0)
    with NotifyServer(most_a_minute=20) as server:
        channel = a_notify_channel(server.url)
        began = monotonic()
        said = [await channel.send(a_letter()) for _ in range(25)]
        assert [type(one).__name__ for one in said] == ["Sent"] * 20 + ["RetryLater"] * 5
        await asyncio.sleep(max(0.0, began + 2 - monotonic()))
        assert type(await channel.send(a_letter())).__name__ == "Sent", "a minute later it takes more"
        await channel.close()


async def test_four_hundred_dates_of_a_panel_go_out_at_the_providers_pace_each_once(
    house: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_second, most, families = 1.0, 100, 400
    monkeypatch.setattr(account, "A_MINUTE", a_second)
    monkeypatch.setattr(settling, "WAITS", (timedelta(seconds=0.5),))
    monkeypatch.setattr(pauses, "LONGEST", a_second)  # as its minute is a second here
    with NotifyServer(most_a_minute=most) as server:
        it = await house(**by_notify(server.url, notify_seconds=5))
        await it.hear(destination())
        for n in range(families):
            whom = {"referral_id": f"r-{n}"}
            await it.hear(
                received(tell=(f"p-{n}",), **whom), details(f"p-{n}"), listed(case_id=f"c-{n}", **whom)
            )
        async with a_sender_by_its_settings(it) as sender:
            running = asyncio.create_task(sender.run())
            end = monotonic() + 240
            while await it.pool.fetchval("SELECT count(*) FROM message WHERE phase <> 'sent'"):
                assert monotonic() < end, await it.pool.fetch(
                    "SELECT phase, count(*) FROM message GROUP BY 1"
                )
                await asyncio.sleep(0.2)
            it.running.stopping.set()
            await running
    assert server.felt["rate"] > 0, "it was asked faster than it takes"
    assert len(server.sent) == families
    assert set(server.by_reference().values()) == {1}
    taken = sorted(one.at for one in server.sent)
    assert all(later - first > 0.9 * a_second for first, later in zip(taken, taken[most:], strict=False)), (
        "never more in that time than it takes"
    )
    tried = await it.pool.fetchval("SELECT max((state->>'tries')::int) FROM message")
    assert tried == 1, "being asked to wait counts no try"


def _after_a_while() -> bool:
    """Nobody is refused, but each waits their turn."""
    sleep(0.03)
    return False


@pytest.fixture
def two_workers(stack: Stack, tmp_path: Path) -> Iterator[tuple[Town, NotifyServer]]:
    """The service twice, by GOV.UK Notify, which takes its time."""
    with NotifyServer() as server:
        known = {
            "EMAIL_BY": "notify", "NOTIFY_URL": server.url, "NOTIFY_KEY": KEY,
            "NOTIFY_EMAIL_TEMPLATE": TEMPLATES["email"], "NOTIFY_SECONDS": "1", "SMTP_SECONDS": "1",
            "LEASE_SECONDS": "9", "GROUP": "4",
        }  # fmt: skip
        env = {"notifications": {f"NOTIFICATIONS_{name}": value for name, value in known.items()}}
        server.become("storm", share=_after_a_while)
        prefix = f"w{uuid4().hex[:8]}."
        with start_services(
            stack, smtp=("127.0.0.1", 9), prefix=prefix, names=["notifications"], env=env
        ) as town:
            yield town, server


async def test_two_workers_that_slept_through_their_leases_send_nothing_twice_and_forget_nobody(
    two_workers: tuple[Town, NotifyServer],
) -> None:
    town, server = two_workers
    first, second, families = town.notifications, town.notifications.twin(), 60
    await asyncio.to_thread(second.start_on_a_free_port, "worker")
    await publish(town, destination(), *[event for n in range(families) for event in a_family("slept", n)])
    await asyncio.to_thread(server.wait_for, 10, 60)
    for worker in (first, second):
        worker.pause()
    await asyncio.sleep(12)
    asleep = await phases(town, "slept")
    assert "sending" in {phase for _, phase, _ in asleep}, "they slept with messages in hand"
    for worker in (first, second):
        worker.resume()

    end = monotonic() + 120
    while {phase for _, phase, _ in await phases(town, "slept")} - {"sent", "held"}:
        assert monotonic() < end, await phases(town, "slept")
        await asyncio.sleep(0.5)
    found = await phases(town, "slept")
    accepted = server.by_reference()
    assert set(accepted.values()) == {1}, "the provider's own log has each message once"
    assert len(found) == families
    async with httpx2.AsyncClient(headers=town.headers("operator")) as operator:
        waiting = (await operator.get(f"{first.url}/api/held")).json()["messages"]
    assert {id for id, _, _ in found} == set(accepted) | {each["id"] for each in waiting}
    assert {id for id, phase, _ in found if phase == "sent"} <= set(accepted)
    await asyncio.to_thread(second.stop)
