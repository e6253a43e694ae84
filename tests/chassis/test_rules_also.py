"""What is said besides, whichever rule changes an aggregate: no rule can forget it, and none says it for nothing."""

from collections.abc import Iterable
from datetime import datetime

import pytest

from chassis.decision import Refused
from chassis.testing import Bench
from schemas.envelope import Event
from tests.chassis.counters import COUNTER, NOW, Count, CountAll, Counter, handlers, said, withdrawn


def of_three(before: Counter | None, after: Counter, now: datetime) -> Iterable[Event]:
    """Says so where a counter gets to three."""
    if after.n >= 3 > (before.n if before else 0):
        yield said("three")


def a_bench() -> Bench:
    table = handlers()
    table.also(COUNTER, of_three)
    return Bench(table, NOW)


def messages(events: Iterable[Event]) -> list[object]:
    return [getattr(each, "message_id", None) for each in events]


def test_it_is_said_after_what_the_rule_says_whichever_rule_it_was() -> None:
    bench = a_bench()
    assert messages(bench.deliver(Count(id="c"))) == ["c"]
    bench.deliver(CountAll(ids=("c", "d")))
    assert messages(bench.deliver(withdrawn("c"))) == ["c", "three"]
    assert messages(bench.deliver(withdrawn("d"))) == ["d"]


def test_of_several_aggregates_each_is_looked_at_and_what_falls_due_as_well() -> None:
    bench = a_bench()
    for _ in range(2):
        bench.deliver(CountAll(ids=("c", "d")))
    assert messages(bench.deliver(CountAll(ids=("c", "d")))) == ["three", "three"]
    bench.deliver(Count(id="e"))
    assert messages(bench.advance(NOW)) == ["e", "three"]


def test_of_a_rule_that_refuses_nothing_is_said() -> None:
    bench = a_bench()
    with pytest.raises(Refused):
        bench.deliver(Count(id="c", refuse=True))
    assert bench.said == []
