"""Whether a topic that is being read was deleted, or made anew, which Kafka's client hears of late, or never.

By then the new log may have grown beyond what was read of the former, and all before that place would never be read.
"""

import asyncio
from collections.abc import Collection

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import TopicAuthorizationFailedError

from chassis.brokers import Brokers
from chassis.ends import Ends
from chassis.outages import why
from chassis.places import RecordsMissing, check_logs
from chassis.telemetry import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 10.0


class LogWatch:
    """Looks every ten seconds.

    ``why``: what cannot be read just now, in words, or None; ``fatal``: why nothing may be read any more.
    """

    def __init__(self, pool: asyncpg.Pool, brokers: Brokers, prefix: str, topics: Collection[str]) -> None:
        """``topics`` by their whole names, which begin with ``prefix``."""
        self._pool, self._prefix, self._topics = pool, prefix, topics
        # A client of its own: whoever asks where logs end shall not wait for this one's answer as well.
        self._ends = Ends(lambda: AIOKafkaConsumer(**brokers.client))
        self.why: str | None = None
        self.fatal: RecordsMissing | None = None

    async def run(self) -> None:
        """Until something is fatal, or it is cancelled. Without an answer the last one stands."""
        try:
            while self.fatal is None:
                await asyncio.sleep(LOOK_SECONDS)
                try:
                    await self._look()
                except RecordsMissing as error:
                    self.fatal = error
                except TopicAuthorizationFailedError as error:
                    self.why = f"no records come: {why(error)}"
                except Exception as error:
                    log.debug("logs_not_looked_at", error=type(error).__name__)
        finally:
            await self._ends.stop()

    async def _look(self) -> None:
        logs = await self._ends.logs(self._topics)
        missing = sorted(set(self._topics) - logs.keys())
        self.why = f"Kafka has no {', '.join(missing)}" if missing else None
        await check_logs(self._pool, self._prefix, logs)
