"""What an hour of samples says, and where shares of a processor cannot be had."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench import caps, soak

_HOUR = [float(second) for second in range(0, 3600, 10)]


def _said(memory: list[float], minutes: float = 60) -> str:
    trends = soak.trends({"seconds": _HOUR, "panels rss_mb": memory})
    console = Console(width=120, record=True, file=StringIO())
    soak.show(console, {"rate": 15, "minutes": minutes, "trends": trends})
    return console.export_text()


def test_memory_that_settles_after_the_first_minutes_is_flat() -> None:
    settling = [80 + min(10, second / 60) for second in _HOUR]
    trend = soak.trends({"seconds": _HOUR, "panels rss_mb": settling})["panels rss_mb"]
    assert trend["an_hour"] == pytest.approx(0, abs=0.5)
    assert trend["most"] == 90


def test_a_leak_is_named() -> None:
    leaking = [80 + second / 360 for second in _HOUR]
    assert "panels: +10.0 MB an hour: below the aim of flat" in _said(leaking)


def test_steady_memory_reaches_the_aim() -> None:
    said = _said([100.0 + number % 2 for number in range(len(_HOUR))])
    assert "panels: 101 MB at most: reaches the aim of 150 MB" in said
    assert "an hour: reaches the aim of flat" in said


def test_a_short_run_judges_nothing() -> None:
    assert "1 minutes cannot tell" in _said([80 + second / 36 for second in _HOUR], minutes=1)


def test_samples_are_written_one_a_line(tmp_path: Path) -> None:
    soak.write_samples(tmp_path / "s.csv", {"seconds": [0.0, 10.0], "panels lag": [3.0, 4.0]})
    assert (tmp_path / "s.csv").read_text().splitlines() == ["seconds,panels lag", "0.0,3.0", "10.0,4.0"]


def test_where_no_control_group_can_be_made_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(caps, "_V1", tmp_path / "none")
    monkeypatch.setattr(caps, "_V2", tmp_path / "neither")
    with pytest.raises(caps.CapsUnavailable, match="cannot be measured"):
        caps.Cap()
