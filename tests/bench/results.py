"""What was measured, in one JSON file: part by part, each with its own moment, machine and revision."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.local import Stack

ROOT = Path(__file__).parents[2]
#: A list of numbers, which is to stand on one line.
_NUMBERS = re.compile(r"\[[-+.\deE,\s]+\]")


def merged(before: Mapping[str, Any], part: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """All results with those of one part replaced; what this run did not measure of it stays."""
    return {**before, part: {**before.get(part, {}), **found}}


def load(path: Path) -> dict[str, Any]:
    """The results so far; none where there is no such file."""
    if not path.exists():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def save(path: Path, part: str, found: Mapping[str, Any]) -> None:
    """Write one part into the file, the other parts as they are."""
    write(path, merged(load(path), part, found))


def write(path: Path, found: Mapping[str, Any]) -> None:
    """Write all results, in an order of their own and with each list of numbers on one line."""
    text = json.dumps(found, indent=1, sort_keys=True)
    path.write_text(_NUMBERS.sub(lambda row: " ".join(row[0].split()), text) + "\n", encoding="utf-8")


def circumstances(stack: Stack) -> dict[str, Any]:
    """The machine, the versions, the revision and the load before the run: what a figure means nothing without."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "processors": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": stack.kafka_version,
        "brokers": len(stack.bootstrap),
        "postgresql": stack.postgres_version,
        "revision": _revision(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def machine() -> str:
    """In a line: what something was measured on that needs neither Kafka nor PostgreSQL."""
    python, day = platform.python_version(), datetime.now(UTC).date().isoformat()
    return f"{os.cpu_count()} x {_processor()}, Python {python}, revision {_revision()}, {day}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _revision() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    try:
        said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not known"
    return said.stdout.strip()
