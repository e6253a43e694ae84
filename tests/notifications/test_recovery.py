"""A restored database hears facts of others again: what may have been sent already is held for a person."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

from aiokafka import TopicPartition

from chassis.operations.rebuild import Rebuild
from chassis.reading import Dated, Places, TopicReader
from chassis.records import Record
from schemas.envelope import Envelope, Event
from services.notifications import learning
from tests.notifications.builders import MOTHER, NOW, details, received, routed
from tests.notifications.conftest import House

LOST_AT = NOW
_LOG = TopicPartition("referrals.v1", 0)


class OneList(TopicReader):
    """A log whose records come all in one list."""

    def __init__(self, records: list[Dated]) -> None:
        self._records = records

    async def partitions(self, topics: Sequence[object]) -> list[TopicPartition]:
        return [_LOG]

    async def beginnings(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {_LOG: 0}

    async def ends(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return {_LOG: len(self._records)}

    def topic(self, partition: TopicPartition) -> str:
        return str(partition.topic)

    async def read(self, starts: Places, ends: Places) -> AsyncIterator[list[Dated]]:
        yield self._records


def on_a_log(*said: tuple[Event, int, timedelta]) -> list[Dated]:
    """Records of (event, its version, how long after the loss it was said)."""
    made = []
    for offset, (event, version, after) in enumerate(said):
        at = LOST_AT + after
        envelope = Envelope(str(uuid4()), type(event).type, "/919/x", at, event.key, version=version)
        body = event.model_dump_json().encode()
        record = Record(_LOG.topic, 0, offset, event.key.encode(), body, envelope.headers())
        made.append(Dated(record, at))
    return made


async def test_a_list_of_records_from_around_the_loss_leaves_in_doubt_what_was_said_before_it(
    house: Callable[..., Awaitable[House]],
) -> None:
    it = await house()
    await it.hear(details(MOTHER))
    minute, other = timedelta(minutes=1), {"referral_id": str(uuid4())}
    told = on_a_log(
        (received(tell=(MOTHER,)), 1, -minute),
        (routed(), 2, -minute),
        (received(tell=(MOTHER,)).model_copy(update=other), 1, minute),
        (routed().model_copy(update=other), 2, minute),
    )
    await Rebuild(it.running).hear(OneList(told), LOST_AT)
    async with it.pool.acquire() as conn, conn.transaction():
        assert learning.LEARNING.in_doubt is not None
        await learning.LEARNING.in_doubt(conn, LOST_AT)
    rows = await it.pool.fetch("SELECT referral_id = $1 AS new, phase FROM message", other["referral_id"])
    assert {row["phase"] for row in rows if not row["new"]} == {"sending"}, "held by the sender's sweep"
    assert {row["phase"] for row in rows if row["new"]} == {"pending"}, "said after the loss, surely not sent"
