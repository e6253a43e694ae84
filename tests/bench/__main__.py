"""`python -m tests.bench`: intake and pipeline beside bare counterparts, on a real Kafka and PostgreSQL."""

import argparse
import asyncio
import logging
import os
import platform
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from deploy.kafka import apply_topics
from deploy.local import Stack, StackError, start_stack
from deploy.local.services import start_services
from tests.bench import limits, report
from tests.bench.forms import forms
from tests.bench.load import accepted
from tests.bench.smtp import smtp
from tests.bench.systems import ENVIRONMENT, Bare, Ours, System

_CONNECTIONS = 64


@dataclass(frozen=True)
class Scale:
    """How much is done. ``rounds`` alternate between both sides; seconds are of constant arrival."""

    rounds: int
    intake: int
    pipeline: int
    seconds: float
    limit_seconds: float
    messages: int
    share: float = 0.8


FULL = Scale(rounds=3, intake=3000, pipeline=3000, seconds=15, limit_seconds=4, messages=1000)
QUICK = Scale(rounds=1, intake=800, pipeline=800, seconds=5, limit_seconds=1.5, messages=200)


class Bench:
    """One run on one stack."""

    def __init__(self, stack: Stack, scale: Scale, folder: Path, console: Console) -> None:
        self._stack, self._scale, self._folder, self._console = stack, scale, folder, console

    def pipeline_and_intake(self, parts: set[str]) -> list[report.Comparison]:
        """Both comparisons. The bare side is told the sizes that the services' records had."""
        with ExitStack() as ending:
            folder = self._folder / "pipeline"
            town = start_services(self._stack, prefix="bench.", env=ENVIRONMENT, folder=folder)
            ours = Ours(ending.enter_context(town))
            self._console.print("[dim]warming up, and weighing what a referral makes")
            warm_up = asyncio.run(ours.gun(8).burst(forms(200)))
            asyncio.run(ours.finished(accepted(warm_up)))
            sizes = asyncio.run(ours.sizes())
            ours.stop()
            done = []
            if "intake" in parts:
                door = self._folder / "intake"
                alone = start_services(
                    self._stack, prefix="benchin.", folder=door, names=("referrals",), env=ENVIRONMENT
                )
                web = Ours(ending.enter_context(alone), role="web")
                web.stop()
                bare_door = Bare(self._stack, "barein.", sizes, door / "bare", door_only=True)
                ending.callback(bare_door.close)
                done.append(self._compare(report.Comparison("intake", report.INTAKE_AIM), web, bare_door))
            if "pipeline" in parts:
                asyncio.run(apply_topics(self._stack.bootstrap, "bare."))
                bare = Bare(self._stack, "bare.", sizes, folder / "bare")
                ending.callback(bare.close)
                done.append(self._compare(report.Comparison("pipeline", report.PIPELINE_AIM), ours, bare))
            return done

    def _compare(self, one: report.Comparison, ours: System, bare: System) -> report.Comparison:
        whole = one.title == "pipeline"
        for n in range(self._scale.rounds):
            for system, side in ((bare, one.bare), (ours, one.ours)):
                self._console.print(f"[dim]{one.title}, round {n + 1}: {system.name} as fast as it goes")
                self._fast(system, side, whole)
        one.offered = self._scale.share * one.ours.rate
        for system, side in ((bare, one.bare), (ours, one.ours)):
            self._console.print(f"[dim]{one.title}: {system.name} at {one.offered:,.0f} a second")
            self._steady(system, side, whole, one.offered)
        return one

    def _fast(self, system: System, side: report.Rates, whole: bool) -> None:
        how_many = self._scale.pipeline if whole else self._scale.intake
        bodies = forms(how_many)
        system.start()
        asyncio.run(self._shoot(system, forms(50), whole))
        before, broker = system.cpu(), self._infrastructure()
        began = time.time()
        last = max(asyncio.run(self._shoot(system, bodies, whole)))
        after = system.cpu() | self._infrastructure()
        side.rates.append(how_many / (last - began))
        before |= broker
        side.cpu.append({name: (after[name] - before[name]) / how_many for name in before})
        system.stop()

    def _steady(self, system: System, side: report.Rates, whole: bool, rate: float) -> None:
        bodies = forms(max(50, int(rate * self._scale.seconds)))
        system.start()
        asyncio.run(self._shoot(system, forms(50), whole))
        side.waits += asyncio.run(self._waits(system, bodies, whole, rate))
        system.stop()

    async def _shoot(self, system: System, bodies: list[bytes], whole: bool) -> list[float]:
        shots = accepted(await system.gun(_CONNECTIONS).burst(bodies))
        return await system.finished(shots) if whole else [shot.done for shot in shots]

    async def _waits(self, system: System, bodies: list[bytes], whole: bool, rate: float) -> list[float]:
        shots = accepted(await system.gun(_CONNECTIONS).constant(bodies, rate))
        if not whole:
            return [shot.seconds for shot in shots]
        return [end - shot.due for end, shot in zip(await system.finished(shots), shots, strict=True)]

    def _infrastructure(self) -> dict[str, float]:
        own = sum(os.times()[:2])
        with suppress(StackError):
            kafka = sum(broker.cpu_seconds() for broker in self._stack.brokers)
            return {"Kafka": kafka, "PostgreSQL": self._stack.database.cpu_seconds(), "load": own}
        return {"load": own}

    def limits(self) -> dict[str, float]:
        """PostgreSQL and Kafka, each alone."""
        seconds, topic = self._scale.limit_seconds, "limit.referrals.v1"
        self._console.print("[dim]the limits: PostgreSQL and Kafka alone")
        asyncio.run(apply_topics(self._stack.bootstrap, "limit."))
        rows = asyncio.run(limits.postgres_rows(self._stack, seconds))
        produced, consumed = asyncio.run(limits.kafka_records(self._stack, topic, seconds))
        return {
            "PostgreSQL: rows written, 500 a transaction": rows,
            "Kafka: records produced, pipelined": produced,
            "Kafka: records consumed": consumed,
        }


def main() -> None:
    """Runs the benchmark and prints its tables; slow is not an error."""
    arguments = _parser().parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a fresh broker's coordinator takes a moment
    scale, console = QUICK if arguments.quick else FULL, Console(width=max(100, Console().width))
    given = {"rounds": arguments.rounds, "pipeline": arguments.referrals, "intake": arguments.referrals}
    scale = replace(scale, **{name: value for name, value in given.items() if value})
    parts = set(arguments.only or ("limits", "intake", "pipeline", "smtp"))
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as temporary:
        folder = arguments.logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        Path(temporary).chmod(0o755)
        with start_stack() as stack:
            _heading(console, stack)
            _run(Bench(stack, scale, folder, console), parts, console, scale)


def _run(bench: Bench, parts: set[str], console: Console, scale: Scale) -> None:
    if "limits" in parts:
        report.show_limits(console, bench.limits())
    if parts & {"intake", "pipeline"}:
        comparisons = bench.pipeline_and_intake(parts)
        report.show_comparisons(console, comparisons)
        for one in comparisons:
            report.show_costs(console, one)
    if "smtp" in parts:
        found = asyncio.run(smtp(scale.messages))
        console.print(
            f"SMTP, apart: {found.rate:,.0f} messages a second through a local sink, "
            f"{found.cpu_ms:.1f} ms of processor each (client and sink together)",
            highlight=False,
        )


def _heading(console: Console, stack: Stack) -> None:
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} processors, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"Kafka {stack.kafka_version}, PostgreSQL {stack.postgres_version}; load before the run {load:.1f}",
        highlight=False,
    )
    if load > 1:
        console.print("[yellow]Others use this machine now: trust the shares more than the rates.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small run of about a minute")
    parser.add_argument(
        "--only", action="append", choices=("limits", "intake", "pipeline", "smtp"), help="only this part"
    )
    parser.add_argument("--rounds", type=int, help="how often both sides take turns")
    parser.add_argument("--referrals", type=int, help="how many are sent at full speed, each round")
    parser.add_argument("--logs", type=Path, help="keep the logs of all processes in this folder")
    return parser


if __name__ == "__main__":
    main()
