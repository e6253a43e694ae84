"""Results as a run would write them, small, for the tests of the page and of its charts."""

from typing import Any

RUN = {
    "at": "2026-01-02T03:04+00:00",
    "processors": 2,
    "processor": "a processor",
    "memory_gb": 23,
    "system": "Linux 6",
    "python": "3.11.7",
    "kafka": "4.3.1",
    "brokers": 1,
    "postgresql": "18.6",
    "revision": "abc1234",
    "load_before": 0.1,
    "seconds": 200,
}


def _side(rate: float) -> dict[str, Any]:
    waits = {"p50_ms": 90.0, "p99_ms": 240.0, "alone_p50_ms": 2.5}
    step = {"rate": rate, "p50": 0.2, "p99": 0.6, "growth": 0.004, "settled": rate, "sustained": True}
    return {
        "sustained": rate,
        "confirmed": True,
        "steps": [step, step | {"rate": rate * 1.2, "p99": 2.0, "sustained": False}],
        "rate": rate,
        "rates": [rate - 5, rate, rate + 5],
        "cpu_ms": {"panels": 1.2, "load": 0.1},
        **waits,
    }


def _cost(before: int) -> dict[str, Any]:
    return {
        "before": before,
        "fill_seconds": 1.0,
        "tables": 2**24,
        "indexes": 2**23,
        "cpu_us": {"panels": 1200.0, "PostgreSQL": 700.0},
        "cpu_us_all": 1900.0 + before / 100,
        "wal": 20000.0,
        "wal_images": 4000.0,
        "kafka": 6000.0,
    }


def compared(sustained: float, aim: float) -> dict[str, Any]:
    """Ours beside a bare one that does 500 a second, and a plain one that does 400."""
    return {
        "aim": aim,
        "share": sustained / 500,
        "share_of_burst": sustained / 500,
        "share_of_plain": sustained / 400,
        "offered": sustained / 2,
        "load": 0.05,
        "ours": _side(sustained),
        "bare": _side(500.0),
        "plain": _side(400.0),
        "run": RUN,
    }


def sample() -> dict[str, Any]:
    """Every part, measured."""
    names = ("referrals", "panels", "notifications")
    pauses = {name: {"quiet": 0.2, "added": 1.1, "taken away": 0.9, "killed": 6.5} for name in names}
    going = {"families": 90, "told": 170, "lost": 0, "doubled": 0, "held": 0, "broken": [], "pauses": pauses}
    trend = {"first": 90.0, "last": 91.0, "most": 92.0, "an_hour": 0.4}
    rates = {"rates": {"1": 40.0, "2": 76.0, "4": 140.0}, "multiples": {"1": 1.0, "2": 1.9, "4": 3.5}}
    peer = {"name": "Some & Peer", "setting": "safest", "version": "1.2", "rate": 80.0, "p50_ms": 50.0}
    return {
        "limits": {"rates": {"PostgreSQL: rows": 100000.0}, "run": RUN},
        "intake": compared(260.0, 0.5),
        "pipeline": compared(250.0, 0.6),
        "cost": {"costs": [_cost(10**3), _cost(10**6)], "run": RUN},
        "start": {"services": {name: {"seconds": 1.4, "rss_mb": 80.0} for name in names}, "run": RUN},
        "soak": {
            "rate": 15.0,
            "minutes": 60.0,
            "trends": {f"{name} rss_mb": trend for name in names},
            "samples": {"seconds": [0.0, 60.0], **{f"{name} rss_mb": [90.0, 91.0] for name in names}},
            "run": RUN,
        },
        "scale": {"share": 0.15, "services": dict.fromkeys(names, rates), "going_1": going, "run": RUN},
        "peers": [peer | {"p99_ms": None, "lost": 3, "doubled": 2, "notes": ""}],
    }
