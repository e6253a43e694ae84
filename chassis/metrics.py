"""Every metric there is, with its meaning; nobody makes one elsewhere. No label holds a person's data."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def _gauge(name: str, meaning: str, *labels: str) -> Gauge:
    return Gauge(name, meaning, labels, namespace="fingerpost", registry=REGISTRY)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(name, meaning, labels, namespace="fingerpost", registry=REGISTRY)


def _histogram(name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
    return Histogram(name, meaning, labels, namespace="fingerpost", registry=REGISTRY, buckets=buckets)


# -- hearing ---------------------------------------------------------------------------------------------

#: Records in the log that this consumer has not applied yet. Rising for minutes: it is stuck or too slow.
CONSUMER_LAG = _gauge("consumer_lag_records", "Records not applied yet", "topic", "partition")

#: Records put aside for a person, bad themselves or behind a bad one.
PARKED = _counter("parked_total", "Records parked", "topic")

#: Streams in which a version is missing. An event was lost or its producer lost its memory.
GAPS = _counter("gaps_total", "Versions missing in a stream", "topic")

#: Versions that came twice with another id: their producer was set back to an older state. Alarm above 0.
FORKS = _counter("forks_total", "Versions that came twice with another id", "topic")

#: Records that Kafka deleted before they were read, where only the latest counts or outsiders write. Alarm above 0.
GONE_UNREAD = _counter("gone_unread_total", "Records deleted before they were read", "topic")

#: Batches that failed for their surroundings (database, broker) and are tried again.
CONSUMER_FAILURES = _counter("consumer_failures_total", "Batches put back for another try")

#: Records that wait for a person, parked as bad or behind a bad one. Alarm above 0.
DEAD_LETTERS = _gauge("dead_letters_parked", "Dead letters that wait for a person", "topic")

# -- deciding --------------------------------------------------------------------------------------------

#: Messages (records, commands or due items) per transaction.
BATCH_SIZE = _histogram("batch_size", "Messages in one transaction", _ROWS, "source")

#: From the first lock to the commit. ``source`` is records, commands or timers.
BATCH_SECONDS = _histogram("batch_seconds", "Time of one transaction", _SECONDS, "source")

#: Transactions run again after a deadlock or a serialisation failure. Some are normal.
COLLISIONS = _counter("collisions_total", "Transactions run again after a collision")

#: Rows of due_work whose time has come (business time). Alarm when it stays above 0.
DUE_OVERDUE = _gauge("due_work_overdue", "Due items not handled yet")

# -- saying ----------------------------------------------------------------------------------------------

#: Events that wait to be published. More than a few seconds' worth: the relay or Kafka is down.
OUTBOX_ROWS = _gauge("outbox_rows", "Events not published yet")

#: Age of the oldest of them in real time. The alarm for a dead relay.
OUTBOX_AGE_SECONDS = _gauge("outbox_oldest_seconds", "Age of the oldest event not published yet")

#: Events that the brokers have acknowledged.
RELAYED = _counter("relayed_total", "Events published")

#: Rounds of the relay that failed and are tried again.
RELAY_FAILURES = _counter("relay_failures_total", "Rounds of the relay that failed")

# -- the services' own -----------------------------------------------------------------------------------

#: Things in hand by state, for a service to fill: ``what`` is its own word, such as message.
IN_STATE = _gauge("in_state", "Things in hand by their state", "what", "state")

#: What the service did that no other metric counts: ``what`` and ``outcome`` are its own words.
DONE = _counter("done_total", "Things done by outcome", "what", "outcome")

#: Calls to the outside (mail server, provider), their time and outcome.
OUTSIDE_SECONDS = _histogram("outside_seconds", "Calls to the outside", _SECONDS, "what", "outcome")

# -- being asked -----------------------------------------------------------------------------------------

#: HTTP answers by route template (never a path) and status.
HTTP_SECONDS = _histogram("http_seconds", "HTTP answers", _SECONDS, "method", "route", "status")

#: 1 while the service is live, 0 when a check says that it is stuck.
LIVE = _gauge("live", "Whether the liveness checks pass")


#: 1 while a part of this process cannot do its work. What it means and what to do: /health/ready says it in words.
STOPPED = _gauge("stopped", "Whether a part is stopped, and why", "part", "reason")

#: Requests that were answered 503 with Retry-After since there was no room. ``what`` ran short: requests, bodies,
#: connections, commands (too many wait, or too long), outbox; slow were clients that did not send, or read, the rest.
SHED = _counter("shed_total", "Requests refused for want of room", "what")

#: Of several processes at one address, those whose metrics are missing from an answer: they were silent, or ended.
SIBLINGS_LEFT_OUT = _counter("siblings_left_out_total", "Processes that did not tell all of their metrics")


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
