"""What happens to the past: it is forked, read or delivered again, restored from a backup."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local.services import NAMES
from schemas.services import SERVICES
from tests.faults import cluster, operator
from tests.faults.database import Backup, execute
from tests.faults.fault import NotBroughtAbout, fault, happened, wait_until
from tests.faults.rig import Rig
from tests.support.topics import records

PARKED_SECONDS = 120.0
_FORGET = "UPDATE partition_position SET next_offset = 0", "DELETE FROM partition_position"
_UNPUBLISHED = "SELECT count(*) FROM outbox"
#: The logs that other services hear.
_LOGS = {topic.name for name in NAMES for topic in SERVICES[name].hears if topic.order == "every-version"}
_READ = "SELECT coalesce(sum(next_offset), 0) FROM partition_position"


@fault("forked-version", "a second producer writes another fact under a version that exists", cluster=False)
def forked_version(rig: Rig, chance: Random) -> str:
    topic = chance.choice(("referrals.v1", "panels.v1"))
    wait_until(lambda: len(_said(rig, topic)) > 3, f"something was said on {topic}")
    chosen = chance.sample(_said(rig, topic)[-40:], chance.randint(1, 3))
    forks = [str(UUID(int=chance.getrandbits(128), version=4)) for _ in chosen]
    rig.ledger.forged |= set(forks)
    places = asyncio.run(_forked(rig, chosen, forks))
    waiting = 0
    for name in operator.hearers(topic):
        _expect(partial(_are_forks, rig, name, places), f"{name} did not park {len(forks)} forks")
        service = rig.town.services[name]
        operator.discard(rig.town, name, [each for each in operator.parked(service) if each.place in places])
        waiting += len(operator.parked(service))
        operator.redrive(rig.town, name)
    return f"{len(forks)} on {topic}, {waiting} facts waited"


def _expect(it: Callable[[], object], complaint: str) -> None:
    """Raises RuntimeError: this is not about whether the fault was real but about a promise."""
    try:
        wait_until(it, complaint, PARKED_SECONDS)
    except NotBroughtAbout:
        raise RuntimeError(complaint) from None


def _said(rig: Rig, topic: str) -> Sequence[Any]:
    """Its records in the streams of families. What another fault wrote among them has no id: nobody said it."""
    found = asyncio.run(records(rig.stack.bootstrap, [rig.town.topic(topic)]))
    return [
        each
        for each in found
        if each.key and _id_of(each) and (topic, each.key.decode("utf-8", "replace")) not in rig.ledger.odd
    ]


async def _forked(rig: Rig, chosen: Sequence[Any], ids: Sequence[str]) -> set[tuple[str, int, int]]:
    """Each of these once more, under another id; answers where."""
    producer, places = AIOKafkaProducer(bootstrap_servers=rig.stack.bootstrap, acks="all"), set()
    await producer.start()
    try:
        for record, id in zip(chosen, ids, strict=True):
            headers = [(name, id.encode() if name == "ce_id" else value) for name, value in record.headers]
            at = await producer.send_and_wait(
                record.topic, record.value, key=record.key, partition=record.partition, headers=headers
            )
            places.add((record.topic.removeprefix(rig.town.prefix), at.partition, at.offset))
    finally:
        await producer.stop()
    return places


def _are_forks(rig: Rig, name: str, places: set[tuple[str, int, int]]) -> bool:
    found = operator.parked(rig.town.services[name])
    return places <= {each.place for each in found if each.fingerprint.startswith(("fork", "follower"))}


@fault(
    "read-again", "every position is set back to the beginning, in the database and in Kafka", cluster=False
)
def read_again(rig: Rig, chance: Random) -> str:
    names = chance.sample(NAMES, chance.randint(1, 3))
    for name in names:
        service = rig.town.services[name]
        service.stop()
        before = int(execute(service.admin_dsn, _READ))
        happened(before, f"{name} had read something")
        execute(service.admin_dsn, chance.choice(_FORGET), "SELECT 1")
        asyncio.run(_kafka_is_told(rig, name, at_end=False))
        service.start(wait=False)
        wait_until(
            partial(_has_read, rig, name, before), f"{name} read {before} records again", PARKED_SECONDS
        )
    return ", ".join(names)


def _has_read(rig: Rig, name: str, so_many: int) -> bool:
    return int(execute(rig.town.services[name].admin_dsn, _READ)) >= so_many


@fault(
    "group-set-on", "an operator sets a consumer group to the end of its topics, or deletes it", cluster=False
)
def group_set_on(rig: Rig, chance: Random) -> str:
    """What came meanwhile would be passed over, if Kafka's offsets counted."""
    told = []
    for name in chance.sample(NAMES, chance.randint(1, 3)):
        service, group, deleted = rig.town.services[name], rig.town.prefix + name, chance.random() < 0.5
        service.stop()
        time.sleep(chance.uniform(2, 8))
        if deleted:
            cluster.forget_group(rig.stack, group)
        else:
            asyncio.run(_kafka_is_told(rig, name, at_end=True))
        service.start(wait=False)
        told.append(f"{name} {'deleted' if deleted else 'at the end'}")
    return ", ".join(told)


async def _kafka_is_told(rig: Rig, name: str, *, at_end: bool) -> None:
    """The offsets of the consumer group go back to the beginning, or on to the end."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=rig.stack.bootstrap, group_id=rig.town.prefix + name, enable_auto_commit=False
    )
    await consumer.start()
    try:
        heard = [rig.town.topic(topic.name) for topic in SERVICES[name].hears]
        partitions = [TopicPartition(topic, number) for topic in heard for number in range(12)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions) if at_end else dict.fromkeys(partitions, 0)
        await consumer.commit(ends)
    finally:
        await consumer.stop()


@fault("delivered-again", "every record of a log stands there once more, in other batches", cluster=False)
def delivered_again(rig: Rig, chance: Random) -> str:
    logs = chance.sample(sorted(_LOGS), chance.randint(1, len(_LOGS)))
    wait_until(lambda: all(_said(rig, log) for log in logs), "something was said on each log")
    count = 0
    for log in logs:
        again = [each for each in _said(rig, log) if _id_of(each) not in rig.ledger.forged]
        again = again[-chance.randint(200, 1000) :]
        asyncio.run(_written_again(rig, again, chance))
        count += len(again)
    time.sleep(chance.uniform(0, 3))
    return f"{count} of {', '.join(logs)}"


def _id_of(record: Any) -> str:
    return (dict(record.headers).get("ce_id") or b"").decode(errors="replace")


async def _written_again(rig: Rig, found: Sequence[Any], chance: Random) -> None:
    """In the order of each partition, and as few or many at a time as it comes."""
    producer = AIOKafkaProducer(
        bootstrap_servers=rig.stack.bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=chance.randint(0, 20),
    )
    await producer.start()
    try:
        left = list(found)
        while left:
            some, left = left[: (size := chance.randint(1, 60))], left[size:]
            sent = [
                await producer.send(
                    one.topic, one.value, key=one.key, partition=one.partition, headers=list(one.headers)
                )
                for one in some
            ]
            await asyncio.gather(*sent)
    finally:
        await producer.stop()


@fault("restored-from-a-backup", "a service comes back with an older backup; then the newer data are found")
def restored(rig: Rig, chance: Random) -> str:
    name = chance.choice(NAMES)
    rig.town.services[name].stop()
    with Backup(rig.stack, rig.town.services[name].admin_dsn) as backup:
        younger = _set_back(rig, name, backup, chance)
        backup.undo()
    rig.town.services[name].start(wait=False)
    return f"{name}, {younger} events younger than the backup"


@fault(
    "restored-and-recovered", "the same, and an operator has it recover what it had published", spoils=True
)
def recovered(rig: Rig, chance: Random) -> str:
    name = chance.choice(NAMES)
    service = rig.town.services[name]
    service.stop()
    with Backup(rig.stack, service.admin_dsn) as backup:
        younger, lost_at = _set_back(rig, name, backup, chance), datetime.now(UTC)
        words = ["recover", "--reason", "the disk was lost"]
        if name == "notifications":
            words += ["--lost-at", f"{lost_at:%Y-%m-%dT%H:%M:%S%z}"]
        said = operator.command(service, *words)
        service.start(wait=False)
        service.wait_until_ready()
        backup.keep()
    return f"{name}, {younger} events younger than the backup: {said.strip().splitlines()[0]}"


def _set_back(rig: Rig, name: str, backup: Backup, chance: Random) -> int:
    """Lets the service go on after the backup was made, restores that, and sees the service refuse to write.

    What it had committed it has also published by then: what it has not is lost with any database. Answers
    how many of its events are younger than the backup.
    """
    service = rig.town.services[name]
    service.start(wait=False)
    service.wait_until_ready()
    said = _end(rig, name)
    wait_until(lambda: _end(rig, name) > said, f"{name} said something after the backup")
    time.sleep(chance.uniform(0, 3))
    _publish_all(rig, name)
    backup.restore()
    end = _end(rig, name)
    service.start(wait=False)
    _expect(lambda: not service.running, f"{name} did not refuse its old database")
    assert service.exit_status == 1, f"{name} ended with {service.exit_status}, not as one that refuses"
    assert _end(rig, name) == end, f"{name} wrote from its old database"
    return end - said


def _publish_all(rig: Rig, name: str) -> None:
    """Stops the service when it has nothing left to publish; the others stop first, so that nothing new comes.

    What it still hears while it empties its outbox may fill it again: hence more than one try.
    """
    service = rig.town.services[name]
    for each in (*(rig.town.services[other] for other in NAMES if other != name), service):
        each.stop()
    for _ in range(5):
        service.start(role="worker")
        time.sleep(1)
        wait_until(lambda: not execute(service.admin_dsn, _UNPUBLISHED), f"{name} published what it had")
        service.stop()
        if not execute(service.admin_dsn, _UNPUBLISHED):
            return
    happened(False, f"{name} had nothing left to publish")


def _end(rig: Rig, name: str) -> int:
    """How many records the logs of this service hold."""
    logs = [topic.name for topic in SERVICES[name].says if topic.order == "every-version"]
    return len(asyncio.run(records(rig.stack.bootstrap, [rig.town.topic(log) for log in logs])))
