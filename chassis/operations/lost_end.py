"""Kafka has lost the end of a log, the whole of it, or a part of its beginning that somebody had yet to read.

Its writer publishes again what it sent, and whoever hears it reads it again. Both are done while the services stand
still: once a log has grown beyond what was read of it, nobody can see any more which places were given out twice. That
one was deleted and made anew Kafka's id for it says, however long it has become.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import TopicPartition

from chassis.positions import heard_logs, next_offsets
from chassis.reading import TopicReader
from chassis.service import Running
from chassis.storage import Connection
from schemas.topics import BY_NAME, Topic

#: Seconds that a statement over all that is kept of a topic may take: fourteen days of a county are millions of rows.
_PATIENCE = 3600.0


class CannotBeginAgain(Exception):
    """Nothing was changed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Facts of a topic that are kept here: how many, and when the first of them was written down (real time)."""

    topic: str
    facts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Short:
    """A partition that ends before ``read``, the place up to which it was read."""

    partition: TopicPartition
    read: int
    end: int


@dataclass(frozen=True, slots=True)
class CutOff:
    """A partition that begins behind ``next``, the place that comes next."""

    partition: TopicPartition
    next: int
    begin: int

    @property
    def unread(self) -> int:
        """How many places that lost their records nobody had read."""
        return self.begin - self.next


@dataclass(frozen=True, slots=True)
class Found:
    """How the logs stand beside what was read of them. ``begins`` has an offset for each partition.

    ``anew``: topics that were deleted and made anew since they were read.
    """

    topics: list[str]
    begins: dict[tuple[str, int], int]
    short: list[Short]
    cut_off: list[CutOff] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)


def ours(name: str, topics: Sequence[Topic], does: str, names: Sequence[str]) -> None:
    """Raises CannotBeginAgain unless all ``names`` are among ``topics``, those that this service ``does``."""
    known = [topic.name for topic in topics]
    for each in names:
        if each not in known:
            raise CannotBeginAgain(f"{name} does not {does} {each}, only: {', '.join(known) or 'nothing'}")


async def sent(conn: Connection, topics: Sequence[str]) -> list[Sent]:
    """What would be published again, by topic."""
    return [Sent(*row) for row in await conn.fetch(_SENT, list(topics), timeout=_PATIENCE)]


async def publish_again(conn: Connection, topics: Sequence[str]) -> None:
    """Puts all that is kept of ``topics`` into the outbox, in its first order, inside the caller's transaction.

    What waits there of these topics is put behind it: a later version must not come before an earlier one. A fact
    that was sent several times comes once, as it was sealed last.
    """
    # Whoever writes a fact just now is waited for: its place would be before those given out here.
    await conn.execute("LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE", timeout=_PATIENCE)
    await conn.execute(_AGAIN, list(topics), timeout=_PATIENCE)


async def look(running: Running, names: Sequence[str] = (), *, without_beginning: bool = False) -> Found:
    """How the topics of these names, or all that the service hears, stand.

    Those of the answer are the ones named, else those that were made anew or end before what was read of them;
    ``without_beginning``: and those of which something is gone unread.
    Raises CannotBeginAgain where Kafka has no such topic, KafkaError and TimeoutError.
    """
    heard = [topic for topic in running.service.hears if not names or topic.name in names]
    positions, logs = await next_offsets(running.pool), await heard_logs(running.pool)
    async with TopicReader(running.brokers, running.settings.topic_prefix) as reader:
        partitions = await reader.partitions(heard)
        begins, ends = await reader.beginnings(partitions), await reader.ends(partitions)
        anew = sorted(n for n, log in (await reader.logs(heard)).items() if logs.get(n, log) != log)
        at = {each: (reader.topic(each), each.partition) for each in partitions}
    if missing := sorted({topic.name for topic in heard} - {topic for topic, _ in at.values()}):
        raise CannotBeginAgain(f"Kafka has no {', '.join(missing)}: make it, see deploy/kafka")
    read = {each: positions.get(at[each], 0) for each in partitions}
    short = [Short(TopicPartition(*at[p]), read[p], ends[p]) for p in sorted(at) if read[p] > ends[p]]
    cut_off = [
        CutOff(TopicPartition(*at[p]), read[p], begins[p])
        for p in sorted(at)
        if read[p] < begins[p] and BY_NAME[at[p][0]].order == "every-version"
    ]
    harmed = [each.partition.topic for each in (*short, *(cut_off if without_beginning else ()))]
    topics = list(names) or sorted({*harmed, *anew})
    begin = {at[p]: begin for p, begin in begins.items() if at[p][0] in topics}
    return Found(topics, begin, short, cut_off, anew)


async def read_again(conn: Connection, found: Found, *, without_beginning: bool = False) -> None:
    """Has the topics of ``found`` read from their beginning, inside the caller's transaction.

    ``without_beginning``: also where that is behind what comes next, so that what stood between is given up.
    Dead letters keep their place of a log, by which the same record is known when it is read again. Those whose
    place was lost give it up: another record will stand there.
    """
    await conn.execute("DELETE FROM heard_log WHERE topic = ANY($1::text[])", found.topics)
    gone = [each for each in found.anew if each in found.topics]
    await conn.execute(_LOST_ALL_PLACES, gone)
    given_up = {each.partition for each in found.cut_off} if without_beginning else set()
    for place, begin in found.begins.items():
        await conn.execute(_GIVE_UP if place in given_up else _FROM_THE_BEGINNING, *place, begin)
    for each in found.short:
        if each.partition.topic in found.topics:
            await conn.execute(_LOST_THEIR_PLACE, each.partition.topic, each.partition.partition, each.end)


_SENT = """
SELECT topic, count(DISTINCT event_id), min(created_at) FROM (
    SELECT topic, event_id, created_at FROM outbox_sent WHERE topic = ANY($1::text[])
    UNION ALL SELECT topic, event_id, created_at FROM outbox WHERE topic = ANY($1::text[])
) AS kept GROUP BY topic ORDER BY topic
"""
_AGAIN = """
WITH waiting AS (
    DELETE FROM outbox WHERE topic = ANY($1::text[])
    RETURNING shard, seq, event_id, topic, key, version, headers, payload
), kept AS (
    SELECT * FROM waiting
    UNION ALL
    SELECT shard, seq, event_id, topic, key, version, headers, payload FROM outbox_sent WHERE topic = ANY($1::text[])
), fact AS (
    SELECT DISTINCT ON (event_id) *, min(seq) OVER (PARTITION BY event_id) AS place
    FROM kept ORDER BY event_id, seq DESC
)
INSERT INTO outbox (shard, event_id, topic, key, version, headers, payload)
SELECT shard, event_id, topic, key, version, headers, payload FROM fact ORDER BY place
"""
# A log whose beginning is gone unread is left as it is, unless that is given up: the consumer has to tell of it.
_FROM_THE_BEGINNING = (
    "UPDATE partition_position SET next_offset = least(next_offset, $3) WHERE topic = $1 AND partition = $2"
)
_GIVE_UP = (
    "INSERT INTO partition_position (topic, partition, next_offset) VALUES ($1, $2, $3) "
    "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset"
)
_LOST_ALL_PLACES = "UPDATE dead_letter SET record_at = -id WHERE topic = ANY($1::text[]) AND record_at >= 0"
_LOST_THEIR_PLACE = (
    "UPDATE dead_letter SET record_at = -id WHERE topic = $1 AND partition = $2 AND record_at >= $3"
)
