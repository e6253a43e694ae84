"""Outsiders' records that were answered, learnt again by a database that was set back to before it took them.

It reads those records once more, and knows nothing of having done so. Its own answers, which are kept as long as the
records are, tell it.
"""

import json
from collections.abc import Sequence

from chassis.erasing import erased_among
from chassis.learning import Answered
from chassis.once import UNKNOWN_BODY, scope_of_records
from chassis.operations.restoring import read_fact
from chassis.reading import Dated, TopicReader
from chassis.service import Running
from schemas.topics import Topic

_REMEMBER = """
INSERT INTO once (scope, key, body_hash, answer)
SELECT scope, key, $3, answer::json FROM unnest($1::text[], $2::text[], $4::text[]) AS new(scope, key, answer)
ON CONFLICT DO NOTHING
"""


async def remember_answered(running: Running, reader: TopicReader) -> None:
    """Notes each record that this service has answered. Raises KafkaError, TimeoutError."""
    topics = {event.topic.name: event.topic for event in running.service.learning.restoring.answers}
    partitions = await reader.partitions(list(topics.values()))
    begins, ends = await reader.beginnings(partitions), await reader.ends(partitions)
    async for records in reader.read(begins, ends):
        await _remember(running, _answers(running, topics[records[0].record.topic], records))


def _answers(running: Running, topic: Topic, records: Sequence[Dated]) -> list[Answered]:
    rules = running.service.learning.restoring.answers
    facts = [fact.event for each in records if (fact := read_fact(running, topic, each)) and fact.event]
    return [rules[type(fact)](fact) for fact in facts if type(fact) in rules]


async def _remember(running: Running, answers: Sequence[Answered]) -> None:
    async with running.pool.acquire() as conn, conn.transaction():
        erased = await erased_among(conn, {one.referral_id for one in answers if one.referral_id})
        kept = [one for one in answers if one.referral_id not in erased]
        await conn.execute(
            _REMEMBER,
            [scope_of_records(one.source) for one in kept],
            [one.id for one in kept],
            UNKNOWN_BODY,
            [json.dumps(one.referral_id and {"referral_id": one.referral_id}) for one in kept],
        )
