"""A service on a host whose clock is wrong.

    python -m tests.faults.shifted 3600 services.notifications serve

runs the command line of ``services.notifications`` an hour ahead. What Python calls the time of day is shifted,
everywhere in the process: `datetime.now`, `time.time` and their kin. Not shifted are the monotonic clock, as on
a real host whose wall clock is wrong, and what C libraries ask the kernel themselves.
"""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import time_machine

from deploy.local.services import ServiceProcess


@contextmanager
def shifted(service: ServiceProcess, by: timedelta) -> Iterator[None]:
    """While this lasts, every start of this service is one on a host whose clock is wrong by so much."""
    faithful = service.command

    def shifted_command() -> list[str]:
        python, dash_m, *rest = faithful()
        return [python, dash_m, "tests.faults.shifted", str(by.total_seconds()), *rest]

    with patch.object(service, "command", shifted_command):
        yield


if __name__ == "__main__":
    _, seconds, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=float(seconds)), tick=True):
        print(f"the clock of this process says {datetime.now(UTC).isoformat()}", flush=True)
        runpy.run_module(module, run_name="__main__")
