"""How far a consumer is behind what Kafka has told it of."""

from aiokafka import TopicPartition

from chassis.fetched import CarefulConsumer


def lags(consumer: CarefulConsumer) -> list[tuple[TopicPartition, int]]:
    """Of each assigned partition, how many records lie before its end; without those not yet asked about."""
    found = []
    for partition in consumer.assignment():
        high, position = consumer.highwater(partition), consumer.at(partition)
        if high is not None and position is not None:
            found.append((partition, max(0, high - position)))
    return found
