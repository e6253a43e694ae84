"""Make a cluster have the topics of topics.toml."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from deploy.kafka.topics import Topic, load_topics

#: The partitions of each topic that exists, as the cluster's metadata describe them.
Existing = dict[str, list[dict[str, Any]]]

_READY_SECONDS = 30
#: What DescribeConfigs answers for a setting made on the topic itself, not inherited from the broker.
_SET_ON_TOPIC = 1


class TopicsError(RuntimeError):
    """The cluster cannot have the topics as they are described; the message says what to do."""


@dataclass(frozen=True)
class Applied:
    """What was done, in topic names as the cluster knows them.

    ``beyond`` has the topics that were given more partitions than are wanted, each with those of the others that hold
    records: nothing of ours is written there.
    """

    created: list[str]
    changed: list[str]
    unchanged: list[str]
    beyond: dict[str, list[int]]


async def apply_topics(
    bootstrap: Sequence[str],
    prefix: str = "",
    replication: int | None = None,
    topics: Sequence[Topic] | None = None,
) -> Applied:
    """Create the topics that the cluster lacks and set what differs in the settings of the others.

    Each name is put behind `prefix` as it stands ("leeds." makes "leeds.referrals.v1"). New topics get
    `replication` replicas, by default three, or as many as there are brokers. `topics` are those of
    topics.toml unless given. Returns once clients can use all of them.

    Raises TopicsError, before anything is changed, where a topic has too few partitions; and where no broker answers
    or the cluster refuses. More than are wanted do no harm as long as the others are empty.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=list(bootstrap))
    try:
        await admin.start()
        wanted = {prefix + topic.name: topic for topic in topics or load_topics()}
        return await _Cluster(admin, bootstrap).apply(wanted, replication)
    except KafkaError as error:
        raise TopicsError(
            f"Kafka at {','.join(bootstrap)} did not do its part: {error!r}. Is it running?"
        ) from error
    finally:
        await admin.close()


class _Cluster:
    """The admin client's answers in the shape that is needed here."""

    def __init__(self, admin: AIOKafkaAdminClient, bootstrap: Sequence[str]) -> None:
        self._admin, self._bootstrap = admin, list(bootstrap)

    async def apply(self, wanted: dict[str, Topic], replication: int | None) -> Applied:
        existing = await self._existing(wanted)
        _refuse_fewer_partitions(wanted, existing)
        missing = {name: topic for name, topic in wanted.items() if name not in existing}
        await self._create(missing, replication or await self._default_replication())
        changed = await self._change_settings(wanted, existing)
        await self._wait_until_usable(wanted)
        unchanged = [name for name in existing if name not in changed]
        return Applied(list(missing), changed, unchanged, await self._beyond(wanted, existing))

    async def _beyond(self, wanted: dict[str, Topic], existing: Existing) -> dict[str, list[int]]:
        """Return the partitions beyond those wanted that hold records, by topic."""
        others = [
            TopicPartition(name, each["partition"])
            for name, partitions in existing.items()
            for each in partitions
            if each["partition"] >= wanted[name].partitions
        ]
        found: dict[str, list[int]] = {}
        if others:
            # A group that it never joins: without any, aiokafka's stop() may end in a CancelledError.
            reader = AIOKafkaConsumer(
                bootstrap_servers=self._bootstrap, group_id="topics", enable_auto_commit=False
            )
            await reader.start()
            try:
                begins, ends = await reader.beginning_offsets(others), await reader.end_offsets(others)
            finally:
                await reader.stop()
            for each in sorted(each for each in others if ends[each] > begins[each]):
                found.setdefault(each.topic, []).append(each.partition)
        return found

    async def _default_replication(self) -> int:
        return min(3, len((await self._admin.describe_cluster())["brokers"]))

    async def _existing(self, wanted: dict[str, Topic]) -> Existing:
        """Return the partitions of those wanted topics that exist."""
        known = set(await self._admin.list_topics()) & set(wanted)
        described = await self._admin.describe_topics(sorted(known)) if known else []
        return {topic["topic"]: topic["partitions"] for topic in described}

    async def _create(self, missing: dict[str, Topic], replicas: int) -> None:
        new = [
            NewTopic(name, topic.partitions, replicas, topic_configs=topic.settings(replicas))
            for name, topic in missing.items()
        ]
        answer = await self._admin.create_topics(new) if new else None
        for name, code, message in answer.topic_errors if answer else []:
            # Somebody else may be applying the same topics at this moment.
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise TopicsError(f"Kafka refused to create {name}: {message or for_code(code).__name__}")

    async def _change_settings(self, wanted: dict[str, Topic], existing: Existing) -> list[str]:
        """Set what differs, keeping settings that topics.toml does not speak of; return the topics changed."""
        resources = []
        for name, settings in (await self._settings(existing)).items():
            merged = settings | wanted[name].settings(replicas=len(existing[name][0]["replicas"]))
            if merged != settings:
                resources.append(ConfigResource(ConfigResourceType.TOPIC, name, merged))
        for answer in await self._admin.alter_configs(resources) if resources else []:
            for code, message, _, name in answer.resources:
                if code:
                    raise TopicsError(
                        f"Kafka refused the settings of {name}: {message or for_code(code).__name__}"
                    )
        return [resource.name for resource in resources]

    async def _settings(self, names: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the settings made on each topic itself."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        return {
            name: {entry[0]: entry[1] for entry in entries if entry[3] == _SET_ON_TOPIC}
            for answer in (await self._admin.describe_configs(asked) if asked else [])
            for _, _, _, name, entries in answer.resources
        }

    async def _wait_until_usable(self, wanted: dict[str, Topic]) -> None:
        """Wait until every partition has a leader: a new topic needs a moment."""
        for _ in range(_READY_SECONDS * 10):
            if await self._usable(wanted):
                return
            await asyncio.sleep(0.1)
        raise TopicsError(f"Some partitions have no leader after {_READY_SECONDS} s: are all brokers up?")

    async def _usable(self, wanted: dict[str, Topic]) -> bool:
        existing = await self._existing(wanted)
        led = [partition["leader"] >= 0 for partitions in existing.values() for partition in partitions]
        return len(existing) == len(wanted) and all(led)


def _refuse_fewer_partitions(wanted: dict[str, Topic], existing: Existing) -> None:
    wrong = [
        f"{name} has {len(partitions)} partitions, topics.toml says {wanted[name].partitions}"
        for name, partitions in existing.items()
        if len(partitions) < wanted[name].partitions
    ]
    if wrong:
        raise TopicsError(
            "\n".join(wrong) + "\nNothing was changed. The number is for good, because another one breaks the"
            " order of a key's events: correct topics.toml, or copy the events to a topic of another name."
        )
