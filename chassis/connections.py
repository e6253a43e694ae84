"""What Kafka's client does on a connection that breaks while it is written to, put right.

Between the break and the moment at which the client's reader has noticed it, uvloop answers a write with a
RuntimeError. aiokafka expects an OSError: the error ends the task that keeps a client's knowledge of its cluster, and
whatever that client is asked from then on waits for ever. All of a cluster that goes away at once is enough.
"""

from typing import Any

from aiokafka import conn
from aiokafka.errors import KafkaConnectionError


class Connection(conn.AIOKafkaConnection):  # type: ignore[misc]
    """Tells whoever writes to it that it is broken, as soon as it is."""

    def send(self, request: Any, expect_response: bool = True) -> Any:
        """As aiokafka's. Raises KafkaConnectionError."""
        try:
            return super().send(request, expect_response)
        except RuntimeError as error:
            self.close(reason=conn.CloseReason.CONNECTION_BROKEN)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken") from error


conn.AIOKafkaConnection = Connection
