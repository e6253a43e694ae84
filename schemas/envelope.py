"""The CloudEvents 1.0 envelope in Kafka's binary mode, and the base of every event.

Attributes travel as ``ce_*`` headers, the data as JSON in the record's value (or as a JWE where the
topic is sealed). Source of the header names: CloudEvents Kafka protocol binding 1.0, section 3.2.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from schemas.topics import Topic

Headers = list[tuple[str, bytes]]
_ATTRIBUTES = (
    *("specversion", "id", "type", "source", "time", "partitionkey", "dataschema"),
    *("streamversion", "correlationid", "causationid"),
)
_NAMES = frozenset({*(f"ce_{name}" for name in _ATTRIBUTES), "traceparent", "content-type"})


class BadEnvelope(ValueError):
    """The record's headers do not make a CloudEvent: its producer must be mended."""


class Event(BaseModel):
    """A fact that has happened, named for it: ``class ReferralRouted(Event, type="referral.routed.v1", …)``.

    Class keywords: ``type`` (CloudEvents type with its version), ``topic``, ``key`` (the field that
    holds the id of the aggregate, which is the record's key). Published strictly, read tolerantly:
    a field that this version does not know is ignored.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    type: ClassVar[str]
    topic: ClassVar[Topic]
    key_field: ClassVar[str]

    def __init_subclass__(cls, *, type: str, topic: Topic, key: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if type in REGISTRY:
            raise TypeError(f"two events are called {type}: give one of them another name or version")
        cls.type, cls.topic, cls.key_field = type, topic, key
        REGISTRY[type] = cls

    @property
    def key(self) -> str:
        """The id of the aggregate that this fact is about."""
        return str(getattr(self, self.key_field))


REGISTRY: dict[str, type[Event]] = {}


class Envelope(NamedTuple):
    """What is known of an event besides its data.

    ``version`` is the event's place in its (topic, key) stream, or None where the topic keeps none.
    ``correlation`` is shared by everything that one request set off; ``causation`` is the id of the
    event or command that led directly to this one.
    """

    id: str
    type: str
    source: str
    time: datetime
    key: str
    version: int | None = None
    correlation: str | None = None
    causation: str | None = None
    traceparent: str | None = None
    content_type: str = "application/json"

    def attributes(self) -> list[tuple[str, str]]:
        """What the record's headers say, in a fixed order."""
        id, type, source, time, key, version, correlation, causation, traceparent, content_type = self
        attributes = [
            ("ce_specversion", "1.0"),
            ("ce_id", id),
            ("ce_type", type),
            ("ce_source", source),
            ("ce_time", time.isoformat()),
            ("ce_partitionkey", key),
            ("ce_dataschema", f"urn:fingerpost:{type}"),
        ]
        if version is not None:
            attributes.append(("ce_streamversion", str(version)))
        if correlation is not None:
            attributes.append(("ce_correlationid", correlation))
        if causation is not None:
            attributes.append(("ce_causationid", causation))
        if traceparent is not None:
            attributes.append(("traceparent", traceparent))
        attributes.append(("content-type", content_type))
        return attributes

    def headers(self) -> Headers:
        """The same as the record's headers."""
        return [(name, value.encode()) for name, value in self.attributes()]

    @classmethod
    def read(cls, key: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> Self:
        """The envelope of a record.

        Raises BadEnvelope naming the attribute that is missing or wrong, never its value.
        """
        found = _decoded(headers)
        for name in ("ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time"):
            if not found.get(name):
                raise BadEnvelope(f"the header {name} is missing or empty")
        if found["ce_specversion"] != "1.0":
            raise BadEnvelope("ce_specversion is not 1.0")
        version = found.get("ce_streamversion")
        return cls(
            id=found["ce_id"],
            type=found["ce_type"],
            source=found["ce_source"],
            time=_parsed("ce_time", _aware, found["ce_time"]),
            key=_parsed("the record's key", _text, key or b""),
            version=None if version is None else _parsed("ce_streamversion", _counting, version),
            correlation=found.get("ce_correlationid"),
            causation=found.get("ce_causationid"),
            traceparent=found.get("traceparent"),
            content_type=found.get("content-type", "application/json"),
        )


def _decoded(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    pairs = list(headers)
    with suppress(ValueError):
        found = {name: value.decode() if value else "" for name, value in pairs}
        # All in one look, since nearly every record is sound.
        if _is_sound("".join(found)) and _is_sound("".join(found.values())):
            return found
    return {name: _readable(name, value) for name, value in pairs}


def _is_sound(text: str) -> bool:
    return "\ufffd" not in text and "\x00" not in text


def _readable(name: str, value: bytes | None) -> str:
    if "\ufffd" in name:  # as a name is read that was no text
        raise BadEnvelope("the name of a header cannot be read")
    try:
        return _text(value or b"")
    except ValueError:
        # An outsider's name for a header may say anything.
        ours = name in _NAMES
        raise BadEnvelope(
            f"the header {name} cannot be read" if ours else "a header cannot be read"
        ) from None


def _parsed(name: str, read: Any, value: Any) -> Any:
    try:
        return read(value)
    except (ValueError, OverflowError):
        raise BadEnvelope(f"{name} cannot be read") from None


def _text(value: bytes) -> str:
    text = value.decode()
    if "\x00" in text:
        raise ValueError("no database takes a NUL")
    return text


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment


def _counting(text: str) -> int:
    number = int(text)
    if not 1 <= number < 2**31:
        raise ValueError("versions count from 1, and no database takes a longer one")
    return number
