"""A restored database hears facts of others again: what may have been sent already is held for a person."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

from aiokafka import TopicPartition

from chassis.operations.rebuild import Rebuild
from chassis.reading import Dated, Places, TopicReader
from chassis.records import Record
from schemas.envelope import Envelope, Event
from schemas.notifications_v1 import MessageReturned
from services.notifications import learning
from services.notifications.domain import restoring
from services.notifications.storage import MESSAGES
from tests.notifications.builders import MOTHER, NOW, REFERRAL, details, received, routed
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


async def test_what_was_made_after_the_cut_over_of_a_rebuilt_database_is_sent(
    house: Callable[..., Awaitable[House]],
) -> None:
    it = await house()
    await it.hear(details(MOTHER), received(), routed())
    async with it.pool.acquire() as conn, conn.transaction():
        assert learning.LEARNING.cut_over is not None
        await learning.LEARNING.cut_over(conn, NOW - timedelta(minutes=1))
    assert [phase for _, _, phase, _ in await it.phases()] == ["pending"]


async def test_what_could_not_be_sent_before_a_loss_is_in_no_doubt_after_it(
    house: Callable[..., Awaitable[House]],
) -> None:
    it = await house()
    await it.hear(details(MOTHER, email=None), received(), routed())
    async with it.pool.acquire() as conn, conn.transaction():
        assert learning.LEARNING.in_doubt is not None
        await learning.LEARNING.in_doubt(conn, NOW + timedelta(minutes=1))
    assert [phase for _, _, phase, _ in await it.phases()] == ["pending"]


async def test_what_had_come_back_is_not_closed_with_the_rest_of_a_rebuilt_database(
    house: Callable[..., Awaitable[House]],
) -> None:
    it = await house()
    other = {"referral_id": str(uuid4())}
    await it.hear(details(MOTHER), received(), routed())
    await it.hear(received().model_copy(update=other), routed().model_copy(update=other))
    back = await it.pool.fetchval("SELECT id FROM message WHERE referral_id = $1", REFERRAL)
    fact = MessageReturned(
        message_id=back, referral_id=REFERRAL, person_id=MOTHER, fact="referral.routed", channel="email",
        then="text", reason="permanent-failure", returned_at=NOW,
    )  # fmt: skip
    async with it.pool.acquire() as conn, conn.transaction():
        message = MESSAGES.read(await conn.fetchval("SELECT state FROM message WHERE id = $1", back))
        after = restoring.returned(message, fact).state
        assert after is not None
        await conn.execute(
            "UPDATE message SET state = $2, why = $3 WHERE id = $1", back, after.model_dump_json(), after.why
        )
        assert learning.LEARNING.cut_over is not None
        await learning.LEARNING.cut_over(conn, NOW + timedelta(minutes=1))
    rows = await it.pool.fetch("SELECT id = $1 AS back, phase, state->>'channel' AS way FROM message", back)
    assert {(row["back"], row["phase"], row["way"]) for row in rows} == {
        (True, "sending", "text"),
        (False, "closed", "email"),
    }
