"""How far a consumer is behind what Kafka has told it of."""

from collections.abc import Iterable

from aiokafka import TopicPartition

from chassis import metrics
from chassis.fetched import CarefulConsumer


def lags(consumer: CarefulConsumer) -> list[tuple[TopicPartition, int]]:
    """Of each assigned partition, how many records lie before its end; without those not yet asked about."""
    found = []
    for partition in consumer.assignment():
        high, position = consumer.highwater(partition), consumer.at(partition)
        if high is not None and position is not None:
            found.append((partition, max(0, high - position)))
    return found


def observe(found: Iterable[tuple[TopicPartition, int]]) -> None:
    """Has the metrics tell of it."""
    for partition, lag in found:
        metrics.CONSUMER_LAG.labels(partition.topic, partition.partition).set(lag)
