"""The table of a run, and the same as a file."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from deploy.local import Stack


@dataclass(frozen=True)
class Result:
    """One peer. What was not measured is None. ``rate`` is sustained: p99 below a second."""

    name: str
    setting: str
    version: str
    rate: float | None = None
    burst: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    cpu_ms: float | None = None
    servers_cpu_ms: float | None = None
    acknowledged: int | None = None
    lost: int | None = None
    doubled: int | None = None
    held: int | None = None
    notes: str = ""


_COLUMNS = {
    "setting": "setting",
    "rate": "a second,\nsustained",
    "burst": "a second,\nburst",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "cpu_ms": "CPU ms,\nown",
    "servers_cpu_ms": "CPU ms,\nservers",
    "acknowledged": "acknow-\nledged",
    "lost": "lost",
    "doubled": "doubled",
    "held": "held",
}


def show(console: Console, results: Sequence[Result]) -> None:
    """The table, with the notes below it."""
    table = Table("peer", title="The same work, by Fingerpost and its peers")
    for name, title in _COLUMNS.items():
        table.add_column(title, justify="left" if name == "setting" else "right")
    for result in results:
        table.add_row(result.name, *(_cell(getattr(result, name)) for name in _COLUMNS))
    console.print(table)
    for result in results:
        console.print(f"{result.name} ({result.setting}, {result.version}): {result.notes}", highlight=False)


def _cell(value: str | float | None) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}" if value < 10 else f"{value:,.0f}"
    return "–" if value is None else str(value)


def write(file: Path, results: Sequence[Result], machine: str) -> None:
    """The file that the chart is drawn from."""
    content = {"peers": [asdict(result) for result in results], "machine": machine}
    file.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def machine(stack: Stack) -> str:
    """What it ran on, in a line."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} processors, {memory:.0f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Kafka {stack.kafka_version}, PostgreSQL {stack.postgres_version}"
    )
