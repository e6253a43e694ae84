"""A service with one of its guards taken out, to see whether the tests would notice.

    python -m tests.faults.mutants versions services.notifications serve

runs the command line of ``services.notifications`` without its version guard. Only tests do this.
"""

import asyncio
import copy
import runpy
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import asyncpg

from chassis import inbox, positions, relay, serving, work
from chassis.failpoints import failpoint
from chassis.once import Item
from chassis.publisher import Publisher
from chassis.relay import Relay
from deploy.local.services import ServiceProcess, Town
from services.notifications import sender
from services.notifications.channels import RetryLater, Uncertain
from services.notifications.sender import Sender


def _versions() -> None:
    """Whatever arrives counts as the next version of its stream."""
    _replace(inbox, "_is_next", lambda positions, arrival, topic: True)
    _replace(positions, "_ADVANCE", f"{positions._ADVANCE} ON CONFLICT DO NOTHING")


def _order() -> None:
    """The relay takes the newest rows of the outbox first."""
    _replace(relay, "_NEXT", relay._NEXT.replace("ORDER BY seq", "ORDER BY seq DESC"))


def _answers() -> None:
    """The answer to a request is not written down under its idempotency key."""

    async def forget(conn: object, items: object) -> None:
        return None

    _replace(work, "remember", forget)


def _submissions() -> None:
    """A submission is not recognised by its source and id when it comes again."""
    item_of: Callable[[Any], Item] = inbox._item

    def unrecognised(arrival: Any) -> Item:
        item = item_of(arrival)
        item.once = None
        return item

    _replace(inbox, "_item", unrecognised)


def _claims() -> None:
    """The claim of a group of messages is committed only after they were sent."""

    async def in_turn(self: Sender) -> int:
        await asyncio.sleep(sender.IDLE_SECONDS)
        async with self._running.pool.acquire() as conn, conn.transaction():
            inside = copy.copy(self)
            inside._running = copy.copy(self._running)
            vars(inside._running)["pool"] = _Borrowed(conn)
            group = await inside._claimed()
            if not group:
                return 0
            failpoint("after-claim")
            settled = await asyncio.gather(*(self._sent(*one) for one in group))
        await self._settle(settled, [sender._cause(claim.message) for claim, _ in group])
        return len(group)

    _replace(Sender, "_in_turn", in_turn)


def _positions() -> None:
    """How far a partition was read is written in a transaction of its own, before the batch is applied."""
    unread = positions.unread

    async def ahead(conn: Any, records: Any) -> Any:
        address, ends = conn._con._addr, conn._con._params
        other = await asyncpg.connect(
            host=address[0], port=address[1], user=ends.user, password=ends.password, database=ends.database
        )
        try:
            async with other.transaction():
                return await unread(other, records)
        finally:
            await other.close()

    _replace(inbox, "unread", ahead)


def _marks() -> None:
    """The relay notes that rows were published before it publishes them."""

    async def publish(self: Publisher, rows: Any) -> None:
        await vars(self)["conn"].execute(relay._MARK, 0, [row["seq"] for row in rows])
        await faithful(self, rows)

    async def batches(self: Relay, conn: Any, publisher: Any, stopping: asyncio.Event) -> None:
        await self._ensure_partitions(conn)
        vars(publisher)["conn"] = conn
        await relaying(self, conn, publisher, stopping)

    faithful, relaying = Publisher.publish, Relay._relay_batches
    _replace(Publisher, "publish", publish)
    _replace(Relay, "_relay_batches", batches)


def _doubts() -> None:
    """A message of which nobody knows whether it arrived is sent again."""
    settlement = Sender._settlement

    def sent_again(self: Sender, claim: Any, result: Any) -> Any:
        unsure = isinstance(result, Uncertain)
        return settlement(self, claim, RetryLater("unsure") if unsure else result)

    _replace(Sender, "_settlement", sent_again)


def _backups() -> None:
    """A service does not look whether its database was set back."""

    async def trusting(*_: object) -> None:
        return None

    _replace(serving, "check_running", trusting)


def _fence() -> None:
    """Each relay has a transactional id of its own, so that none is shut out by the next."""
    begin = Publisher.__init__

    def alone(self: Publisher, brokers: Any, prefix: str, transactional_id: str) -> None:
        begin(self, brokers, prefix, f"{transactional_id}-{uuid4()}")

    _replace(Publisher, "__init__", alone)


class _Borrowed:
    """Stands in for the pool, and hands out the one connection whose transaction is open."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        yield self._conn


MUTANTS: dict[str, Callable[[], None]] = {
    "versions": _versions,
    "order": _order,
    "answers": _answers,
    "submissions": _submissions,
    "claims": _claims,
    "positions": _positions,
    "marks": _marks,
    "doubts": _doubts,
    "backups": _backups,
    "fence": _fence,
}


def _replace(where: object, name: str, what: object) -> None:
    assert hasattr(where, name), f"there is no {name} any more: this mutant has to be mended"
    setattr(where, name, what)


@contextmanager
def mutated(town: Town, name: str, mutant: str) -> Iterator[ServiceProcess]:
    """While this lasts, every start of this service is a start of the mutant; the others run as they are.

    It is stopped at both ends.
    """
    service = town.services[name]
    faithful = service.command

    def mutant_command() -> list[str]:
        python, dash_m, *rest = faithful()
        return [python, dash_m, "tests.faults.mutants", mutant, *rest]

    service.stop()
    for other in town.services.values():
        if other is not service:
            other.start()
    with patch.object(service, "command", mutant_command):
        try:
            yield service
        finally:
            service.stop()


if __name__ == "__main__":
    _, chosen, module, *arguments = sys.argv
    MUTANTS[chosen]()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")
