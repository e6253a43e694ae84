"""One, two and four workers of a service, each with a small share of a processor, on a backlog."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg
from rich.console import Console
from rich.table import Table

from deploy.local.services import Town
from tests.bench.caps import Cap
from tests.bench.forms import forms
from tests.bench.load import accepted
from tests.bench.systems import Ours
from tests.faults.oracle import drain

#: Of one processor, for each worker.
SHARE = 0.15
WORKERS = (1, 2, 4)
_SETTLE_SECONDS = 3.0
_SAMPLE_SECONDS = 0.25
_MOST_SECONDS = 180.0
_APPLIED = "SELECT coalesce(sum(next_offset), 0)::bigint FROM partition_position"
#: Rows, not the sequence: a batch that waits for the lock and is tried again takes new numbers each time.
_PUBLISHED = "SELECT count(*) FROM outbox_sent"
#: What a service's work on a referral ends with. Referrals publishes nothing when it hears how a case goes on.
_DONE = {"panels": _PUBLISHED, "notifications": _PUBLISHED, "referrals": _APPLIED}


class ScaleOut:
    """A town whose services take turns at being the one that has a backlog."""

    def __init__(self, town: Town, referrals: int, console: Console) -> None:
        self._town, self._referrals, self._console = town, referrals, console

    def run(self, names: Sequence[str]) -> dict[str, Any]:
        """Referrals a second by service and number of workers. Raises CapsUnavailable."""
        Cap()
        found = {}
        for name in names:
            rates = {str(workers): self._rate(name, workers) for workers in WORKERS}
            found[name] = {"rates": rates, "multiples": {k: rate / rates["1"] for k, rate in rates.items()}}
        return {"share": SHARE, "referrals": self._referrals, "services": found}

    def _rate(self, name: str, workers: int) -> float:
        self._clean()
        (self._backlog_for_referrals if name == "referrals" else self._backlog)()
        crew = [self._town.services[name].twin() for _ in range(workers)]
        before, each = self._count(name), 2 if name == "referrals" else 1
        with Cap() as cap:
            try:
                with _held_back(self._town.services[name].dsn):
                    for one in crew:
                        one.start_on_a_free_port(role="worker")
                    time.sleep(_SETTLE_SECONDS)  # the group's members share the partitions out
                    cap.hold([one.pid for one in crew], SHARE)
                began = time.monotonic()
                self._watch(name, before + each * self._referrals)
                took = time.monotonic() - began
            finally:
                self._town.stop()
                for one in crew:
                    one.kill()
        rate = self._referrals / took
        self._console.print(
            f"[dim]{name}: {workers} with {SHARE:.0%} each: {rate:,.0f} a second", highlight=False
        )
        return rate

    def _clean(self) -> None:
        """Nothing is left over from before."""
        Ours(self._town).start()
        drain(self._town, _MOST_SECONDS)
        self._town.stop()

    def _backlog(self) -> None:
        """Forms come in and are published; nobody else is there."""
        self._town.referrals.start(role="all")
        self._fire()
        self._wait_until_published("referrals")
        self._town.referrals.stop()

    def _backlog_for_referrals(self) -> None:
        """The others answer what was published, when nobody of referrals is there any more."""
        self._backlog()
        others = {other: self._count(other) for other in ("panels", "notifications")}
        for other in others:
            self._town.services[other].start(role="all")
        for other, count in others.items():
            self._watch(other, count + self._referrals)
        for other in others:
            self._town.services[other].stop()

    def _fire(self) -> None:
        accepted(asyncio.run(Ours(self._town).gun(64).burst(forms(self._referrals))))

    def _wait_until_published(self, name: str) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while asyncio.run(_value(self._town.services[name].dsn, "SELECT count(*) FROM outbox")):
            assert time.monotonic() < deadline, f"{name} does not publish"
            time.sleep(0.1)

    def _watch(self, name: str, target: int) -> None:
        deadline = time.monotonic() + _MOST_SECONDS
        while (count := self._count(name)) < target:
            assert time.monotonic() < deadline, (
                f"{name} is at {count} of {target} after {_MOST_SECONDS:.0f} s"
            )
            time.sleep(_SAMPLE_SECONDS)

    def _count(self, name: str) -> int:
        return int(asyncio.run(_value(self._town.services[name].dsn, _DONE[name])))


@contextmanager
def _held_back(dsn: str) -> Iterator[None]:
    """Whoever hears something waits before it is applied, and keeps its place in the group meanwhile."""
    with asyncio.Runner() as runner:
        conn = runner.run(asyncpg.connect(dsn))
        try:
            runner.run(conn.execute("BEGIN; LOCK TABLE partition_position IN EXCLUSIVE MODE"))
            yield
        finally:
            runner.run(conn.close())


async def _value(dsn: str, query: str) -> Any:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(query)
    finally:
        with suppress(OSError):
            await conn.close()


def show(console: Console, found: dict[str, Any]) -> None:
    """Rates as multiples of one worker's."""
    table = Table(title=f"Workers with {found['share']:.0%} of a processor each", title_justify="left")
    table.add_column("service")
    for workers in WORKERS:
        table.add_column(f"{workers}", justify="right")
    for name, one in found["services"].items():
        shown = [f"{one['rates'][str(k)]:,.0f}/s ({one['multiples'][str(k)]:.2f})" for k in WORKERS]
        table.add_row(name, *shown)
    console.print(table)
