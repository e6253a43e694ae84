"""Intake and pipeline beside their bare counterparts: rates, waits, and where the processor's time goes."""

import asyncio
import os
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from deploy.kafka import apply_topics
from deploy.local import Stack, StackError
from deploy.local.services import start_services
from tests.bench.bare.plan import Sizes
from tests.bench.forms import forms
from tests.bench.load import Shot, accepted
from tests.bench.report import INTAKE_AIM, PIPELINE_AIM, Comparison, Rates
from tests.bench.sustained import SETTLING_SECONDS, Search, Step, judged
from tests.bench.systems import ENVIRONMENT, Bare, Ours, System

CONNECTIONS = 64
#: How many processes share a door: each side is measured with each number of them.
PROCESSES = (1, 2)
_START = 0.9  # of what the services do as fast as they go: there the search begins


@dataclass(frozen=True)
class Scale:
    """How much is done. ``rounds`` alternate between both sides; seconds are of constant arrival."""

    rounds: int
    intake: int
    pipeline: int
    steps: int
    step_seconds: float
    seconds: float
    share: float = 0.8


@dataclass
class Steady:
    """Waits at a constant rate, of one side, and the processor that the load itself took (1 is one processor)."""

    waits: list[float] = field(default_factory=list)
    load: float = 0.0


class Pipeline:
    """Both comparisons, on one stack. The bare side is told the sizes that the services' records had."""

    def __init__(self, stack: Stack, scale: Scale, folder: Path, console: Console) -> None:
        self._stack, self._scale, self._folder, self._console = stack, scale, folder, console

    def run(self, parts: set[str]) -> list[Comparison]:
        """Those of intake and pipeline that are named in ``parts``."""
        with ExitStack() as ending:
            folder = self._folder / "pipeline"
            town = start_services(self._stack, prefix="bench.", env=ENVIRONMENT, folder=folder)
            ours = Ours(ending.enter_context(town))
            self._say("warming up, and weighing what a referral makes")
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
                doors = [
                    Bare(self._stack, f"{name}in.", sizes, door / name, door_only=True, plain=name == "plain")
                    for name in ("bare", "plain")
                ]
                for each in doors:
                    ending.callback(each.close)
                done.append(self._intake(web, *doors))
            if "pipeline" in parts:
                done.append(
                    self._pipeline(ours, *(self._bare(name, sizes, ending) for name in ("bare", "plain")))
                )
            return done

    def _bare(self, name: str, sizes: Sizes, ending: ExitStack) -> Bare:
        asyncio.run(apply_topics(self._stack.bootstrap, f"{name}."))
        bare = Bare(self._stack, f"{name}.", sizes, self._folder / "pipeline" / name, plain=name == "plain")
        ending.callback(bare.close)
        return bare

    def _intake(self, ours: System, bare: System, plain: System) -> Comparison:
        tried = [(Rates(n), Rates(n), Rates(n)) for n in PROCESSES]
        one = Comparison("intake", INTAKE_AIM, tried=tried)
        for _ in range(self._scale.rounds):
            for sides in tried:
                for system, side in zip((ours, bare, plain), sides, strict=True):
                    system.start(side.processes)
                    self._fast(system, side, whole=False)
                    system.stop()
        one.choose()
        one.offered = self._scale.share * one.ours.rate
        for system, side in ((plain, one.plain), (bare, one.bare), (ours, one.ours)):
            system.start(side.processes)
            side.waits = self._steady(system, one.offered, whole=False).waits
            side.alone = [s.seconds for s in asyncio.run(self._alone(system))]
            system.stop()
        return one

    def _pipeline(self, ours: System, bare: System, plain: System) -> Comparison:
        one = Comparison("pipeline", PIPELINE_AIM)
        sides: list[tuple[System, Rates]] = [(bare, one.bare), (plain, one.plain), (ours, one.ours)]
        for _ in range(self._scale.rounds):
            for system, side in sides:
                system.start()
                self._fast(system, side, whole=True)
                side.search = side.search or Search(_START * side.rate)
                one.load = max(one.load, self._look_for_the_limit(system, side.search))
                system.stop()
        one.offered = one.ours.sustained / 2
        for system, side in sides:
            system.start()
            side.waits = self._steady(system, one.offered, whole=True).waits
            system.stop()
        return one

    def _look_for_the_limit(self, system: System, search: Search) -> float:
        """Some steps of the search. Answers the load's own part of one processor at most."""
        load = 0.0
        for _ in range(self._scale.steps):
            if (rate := search.next_rate) is None:
                break
            step, took = self._step(system, rate)
            search.saw(step)
            load = max(load, took)
            verdict = "sustained" if step.sustained else "too much"
            self._say(f"  {rate:,.0f}/s: p99 {step.p99:.2f} s, backlog {step.growth:+.1%}: {verdict}")
        return load

    def _step(self, system: System, rate: float) -> tuple[Step, float]:
        """One rate for some seconds; waits until all of it is settled, so that the next begins empty."""
        bodies = forms(int(rate * (SETTLING_SECONDS + self._scale.step_seconds)))
        cpu, began = _own_cpu(), time.monotonic()
        shots = asyncio.run(self._constant(system, bodies, rate))
        load = (_own_cpu() - cpu) / (time.monotonic() - began)
        done = asyncio.run(system.finished(shots))
        return judged(rate, [shot.due for shot in shots], done), load

    def _fast(self, system: System, side: Rates, *, whole: bool) -> None:
        several = f" with {side.processes} processes" if side.processes > 1 else ""
        self._say(f"{'pipeline' if whole else 'intake'}: {system.name}{several} as fast as it goes")
        how_many = self._scale.pipeline if whole else self._scale.intake
        bodies = forms(how_many)
        asyncio.run(self._shoot(system, forms(50), whole))
        before = system.cpu() | self._infrastructure()
        began = time.time()
        last = max(asyncio.run(self._shoot(system, bodies, whole)))
        after = system.cpu() | self._infrastructure()
        side.rates.append(how_many / (last - began))
        side.cpu.append({name: (after[name] - before[name]) / how_many for name in before})

    def _steady(self, system: System, rate: float, *, whole: bool) -> Steady:
        self._say(f"{'pipeline' if whole else 'intake'}: {system.name} at {rate:,.0f} a second")
        settling = int(rate * SETTLING_SECONDS)
        bodies = forms(settling + max(50, int(rate * self._scale.seconds)))
        cpu, began = _own_cpu(), time.monotonic()
        shots = asyncio.run(self._constant(system, bodies, rate))
        load = (_own_cpu() - cpu) / (time.monotonic() - began)
        if not whole:
            return Steady([shot.seconds for shot in shots[settling:]], load)
        done = asyncio.run(system.finished(shots))
        return Steady([e - s.due for e, s in zip(done, shots, strict=True)][settling:], load)

    async def _shoot(self, system: System, bodies: list[bytes], whole: bool) -> list[float]:
        shots = accepted(await system.gun(CONNECTIONS).burst(bodies))
        return await system.finished(shots) if whole else [shot.done for shot in shots]

    async def _constant(self, system: System, bodies: list[bytes], rate: float) -> list[Shot]:
        return list(accepted(await system.gun(CONNECTIONS).constant(bodies, rate)))

    async def _alone(self, system: System) -> list[Shot]:
        """One request at a time: nobody there to share a commit with."""
        return list(accepted(await system.gun(1).burst(forms(100))))

    def _infrastructure(self) -> dict[str, float]:
        with suppress(StackError):
            kafka = sum(broker.cpu_seconds() for broker in self._stack.brokers)
            postgres = self._stack.database.cpu_seconds()
            return {"Kafka": kafka, "PostgreSQL": postgres, "load": _own_cpu()}
        return {"load": _own_cpu()}

    def _say(self, what: str) -> None:
        self._console.print(f"[dim]{what}", highlight=False)


def _own_cpu() -> float:
    return sum(os.times()[:2])
