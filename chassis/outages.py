"""What is away when the database, Kafka or a file is, and why, in words for the operator."""

import errno
import os

from aiokafka import errors
from aiokafka.errors import KafkaError

from chassis.database import OUTAGES, why_away

#: What the database, Kafka or a file does while something else is done: wait, mend it, and try again.
AWAY: tuple[type[BaseException], ...] = (KafkaError, *OUTAGES)
#: What writing to a file that is open already raises, which does not name it.
_OF_FILES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
_NO_RIGHT = "Kafka refuses us the right to a topic, a group or a producer's name of ours"
#: What Kafka says itself; the first that fits.
_KAFKA: tuple[tuple[type[BaseException], str], ...] = (
    (errors.TopicAuthorizationFailedError, _NO_RIGHT),
    (errors.GroupAuthorizationFailedError, _NO_RIGHT),
    (errors.TransactionalIdAuthorizationFailed, _NO_RIGHT),
    (errors.ClusterAuthorizationFailedError, _NO_RIGHT),
    (errors.NotEnoughReplicasError, "Kafka has too few brokers in step"),
    (errors.NotEnoughReplicasAfterAppendError, "Kafka has too few brokers in step"),
    (errors.UnknownTopicOrPartitionError, "Kafka has no such topic"),
    (errors.InvalidTimestampError, "the clock of this machine is too far ahead of Kafka's"),
    (KafkaError, "Kafka cannot be reached, or refuses what it was asked"),
)


def why(error: BaseException) -> str:
    """What one of ``AWAY`` is, in words that hold no value of a record."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, OSError) and error.errno in _OF_FILES:
        what = f"a file on this machine: {os.strerror(error.errno)}"
    elif isinstance(error, TimeoutError) and not isinstance(error, KafkaError):
        what = "Kafka or the database did not answer in time"
    else:
        what = next((words for kind, words in _KAFKA if isinstance(error, kind)), None) or why_away(error)
    return f"{what} ({type(error).__name__})"
