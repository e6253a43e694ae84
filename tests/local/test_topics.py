"""The topics are data: applied as often as one likes, never with other partitions."""

from datetime import UTC, datetime, timedelta

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidTimestampError
from pydantic import ValidationError

from deploy.kafka import Topic, TopicsError, apply_topics, load_topics
from deploy.local import Stack
from schemas import topics as contract
from tests.local.helpers import a_topic


async def settings_of(stack: Stack, topic: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.bootstrap)
    await admin.start()
    try:
        [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    finally:
        await admin.close()
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}


def test_every_topic_of_the_contracts_is_provided_for_and_no_other() -> None:
    assert {topic.name for topic in load_topics()} == {topic.name for topic in contract.ALL}


def test_topics_whose_latest_version_counts_are_compacted_and_logs_are_not() -> None:
    compacted = {topic.name for topic in load_topics() if topic.cleanup == "compact"}
    assert compacted == {topic.name for topic in contract.ALL if topic.order == "latest-version"}


def test_the_logs_of_events_are_kept_for_good() -> None:
    kept = {topic.name for topic in load_topics() if topic.kept == "for good"}
    assert kept == {topic.name for topic in contract.ALL if topic.order == "every-version"}


async def test_topics_are_created_the_first_time_and_left_alone_the_second(stack: Stack) -> None:
    names = [f"twice.{topic.name}" for topic in load_topics()]
    first = await apply_topics(stack.bootstrap, prefix="twice.")
    second = await apply_topics(stack.bootstrap, prefix="twice.")
    assert (first.created, first.changed, first.unchanged) == (names, [], [])
    assert (second.created, second.changed, sorted(second.unchanged)) == ([], [], sorted(names))


async def test_a_created_topic_has_the_settings_of_its_description(stack: Stack) -> None:
    await apply_topics(stack.bootstrap, prefix="set.")
    log, papers = [await settings_of(stack, f"set.{name}.v1") for name in ("referrals", "case-papers")]
    assert (log["cleanup.policy"], log["retention.ms"]) == ("delete", "-1")
    assert (papers["cleanup.policy"], papers["delete.retention.ms"]) == ("compact", "2592000000")
    for settings in (log, papers):
        assert settings["max.message.bytes"] == "1048576"
        assert settings["unclean.leader.election.enable"] == "false"


COMPACTED = {"cleanup": "compact", "retention_days": None}


@pytest.mark.parametrize(
    ("name", "kept"), [("a-day", {}), ("for-good", {"retention_days": "for good"}), ("latest", COMPACTED)]
)
async def test_what_is_sent_by_a_clock_hours_ahead_of_the_brokers_is_taken(
    stack: Stack, name: str, kept: dict[str, object]
) -> None:
    topic = a_topic(f"clocks-apart-{name}.v1").model_copy(update=kept)
    await apply_topics(stack.bootstrap, topics=[topic])
    await send_at(stack, topic, datetime.now(UTC) + timedelta(hours=3))


async def test_what_goes_by_its_age_has_the_time_at_which_it_came_whatever_its_sender_says(
    stack: Stack,
) -> None:
    """Else one record of an outsider whose clock is wrong would keep all later ones, or go before it was read."""
    topic = a_topic("outsiders-clocks.v1")
    await apply_topics(stack.bootstrap, topics=[topic])
    began = datetime.now(UTC)
    for wrong in (datetime(2099, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, tzinfo=UTC)):
        kept = await send_at(stack, topic, wrong)
        assert abs(kept - began) < timedelta(minutes=1)


async def test_no_clock_puts_off_by_more_than_a_day_what_compaction_removes(stack: Stack) -> None:
    topic = a_topic("compacted-clocks.v1").model_copy(update=COMPACTED)
    await apply_topics(stack.bootstrap, topics=[topic])
    with pytest.raises(InvalidTimestampError):
        await send_at(stack, topic, datetime.now(UTC) + timedelta(hours=25))


async def send_at(stack: Stack, topic: Topic, time: datetime) -> datetime:
    """Sends a record with this time; answers the one with which it is kept."""
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
        sent = await producer.send_and_wait(
            topic.name, b"{}", key=b"k", timestamp_ms=int(time.timestamp() * 1000)
        )
    return datetime.fromtimestamp(sent.timestamp / 1000, UTC)


async def test_a_setting_that_differs_is_set_and_others_are_kept(stack: Stack) -> None:
    topic = a_topic("settings-differ.v1")
    await apply_topics(stack.bootstrap, topics=[topic])
    longer = topic.model_copy(update={"retention_days": 2})
    assert (await apply_topics(stack.bootstrap, topics=[longer])).changed == [topic.name]
    assert (await settings_of(stack, topic.name))["retention.ms"] == str(2 * 24 * 60 * 60 * 1000)


def test_keys_are_spread_over_as_many_partitions_as_a_topic_has() -> None:
    assert {topic.partitions for topic in load_topics()} == {contract.PARTITIONS}


async def test_a_topic_that_was_given_more_partitions_is_as_good_as_any_and_what_stands_in_the_others_is_told(
    stack: Stack,
) -> None:
    topic = a_topic("more-partitions.v1", partitions=3)
    await apply_topics(stack.bootstrap, topics=[topic])
    fewer = topic.model_copy(update={"partitions": 1})
    applied = await apply_topics(stack.bootstrap, topics=[fewer])
    assert (applied.unchanged, applied.beyond) == ([topic.name], {})
    async with AIOKafkaProducer(bootstrap_servers=stack.bootstrap) as producer:
        for partition in (0, 2):
            await producer.send_and_wait(topic.name, b"{}", partition=partition)
    assert (await apply_topics(stack.bootstrap, topics=[fewer])).beyond == {topic.name: [2]}


async def test_fewer_partitions_are_refused_before_anything_is_changed(stack: Stack) -> None:
    topic = a_topic("partitions-differ.v1", partitions=3)
    await apply_topics(stack.bootstrap, topics=[topic])
    wanted = [a_topic("not-created.v1"), topic.model_copy(update={"partitions": 12})]
    with pytest.raises(TopicsError, match=r"partitions-differ\.v1 has 3 partitions, topics\.toml says 12"):
        await apply_topics(stack.bootstrap, topics=wanted)
    assert (await apply_topics(stack.bootstrap, topics=wanted[:1])).created == ["not-created.v1"]


async def test_more_replicas_than_brokers_are_refused(stack: Stack) -> None:
    with pytest.raises(TopicsError, match=r"refused to create too-many\.v1"):
        await apply_topics(stack.bootstrap, replication=99, topics=[a_topic("too-many.v1")])


async def test_a_cluster_that_does_not_answer_is_named() -> None:
    with pytest.raises(TopicsError, match=r"Kafka at 127\.0\.0\.1:1 .* Is it running"):
        await apply_topics(["127.0.0.1:1"])


@pytest.mark.parametrize(
    "wrong", [{"cleanup": "compact"}, {"retention_days": None}, {"partitions": 0}, {"name": "No Version"}]
)
def test_a_description_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Topic.model_validate(a_topic().model_dump() | wrong)
