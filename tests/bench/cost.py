"""What a referral costs, and whether it costs more the more of them there are already."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from deploy.local import Stack, StackError
from deploy.local.services import Town, start_services
from tests.bench.fill import Pattern, fill_all, ids_of, patterns
from tests.bench.forms import forms
from tests.bench.load import accepted
from tests.bench.systems import ENVIRONMENT, Ours
from tests.faults.oracle import drain

BURST = 600
_WARM_UP = 200
_CONNECTIONS = 64
_PREFIX = "cost."
_WAL = "SELECT sum(record_size)::bigint AS records, sum(fpi_size)::bigint AS images FROM pg_get_wal_stats($1, $2)"
_SIZES = """
SELECT sum(pg_relation_size(c.oid))::bigint AS tables, sum(pg_indexes_size(c.oid))::bigint AS indexes
FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""


@dataclass
class Cost:
    """For each referral, with ``before`` of them in the tables. One number a burst.

    ``cpu`` in microseconds by process; ``wal`` in bytes, of which ``images`` are whole pages, written for each page
    that changes first after a checkpoint.
    """

    before: int
    fill_seconds: float
    tables: int
    indexes: int
    cpu: list[dict[str, float]] = field(default_factory=list)
    wal: list[float] = field(default_factory=list)
    images: list[float] = field(default_factory=list)
    kafka: list[float] = field(default_factory=list)

    def as_result(self) -> dict[str, Any]:
        """The medians over the bursts."""
        return {
            "before": self.before,
            "fill_seconds": self.fill_seconds,
            "tables": self.tables,
            "indexes": self.indexes,
            "cpu_us": {name: median(one[name] for one in self.cpu) for name in self.cpu[0]},
            "cpu_us_all": median(sum(one.values()) for one in self.cpu),
            "wal": median(self.wal),
            "wal_images": median(self.images) if self.images else None,
            "kafka": median(self.kafka) if self.kafka else None,
        }


class CostAgainstSize:
    """One town, measured again and again while it fills."""

    def __init__(self, stack: Stack, folder: Path, console: Console) -> None:
        self._stack, self._folder, self._console = stack, folder, console

    def run(self, powers: Sequence[int], rounds: int) -> dict[str, Any]:
        """``rounds`` bursts at each power of ten."""
        costs = []
        with start_services(self._stack, prefix=_PREFIX, env=ENVIRONMENT, folder=self._folder) as town:
            ours, self._copied = Ours(town), 0
            what = asyncio.run(self._taken(town, ours))
            for power in powers:
                self._console.print(f"[dim]10^{power}: filling", highlight=False)
                one = self._filled(town, ours, what, 10**power)
                took = f"filled in {one.fill_seconds:,.0f} s, {(one.tables + one.indexes) / 2**30:.1f} GB"
                self._console.print(f"[dim]10^{power}: {took}; {rounds} bursts of {BURST}", highlight=False)
                for _ in range(rounds):
                    self._burst(town, ours, one)
                costs.append(one.as_result())
        return {"burst": BURST, "rounds": rounds, "costs": costs}

    async def _taken(self, town: Town, ours: Ours) -> dict[str, Sequence[Pattern]]:
        """Lets one referral pass; answers its rows, by the database's DSN."""
        (shot,) = accepted(await ours.gun(1).burst(forms(1)))
        await ours.passed([shot])
        await asyncio.to_thread(drain, town, 60)
        dsns = (town.referrals.dsn, town.panels.dsn, town.notifications.dsn)
        known = await ids_of(*dsns, ours.reference(shot))
        return {dsn: await patterns(dsn, known) for dsn in dsns}

    def _filled(self, town: Town, ours: Ours, what: dict[str, Sequence[Pattern]], target: int) -> Cost:
        there = asyncio.run(_value(town.referrals.dsn, "SELECT count(*) FROM referral"))
        missing, began = target - there, time.monotonic()
        ours.stop()
        if missing > 0:
            asyncio.run(fill_all(what, self._copied + 1, self._copied + missing))
            self._copied += missing
        asyncio.run(_value(self._stack.postgres, "CHECKPOINT"))
        took = time.monotonic() - began
        ours.start()
        self._pass(town, ours, _WARM_UP)
        sizes = asyncio.run(_sizes(town))
        return Cost(max(there, target), took, *sizes)

    def _pass(self, town: Town, ours: Ours, how_many: int) -> None:
        shots = accepted(asyncio.run(ours.gun(_CONNECTIONS).burst(forms(how_many))))
        asyncio.run(ours.passed(shots))
        drain(town, 120)

    def _burst(self, town: Town, ours: Ours, one: Cost) -> None:
        before, began, log = self._cpu(ours), asyncio.run(_value(self._stack.postgres, _LSN)), self._kafka()
        self._pass(town, ours, BURST)
        after, ended = self._cpu(ours), asyncio.run(_value(self._stack.postgres, _LSN))
        one.cpu.append({name: 1e6 * (after[name] - before[name]) / BURST for name in before})
        distance = asyncio.run(_value(self._stack.postgres, "SELECT ($2::pg_lsn - $1::pg_lsn)", began, ended))
        one.wal.append(float(distance) / BURST)
        if (images := asyncio.run(_images(self._stack.postgres, began, ended))) is not None:
            one.images.append(images / BURST)
        if log is not None:
            one.kafka.append(((self._kafka() or 0) - log) / BURST)

    def _cpu(self, ours: Ours) -> dict[str, float]:
        used = ours.cpu()
        with suppress(StackError):
            used["Kafka"] = sum(broker.cpu_seconds() for broker in self._stack.brokers)
            used["PostgreSQL"] = self._stack.database.cpu_seconds()
        return used

    def _kafka(self) -> int | None:
        """Bytes in the logs of this town's topics, on one broker; None where they are not on this machine."""
        with suppress(StackError):
            home = self._stack.brokers[0].folder
            return sum(log.stat().st_size for log in home.glob(f"data/{_PREFIX}*/*.log"))
        return None


_LSN = "SELECT pg_current_wal_insert_lsn()"


async def _value(dsn: str, query: str, *arguments: object) -> Any:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(query, *arguments)
    finally:
        await conn.close()


async def _images(admin: str, began: str, ended: str) -> int | None:
    """Bytes of whole pages in the log between two places; None where PostgreSQL has no pg_walinspect."""
    conn = await asyncpg.connect(admin)
    try:
        await conn.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
        row = await conn.fetchrow(_WAL, began, ended)
        return int(row["images"] or 0) if row else None
    except asyncpg.PostgresError:
        return None
    finally:
        await conn.close()


async def _sizes(town: Town) -> tuple[int, int]:
    tables = indexes = 0
    for service in town.services.values():
        conn = await asyncpg.connect(service.dsn)
        try:
            row = await conn.fetchrow(_SIZES)
        finally:
            await conn.close()
        assert row is not None
        tables, indexes = tables + row["tables"], indexes + row["indexes"]
    return tables, indexes


def show(console: Console, found: dict[str, Any]) -> None:
    """One line for each size, each with its ratio to the first."""
    table = Table(title="Cost of a referral, by how many are in the tables", title_justify="left")
    for heading in (
        "referrals",
        "tables",
        "indexes",
        "CPU µs",
        "WAL",
        "WAL, no whole pages",
        "Kafka",
        "to the first",
    ):
        table.add_column(heading, justify="right")
    first = found["costs"][0]
    for one in found["costs"]:
        table.add_row(
            f"{one['before']:,}",
            f"{one['tables'] / 2**20:,.0f} MB",
            f"{one['indexes'] / 2**20:,.0f} MB",
            f"{one['cpu_us_all']:,.0f}",
            f"{one['wal']:,.0f}",
            "-" if one["wal_images"] is None else f"{one['wal'] - one['wal_images']:,.0f}",
            "-" if one["kafka"] is None else f"{one['kafka']:,.0f}",
            f"CPU {one['cpu_us_all'] / first['cpu_us_all']:.2f}, WAL {one['wal'] / first['wal']:.2f}",
        )
    console.print(table)
    for name in first["cpu_us"]:
        console.print(
            f"[dim]  {name}: " + ", ".join(f"{one['cpu_us'][name]:,.0f} µs" for one in found["costs"]),
            highlight=False,
        )
