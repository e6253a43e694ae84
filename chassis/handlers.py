"""The table of a service: which message touches which aggregates, and the rule that decides."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from chassis.decision import Changes, Decision, Due, Kind, Ref, World
from schemas.envelope import Event

M = TypeVar("M")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Handler:
    """One line of the table. ``decide`` is pure; ``touches`` are locked, ``reads`` only looked at."""

    touches: Callable[[Any], Iterable[Ref]]
    reads: Callable[[Any], Iterable[Ref]]
    decide: Callable[[World, Any, datetime], Changes]


class UnknownMessage(LookupError):
    """No rule is registered for this command or due work: register it in the service's handlers.py."""


def _nothing(_: Any) -> tuple[Ref, ...]:
    return ()


#: What becomes of an event that a service has no rule for.
IGNORED = Handler(_nothing, _nothing, lambda _world, _message, _now: Changes())


class Handlers:
    """Message type or due work → handler. Registering the same one twice is an error."""

    def __init__(self) -> None:
        self._by_type: dict[type, Handler] = {}
        self._by_due: dict[tuple[str, str], Handler] = {}
        self._also: dict[str, tuple[Kind[Any], Callable[[Any, Any, datetime], Iterable[Event]]]] = {}

    def also(self, kind: Kind[S], says: Callable[[S | None, S, datetime], Iterable[Event]]) -> None:
        """Whichever rule gives an aggregate of ``kind`` a new state, ``says(before, after, now)`` is said besides.

        For what follows from the states alone, so that no rule can forget it.
        """
        self._also[kind.name] = (kind, says)

    def on(
        self,
        message: type[M],
        kind: Kind[S],
        key: Callable[[M], str],
        decide: Callable[[S | None, M, datetime], Decision[S]],
    ) -> None:
        """``message`` touches the one aggregate of ``kind`` whose id is ``key(message)``."""
        self._add(self._by_type, message, _single(kind, key, decide))

    def on_many(
        self,
        message: type[M],
        touches: Callable[[M], Iterable[Ref]],
        decide: Callable[[World, M, datetime], Changes],
        reads: Callable[[M], Iterable[Ref]] = _nothing,
    ) -> None:
        """``message`` touches several aggregates, and may look at others; all outcomes commit together."""
        self._add(self._by_type, message, Handler(touches, reads, decide))

    def when_due(
        self, what: str, kind: Kind[S], decide: Callable[[S | None, Due, datetime], Decision[S]]
    ) -> None:
        """``what`` falls due for an aggregate of ``kind``."""
        self._add(self._by_due, (kind.name, what), _single(kind, lambda due: due.id, decide))

    def find(self, message: object, kind: str | None = None) -> Handler | None:
        """The handler of a message, or of due work of an aggregate of ``kind``; None if there is none."""
        if isinstance(message, Due) and kind is not None:
            return self._by_due.get((kind, message.what))
        return self._by_type.get(type(message))

    def _add(self, table: dict[Any, Handler], key: object, handler: Handler) -> None:
        if key in table:
            raise ValueError(f"two rules for {key}: a message has one")
        table[key] = replace(handler, decide=self._with_more(handler.decide))

    def _with_more(
        self, decide: Callable[[World, Any, datetime], Changes]
    ) -> Callable[[World, Any, datetime], Changes]:
        def decided(world: World, message: Any, now: datetime) -> Changes:
            changes = decide(world, message, now)
            if not self._also:
                return changes
            more = {
                ref: replace(one, events=(*one.events, *said))
                for ref, one in changes.decisions.items()
                if ref.kind in self._also and (said := self._said(world, ref, one.state, now))
            }
            return replace(changes, decisions={**changes.decisions, **more}) if more else changes

        return decided

    def _said(self, world: World, ref: Ref, state: Any, now: datetime) -> tuple[Event, ...]:
        kind, says = self._also[ref.kind]
        return () if state is None else tuple(says(world.get(kind, ref.id), state, now))


def _single(kind: Kind[S], key: Callable[[Any], str], decide: Callable[..., Decision[S]]) -> Handler:
    def touches(message: Any) -> tuple[Ref, ...]:
        return (kind.at(key(message)),)

    def decided(world: World, message: Any, now: datetime) -> Changes:
        ref = kind.at(key(message))
        decision = decide(world.get(kind, ref.id), message, now)
        return Changes({ref: decision}, answer=decision.answer)

    return Handler(touches, _nothing, decided)
