"""An hour of low load: memory, connections, dead tuples, outbox and lag, sampled all the time. Is anything growing?"""

import asyncio
import csv
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.console import Console
from rich.table import Table

from deploy.local.services import Town
from tests.bench.figures import first_and_last_quarter, slope
from tests.bench.forms import forms
from tests.bench.load import accepted
from tests.bench.report import verdict
from tests.bench.start import MEMORY_MB
from tests.bench.systems import Ours

SAMPLE_SECONDS = 10.0
_AT_A_TIME = 60.0
#: Growth below this is not told from noise: MB an hour.
_FLAT_MB = 5.0
#: A shorter run says nothing about growth: caches, pools and the allocator still fill.
_TELLING_MINUTES = 20.0
_DATABASE = """
SELECT (SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()) AS connections,
       (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables) AS dead_tuples,
       (SELECT count(*) FROM outbox) AS outbox
"""
Samples = dict[str, list[float]]


class Soak:
    """A town under a constant load, and what was seen of it: ``samples`` by the name of what was sampled."""

    def __init__(self, town: Town, console: Console) -> None:
        self._town, self._console = town, console
        self.samples: Samples = {"seconds": []}
        self.accepted = 0

    async def run(self, rate: float, seconds: float) -> None:
        """``rate`` referrals a second for so long; samples every ten seconds, from the first minute's end on."""
        asker = AIOKafkaConsumer(bootstrap_servers=self._town.stack.bootstrap)
        await asker.start()
        sampling = asyncio.create_task(self._sampling(asker))
        try:
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                bodies = forms(max(1, int(rate * min(_AT_A_TIME, left))))
                shots = accepted(await Ours(self._town).gun(8).constant(bodies, rate))
                self.accepted += len(shots)
        finally:
            sampling.cancel()
            with suppress(asyncio.CancelledError):
                await sampling
            await asker.stop()

    async def _sampling(self, asker: AIOKafkaConsumer) -> None:
        began = time.monotonic()
        while True:
            seen = await self._sample(asker)
            self.samples["seconds"].append(round(time.monotonic() - began, 1))
            for name, value in seen.items():
                self.samples.setdefault(name, []).append(value)
            await asyncio.sleep(SAMPLE_SECONDS - (time.monotonic() - began) % SAMPLE_SECONDS)

    async def _sample(self, asker: AIOKafkaConsumer) -> dict[str, float]:
        seen: dict[str, float] = {}
        for name, service in self._town.services.items():
            beside = service.memory_beside_bytes()
            seen[f"{name} rss_mb"] = round((service.memory_bytes() - beside) / 2**20, 1)
            if name == "panels":
                seen["panels planner_mb"] = round(beside / 2**20, 1)
            conn = await asyncpg.connect(service.dsn)
            try:
                row = await conn.fetchrow(_DATABASE)
                positions = await conn.fetch("SELECT topic, partition, next_offset FROM partition_position")
            finally:
                await conn.close()
            assert row is not None
            seen |= {f"{name} {what}": float(row[what]) for what in ("connections", "dead_tuples", "outbox")}
            seen[f"{name} lag"] = await self._lag(asker, positions)
        return seen

    async def _lag(self, asker: AIOKafkaConsumer, positions: list[asyncpg.Record]) -> float:
        next_offset = {
            TopicPartition(self._town.topic(row["topic"]), row["partition"]): row["next_offset"]
            for row in positions
        }
        ends = await asker.end_offsets(list(next_offset)) if next_offset else {}
        return float(sum(ends[place] - at for place, at in next_offset.items()))


def trends(samples: Samples) -> dict[str, dict[str, float]]:
    """First against last quarter, the most, and the slope an hour, of everything that was sampled.

    The first quarter is left out of the slope: caches and pools fill in it.
    """
    hours = [moment / 3600 for moment in samples["seconds"]]
    found = {}
    for name, values in samples.items():
        if name != "seconds":
            (first, last), later = first_and_last_quarter(values), len(values) // 4
            found[name] = {
                "first": first,
                "last": last,
                "most": max(values),
                "an_hour": slope(hours[later:], values[later:]),
            }
    return found


def summary(soak: Soak, rate: float, minutes: float) -> dict[str, Any]:
    """For the results."""
    return {
        "rate": rate,
        "minutes": minutes,
        "accepted": soak.accepted,
        "trends": trends(soak.samples),
        "samples": soak.samples,
    }


def write_samples(path: Path, samples: Samples) -> None:
    """One line a sample."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(samples)
        writer.writerows(zip(*samples.values(), strict=True))


def show(console: Console, found: dict[str, Any]) -> None:
    """One line for each thing sampled; memory against its aim."""
    table = Table(title=f"{found['minutes']:g} minutes at {found['rate']:g} a second", title_justify="left")
    for heading in ("what", "first quarter", "last quarter", "most", "an hour"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, one in found["trends"].items():
        table.add_row(
            name,
            f"{one['first']:,.1f}",
            f"{one['last']:,.1f}",
            f"{one['most']:,.1f}",
            f"{one['an_hour']:+,.1f}",
        )
    console.print(table)
    for name, one in found["trends"].items():
        if name.endswith("rss_mb"):
            service = name.split()[0]
            most = verdict(
                f"{service}: {one['most']:.0f} MB at most", one["most"] < MEMORY_MB, f"{MEMORY_MB} MB"
            )
            console.print(most, highlight=False)
            console.print(_growth(service, one, found["minutes"]), highlight=False)


def _growth(service: str, trend: dict[str, float], minutes: float) -> str:
    if minutes < _TELLING_MINUTES:
        return f"{service}: whether it grows, {minutes:g} minutes cannot tell; {_TELLING_MINUTES:g} can"
    flat = trend["last"] - trend["first"] < _FLAT_MB and trend["an_hour"] < _FLAT_MB
    return verdict(f"{service}: {trend['an_hour']:+.1f} MB an hour", flat, f"flat (under {_FLAT_MB:g} MB)")
