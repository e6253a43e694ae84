"""Seconds from the start of a service to its readiness, and what it holds in memory when it has nothing to do."""

import time
from statistics import median
from typing import Any

from rich.console import Console

from deploy.local.services import Town
from tests.bench.report import verdict

START_SECONDS, MEMORY_MB = 3.0, 150
_REST_SECONDS = 2.0


def measure(town: Town, times: int) -> dict[str, Any]:
    """Each service alone, so many times: the medians of seconds and of MB."""
    town.stop()
    found = {}
    for name, service in town.services.items():
        seconds, memory = [], []
        for _ in range(times):
            began = time.monotonic()
            service.start()
            seconds.append(time.monotonic() - began)
            time.sleep(_REST_SECONDS)
            memory.append(service.memory_bytes() / 2**20)
            service.stop()
        found[name] = {"seconds": median(seconds), "rss_mb": median(memory)}
    return {"times": times, "services": found}


def show(console: Console, found: dict[str, Any]) -> None:
    """One line a service and aim."""
    for name, one in found["services"].items():
        seconds, memory = one["seconds"], one["rss_mb"]
        for line in (
            verdict(
                f"{name}: ready after {seconds:.1f} s", seconds < START_SECONDS, f"{START_SECONDS:.0f} s"
            ),
            verdict(f"{name}: {memory:.0f} MB at rest", memory < MEMORY_MB, f"{MEMORY_MB} MB"),
        ):
            console.print(line, highlight=False)
