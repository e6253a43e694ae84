"""What happens to brokers: one dies, each is restarted, all are gone."""

import time
from random import Random

from aiokafka.errors import KafkaError

from deploy.local.kafka import Broker
from deploy.local.services import NAMES
from schemas.services import SERVICES
from tests.faults import cluster
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig


@fault("leader-killed", "kill -9 of the broker that leads a log, which comes back later")
def leader_killed(rig: Rig, chance: Random) -> str:
    topic = rig.town.topic(chance.choice([topic.name for topic in SERVICES[chance.choice(NAMES)].says]))
    victim = cluster.leader(rig.stack, topic)
    _killed(victim, chance)
    wait_until(lambda: _other(rig, topic, victim), f"another broker leads {topic}")
    _back_after(rig, [victim], chance)
    return f"{victim.name}, leader of {topic.removeprefix(rig.town.prefix)}"


@fault("coordinator-killed", "kill -9 of the broker that looks after a consumer group")
def coordinator_killed(rig: Rig, chance: Random) -> str:
    group = rig.town.prefix + chance.choice(NAMES)
    victim = cluster.coordinator(rig.stack, group)
    _killed(victim, chance)
    wait_until(lambda: _looked_after_by_another(rig, group, victim), f"another broker looks after {group}")
    _back_after(rig, [victim], chance)
    return f"{victim.name}, co-ordinator of {group.removeprefix(rig.town.prefix)}"


@fault("leaders-moved", "the partitions of logs are moved from broker to broker, to and fro")
def leaders_moved(rig: Rig, chance: Random) -> str:
    """Each time the leader is one of those that hold it no more, so that another one has to lead."""
    topics = [rig.town.topic(topic.name) for name in NAMES for topic in SERVICES[name].says]
    moved = chance.sample(topics, chance.randint(1, 4))
    for topic in moved * chance.randint(1, 2):
        former = cluster.leader(rig.stack, topic).node_id
        others = [broker.node_id for broker in rig.stack.brokers if broker.node_id != former]
        cluster.let(rig.stack, topic, others)
        wait_until(lambda: cluster.leader(rig.stack, topic).node_id != former, f"{topic} has another leader")  # noqa: B023
        time.sleep(chance.uniform(0, 3))
        cluster.let(rig.stack, topic, [*others, former])
        cluster.wait_in_sync(rig.stack)
    return ", ".join(topic.removeprefix(rig.town.prefix) for topic in moved)


@fault("rolling-restart", "the brokers are stopped and started again, one after the other")
def rolling_restart(rig: Rig, chance: Random) -> str:
    brokers = chance.sample(rig.stack.brokers, 3)
    for broker in brokers:
        broker.stop()
        happened(not broker.running, f"{broker.name} was down")
        time.sleep(chance.uniform(0, 2))
        cluster.restart(rig.stack, [broker])
    return ", ".join(str(broker.node_id) for broker in brokers)


@fault("cluster-gone", "kill -9 of all three brokers; they come back after some seconds")
def cluster_gone(rig: Rig, chance: Random) -> str:
    for broker in rig.stack.brokers:
        broker.kill()
    happened(not any(broker.running for broker in rig.stack.brokers), "all brokers were down")
    away = chance.uniform(2, 25)
    time.sleep(away)
    cluster.restart(rig.stack, rig.stack.brokers)
    return f"for {away:.0f} s and their start"


@fault(
    "broker-disk-full", "the file system that holds a broker's data is full: the broker ends, and comes back"
)
def broker_disk_full(rig: Rig, chance: Random) -> str:
    victim, away = chance.choice(rig.stack.brokers), chance.uniform(0, 12)
    with cluster.on_small_disk(rig.stack, victim) as disk:
        time.sleep(chance.uniform(0, 3))
        disk.fill()
        wait_until(lambda: not victim.running, f"{victim.name} ended for want of room", 120)
        time.sleep(away)
        disk.empty()
        cluster.restart(rig.stack, [victim])
        time.sleep(chance.uniform(0, 3))
    return f"{victim.name}, for {away:.0f} s"


def _killed(broker: Broker, chance: Random) -> None:
    time.sleep(chance.uniform(0, 1))
    broker.kill()
    happened(not broker.running, f"{broker.name} died")


def _back_after(rig: Rig, brokers: list[Broker], chance: Random) -> None:
    time.sleep(chance.uniform(0, 10))
    cluster.restart(rig.stack, brokers)


def _other(rig: Rig, topic: str, than: Broker) -> bool:
    try:
        return cluster.leader(rig.stack, topic) is not than
    except (KafkaError, OSError, TimeoutError):
        return False


def _looked_after_by_another(rig: Rig, group: str, than: Broker) -> bool:
    try:
        return cluster.coordinator(rig.stack, group) is not than
    except (KafkaError, OSError, TimeoutError):
        return False
