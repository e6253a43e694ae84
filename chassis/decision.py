"""What a rule answers: plain data, no I/O. Domain modules may import this and ``schemas``, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from schemas.envelope import Event

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """A kind of aggregate: its name and the class of its state."""

    name: str
    model: type[S]

    def at(self, id: str) -> "Ref":
        """The reference of one aggregate of this kind."""
        return Ref(self.name, id)


class Ref(NamedTuple):
    """One aggregate, by kind and id."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Due:
    """Something that falls due for an aggregate at an instant of business time; ``at=None`` calls it off.

    An aggregate has at most one due item of each ``what``: a later one replaces an earlier one.
    """

    what: str
    id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Decision(Generic[S]):
    """The outcome of a rule for one aggregate: its new state, the facts to publish, what falls due.

    ``state=None`` leaves the stored state as it was. ``answer`` goes back to whoever asked (HTTP).
    """

    state: S | None = None
    events: tuple[Event, ...] = ()
    due: tuple[Due, ...] = ()
    answer: Any = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The outcome of a rule that touches several aggregates, or none; everything commits together.

    ``loose`` are events of no aggregate, for topics whose records stand alone.
    """

    decisions: Mapping[Ref, Decision[Any]] = field(default_factory=dict)
    loose: tuple[Event, ...] = ()
    answer: Any = None


class World:
    """The states that a rule named beforehand, by kind and id; None for what does not exist yet.

    ``correlation`` and ``traceparent`` are those of the message, for a rule whose outcome is acted on later.
    """

    def __init__(
        self, states: Mapping[Ref, Any], correlation: str | None = None, traceparent: str | None = None
    ) -> None:
        self._states, self.correlation, self.traceparent = states, correlation, traceparent

    def get(self, kind: Kind[S], id: str) -> S | None:
        """The state of one aggregate. Raises KeyError if the rule did not name it in ``key`` or ``reads``."""
        state: S | None = self._states[kind.at(id)]
        return state


class Refused(Exception):
    """A rule says no. ``code`` is stable, ``detail`` a sentence for the person who asked; neither holds a value."""

    def __init__(self, code: str, detail: str, *, faults: tuple[Any, ...] = ()) -> None:
        super().__init__(code)
        self.code, self.detail, self.faults = code, detail, faults
