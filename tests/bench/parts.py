"""The parts of the benchmark by name, and how much each does."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from deploy.kafka import apply_topics
from deploy.local import Stack
from deploy.local.services import start_services
from tests.bench import coming_and_going, cost, limits, report, scale, soak, start
from tests.bench.caps import CapsUnavailable
from tests.bench.pipeline import Pipeline, Scale
from tests.bench.smtp import smtp
from tests.bench.systems import ENVIRONMENT
from tests.support.mail import MailSink


@dataclass(frozen=True)
class Options:
    """How much is done. ``steps`` of the search in each round; ``powers`` of ten of referrals in the tables."""

    rounds: int
    referrals: int
    steps: int
    step_seconds: float
    seconds: float
    limit_seconds: float
    messages: int
    minutes: float
    powers: Sequence[int]
    rate: float = 15.0
    samples: Path | None = None


FULL = Options(
    rounds=3,
    referrals=3000,
    steps=4,
    step_seconds=15,
    seconds=15,
    limit_seconds=4,
    messages=1000,
    minutes=60,
    powers=(3, 4, 5, 6),
)
QUICK = Options(
    rounds=1,
    referrals=800,
    steps=3,
    step_seconds=5,
    seconds=5,
    limit_seconds=1.5,
    messages=200,
    minutes=1,
    powers=(3, 4),
)


@dataclass(frozen=True)
class Run:
    """What every part is given. ``folder`` takes logs."""

    stack: Stack
    options: Options
    folder: Path
    console: Console


def _limits(run: Run) -> dict[str, Any]:
    seconds, topic = run.options.limit_seconds, "limit.referrals.v1"
    run.console.print("[dim]the limits: PostgreSQL and Kafka alone")
    asyncio.run(apply_topics(run.stack.bootstrap, "limit."))
    rows = asyncio.run(limits.postgres_rows(run.stack, seconds))
    produced, consumed = asyncio.run(limits.kafka_records(run.stack, topic, seconds))
    found = {
        "PostgreSQL: rows of 300 bytes, 500 by `unnest` in a transaction, two connections": rows,
        "Kafka: records of 300 bytes produced, idempotent, `acks=all`, pipelined (aiokafka)": produced,
        "Kafka: the same consumed": consumed,
    }
    report.show_limits(run.console, found)
    return {"rates": found}


def _compared(part: str) -> Callable[[Run], dict[str, Any]]:
    def compare(run: Run) -> dict[str, Any]:
        chosen = run.options
        scale = Scale(
            chosen.rounds,
            chosen.referrals,
            chosen.referrals,
            chosen.steps,
            chosen.step_seconds,
            chosen.seconds,
        )
        (one,) = Pipeline(run.stack, scale, run.folder, run.console).run({part})
        report.show_comparisons(run.console, [one])
        report.show_costs(run.console, one)
        return one.as_result()

    return compare


def _smtp(run: Run) -> dict[str, Any]:
    found = asyncio.run(smtp(run.options.messages))
    run.console.print(
        f"SMTP, apart: {found.rate:,.0f} messages a second through a local sink, "
        f"{found.cpu_ms:.1f} ms of processor each (client and sink together)",
        highlight=False,
    )
    return asdict(found)


def _cost(run: Run) -> dict[str, Any]:
    found = cost.CostAgainstSize(run.stack, run.folder / "cost", run.console).run(
        run.options.powers, run.options.rounds
    )
    cost.show(run.console, found)
    return found


def _start(run: Run) -> dict[str, Any]:
    with start_services(run.stack, prefix="start.", folder=run.folder / "start") as town:
        found = start.measure(town, 3)
    start.show(run.console, found)
    return found


def _soak(run: Run) -> dict[str, Any]:
    rate, minutes = run.options.rate, run.options.minutes
    with start_services(run.stack, prefix="soak.", env=ENVIRONMENT, folder=run.folder / "soak") as town:
        going = soak.Soak(town, run.console)
        asyncio.run(going.run(rate, 60 * minutes))
    found = soak.summary(going, rate, minutes)
    if run.options.samples:
        soak.write_samples(run.options.samples, going.samples)
    soak.show(run.console, found)
    return found


def _scale(run: Run) -> dict[str, Any]:
    """Shares can be given on one machine only; with three brokers only what is lost and the pause are claimed."""
    found: dict[str, Any] = {}
    if len(run.stack.bootstrap) == 1:
        with start_services(run.stack, prefix="scale.", env=ENVIRONMENT, folder=run.folder / "scale") as town:
            try:
                out = scale.ScaleOut(town, run.options.referrals, run.console)
                found |= out.run(("panels", "notifications", "referrals"))
                scale.show(run.console, found)
            except CapsUnavailable as error:
                run.console.print(f"[yellow]{error}")
                found["not_measured"] = str(error)
    folder = run.folder / "coming-and-going"
    with (
        MailSink(seconds=0.02) as sink,
        start_services(run.stack, prefix="going.", smtp=sink.address, folder=folder) as town,
    ):
        going = coming_and_going.disturb(town, sink, run.console)
    coming_and_going.show(run.console, going)
    return {**found, f"going_{len(run.stack.bootstrap)}": going}


PARTS: Mapping[str, Callable[[Run], dict[str, Any]]] = {
    "limits": _limits,
    "intake": _compared("intake"),
    "pipeline": _compared("pipeline"),
    "smtp": _smtp,
    "cost": _cost,
    "start": _start,
    "soak": _soak,
    "scale": _scale,
}
