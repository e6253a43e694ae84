"""What a service learnt from others, and how its own published facts lead back to its states: as data.

An operator's rebuild and recovery work from this; a running service does not use it.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from chassis.decision import Decision, Kind
from chassis.handlers import IGNORED, Handler, Handlers
from chassis.storage import Connection, JsonTable
from schemas.envelope import Event

S = TypeVar("S")
E = TypeVar("E", bound=Event)


def whole(state: Any) -> dict[str, Any]:
    """All fields of a state."""
    dumped: dict[str, Any] = state.model_dump(mode="json")
    return dumped


@dataclass(frozen=True)
class Learnt:
    """A table whose rows, or whose ``compared`` fields, come from other services' facts alone.

    ``told``: which of its rows do; the others are not compared.
    """

    table: JsonTable[Any]
    compared: Callable[[Any], dict[str, Any]] = whole
    #: False where the rows are the service's own and only some of their fields were learnt.
    wholly: bool = True
    told: Callable[[Any], bool] = lambda state: True


@dataclass(frozen=True, slots=True)
class Restore:
    """How one kind of fact leads back to a state: ``decide(state, fact)``; no state leaves it as it is.

    ``fills``: on a compacted topic, it only adds what the state lacks, however old the fact is.
    """

    kind: Kind[Any]
    key: Callable[[Any], str]
    decide: Callable[[Any, Any], Decision[Any]]
    fills: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """An outsider's record that was answered: its ``ce_source`` and ``ce_id``, and the referral that came of it."""

    source: str
    id: str
    referral_id: str | None = None


@dataclass
class Restoring:
    """The service's own facts, by type, and those of others without which they cannot be understood.

    ``first`` says that own facts are restored before others' are heard, since those build upon them. ``answers`` are
    the facts by which outsiders' records were answered.
    """

    first: bool = True
    rules: dict[type[Event], Restore] = field(default_factory=dict)
    answers: dict[type[Event], Callable[[Any], Answered]] = field(default_factory=dict)

    def on(
        self,
        event: type[E],
        kind: Kind[S],
        decide: Callable[[S | None, E], Decision[S]],
        key: Callable[[E], str] = lambda event: event.key,
        *,
        fills: bool = False,
    ) -> None:
        """``event`` leads to the state of the aggregate ``key(event)``, by default the event's own key."""
        self.rules[event] = Restore(kind, key, decide, fills)

    def answered(self, event: type[E], what: Callable[[E], Answered]) -> None:
        """``event`` answers a record of an outsider's, which is not to be taken a second time."""
        self.answers[event] = what


#: Settles, in the caller's transaction, what was made of facts before an instant of real time.
Settle = Callable[[Connection, datetime], Awaitable[None]]


@dataclass(frozen=True)
class Learning:
    """All that an operator's rebuild and recovery have to know of a service.

    ``cut_over`` sees to it that what was made of facts before the instant has no effect outside any more;
    ``in_doubt`` that what may have had one, in the time that a database has lost, is settled by a person. ``own`` are
    tables of its own that its facts lead back to: compared as far as they are told, and never learnt from others.
    """

    learnt: Sequence[Learnt] = ()
    own: Sequence[Learnt] = ()
    restoring: Restoring = field(default_factory=Restoring)
    cut_over: Settle | None = None
    in_doubt: Settle | None = None


class LearntOnly(Handlers):
    """The service's rules as far as they touch nothing but what was learnt; all else is passed over."""

    def __init__(self, handlers: Handlers, learnt: Iterable[Learnt]) -> None:
        super().__init__()
        self._handlers = handlers
        self._kinds = {each.table.kind.name for each in learnt}

    def find(self, message: object, kind: str | None = None) -> Handler | None:
        handler = self._handlers.find(message, kind)
        if handler is None:
            return None
        try:
            touched = {ref.kind for ref in handler.touches(message)}
        except Exception:  # as in the service itself: the record is parked where its rule is run
            return handler
        return handler if touched <= self._kinds else IGNORED
