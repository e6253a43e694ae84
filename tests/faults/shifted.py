"""A service on a host whose clock is wrong.

    python -m tests.faults.shifted 3600 services.notifications serve

runs the command line of ``services.notifications`` an hour ahead. What Python calls the time of day is shifted,
everywhere in the process: `datetime.now`, `time.time` and their kin. Not shifted are the monotonic clock, as on
a real host whose wall clock is wrong, and what C libraries ask the kernel themselves.

    python -m tests.faults.shifted --at-signal 3600 services.notifications serve

runs it on time; at the signal `JUMP` its clock jumps an hour ahead, and back at the next one.
"""

import runpy
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import time_machine

from deploy.local.services import ServiceProcess

JUMP = signal.SIGUSR1
_AT_SIGNAL = "--at-signal"
_SAYS = "the clock of this process says "
_NEARLY = timedelta(minutes=5)


@contextmanager
def shifted(service: ServiceProcess, by: timedelta, *, at_signal: bool = False) -> Iterator[None]:
    """While this lasts, every start of this service is one on a host whose clock is, or can be, wrong by so much."""
    faithful = service.command
    when = [_AT_SIGNAL] if at_signal else []

    def shifted_command() -> list[str]:
        python, dash_m, *rest = faithful()
        return [python, dash_m, "tests.faults.shifted", *when, str(by.total_seconds()), *rest]

    with patch.object(service, "command", shifted_command):
        yield


def is_off(log: str, by: timedelta) -> bool:
    """Whether the process that wrote this log said just now that its clock is wrong by so much."""
    said = [line for line in log.splitlines() if line.startswith(_SAYS)]
    if not said:
        return False
    off = datetime.fromisoformat(said[-1].removeprefix(_SAYS)) - datetime.now(UTC)
    return abs(off - by) < _NEARLY


class _Clock:
    """This process's, which can be wrong by ``by``."""

    def __init__(self, by: timedelta) -> None:
        self._by = by
        self._wrong: time_machine.travel | None = None

    def jump(self, *_: object) -> None:
        """From right to wrong, or back."""
        if self._wrong:
            self._wrong.stop()
            self._wrong = None
        else:
            self._wrong = time_machine.travel(datetime.now(UTC) + self._by, tick=True)
            self._wrong.start()
        print(f"{_SAYS}{datetime.now(UTC).isoformat()}", flush=True)


if __name__ == "__main__":
    at_signal = sys.argv[1] == _AT_SIGNAL
    seconds, module, *arguments = sys.argv[2 if at_signal else 1 :]
    clock = _Clock(timedelta(seconds=float(seconds)))
    if at_signal:
        signal.signal(JUMP, clock.jump)
    else:
        clock.jump()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")
