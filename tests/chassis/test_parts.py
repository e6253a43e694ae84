"""What the parts of a process say of themselves, and when the outbox has no room."""

import pytest

from chassis import metrics, parts
from chassis.backlog import FULL, LATE, Backlog
from chassis.parts import Parts


def stopped(part: str, why: str) -> float | None:
    return metrics.REGISTRY.get_sample_value("fingerpost_stopped", {"part": part, "reason": why})


def test_a_part_is_well_until_it_says_why_it_is_not() -> None:
    said = Parts()
    assert said.why("mail") is None
    said.stopped("mail", "nobody answers")
    assert (said.why("mail"), stopped("mail", "nobody answers")) == ("nobody answers", 1)
    said.well("mail")
    assert (said.why("mail"), stopped("mail", "nobody answers")) == (None, 0)


def test_another_reason_takes_the_place_of_the_first() -> None:
    said = Parts()
    said.stopped("mail", "it hangs up")
    said.stopped("mail", "it is busy")
    assert (stopped("mail", "it hangs up"), stopped("mail", "it is busy")) == (0, 1)


def test_a_failure_that_is_not_repeated_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Parts()
    said.stopped("writes", "the disk is full")
    monkeypatch.setattr(parts, "monotonic", lambda: 1e12)
    assert (said.why("writes"), stopped("writes", "the disk is full")) == (None, 0)


def test_what_is_over_is_over_for_the_metrics_too_though_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Parts()
    said.stopped("writes", "the disk is full")
    said.forget()
    assert stopped("writes", "the disk is full") == 1
    monkeypatch.setattr(parts, "monotonic", lambda: 1e12)
    said.forget()
    assert stopped("writes", "the disk is full") == 0


def test_a_full_outbox_takes_nothing_in_until_it_has_drained_somewhat() -> None:
    said = Parts()
    backlog = Backlog(1000, said)
    for rows, why in ((999, None), (1000, FULL), (950, FULL), (899, None), (950, None)):
        backlog.measured(rows, 0)
        assert (backlog.why(), said.why("intake")) == (why, why)


def test_events_that_wait_for_minutes_are_told_of_but_more_is_taken_in() -> None:
    said = Parts()
    backlog = Backlog(1000, said)
    backlog.measured(500, 61)
    assert (backlog.why(), said.why("relay")) == (None, f"{LATE}: Kafka cannot be reached, or no relay runs")
    backlog.measured(500, 61, "Kafka has no such topic")
    assert said.why("relay") == f"{LATE}: Kafka has no such topic", "who tried knows better"
    backlog.measured(0, 0)
    assert said.why("relay") is None
