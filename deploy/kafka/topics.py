"""What topics.toml says, checked and turned into Kafka's settings."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

TOPICS_FILE = Path(__file__).with_name("topics.toml")

_MESSAGE_BYTES = 1_048_576
#: However far our clocks are ahead of a broker's: from an hour on a broker would take nothing any more.
_ANY = str(2**63 - 1)
#: A service that was away longer has missed tombstones, and must go by the list of erased ids.
_TOMBSTONES_KEPT = timedelta(days=30)
#: What was replaced or erased leaves the brokers' disks within about this time, however quiet the topic.
_COMPACTED_WITHIN = timedelta(days=1)
#: There our clocks may be so far ahead: whatever a broker has to do by its time it does later by as much.
_AHEAD = timedelta(days=1)


class Topic(BaseModel):
    """One topic, as an operator describes it in topics.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern=r"^[a-z][a-z-]*\.v[0-9]+$")
    purpose: str
    partitions: int = Field(ge=1)
    cleanup: Literal["delete", "compact"]
    retention_days: int | Literal["for good"] | None = None

    @model_validator(mode="after")
    def _retention_belongs_to_delete(self) -> Self:
        if (self.retention_days is None) == (self.cleanup == "delete"):
            raise ValueError('retention_days is for cleanup = "delete", and needed there')
        return self

    @property
    def kept(self) -> str:
        """How long records stay, in words."""
        if self.cleanup == "compact":
            return "latest per key"
        return "for good" if self.retention_days == "for good" else f"{self.retention_days} days"

    def settings(self, replicas: int) -> dict[str, str]:
        """Return Kafka's settings for the topic on `replicas` replicas."""
        return {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(_MESSAGE_BYTES),
            "min.insync.replicas": "2" if replicas == 3 else "1",
            "unclean.leader.election.enable": "false",
            **(self._compaction() if self.cleanup == "compact" else self._retention()),
        }

    def _retention(self) -> dict[str, str]:
        if isinstance(self.retention_days, int):
            # By the brokers' own clock: school systems write here. A single record of 2099 would keep all that comes
            # after it for good, and one of last year might go before it was read.
            return {
                "message.timestamp.type": "LogAppendTime",
                "retention.ms": _milliseconds(timedelta(days=self.retention_days)),
                "retention.bytes": "-1",
            }
        return {"message.timestamp.after.max.ms": _ANY, "retention.ms": "-1", "retention.bytes": "-1"}

    def _compaction(self) -> dict[str, str]:
        return {
            "message.timestamp.after.max.ms": _milliseconds(_AHEAD),
            "delete.retention.ms": _milliseconds(_TOMBSTONES_KEPT),
            "max.compaction.lag.ms": _milliseconds(_COMPACTED_WITHIN),
            "min.cleanable.dirty.ratio": "0.1",
        }


class _File(BaseModel):
    topics: list[Topic]


def load_topics(path: Path = TOPICS_FILE) -> list[Topic]:
    """Return the topics of the file. Raises pydantic.ValidationError, which names the field at fault."""
    return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).topics


def _milliseconds(span: timedelta) -> str:
    return str(span // timedelta(milliseconds=1))
