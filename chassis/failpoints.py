"""Places where a fault test may kill the process at once. No-ops unless armed in the profile test.

``FINGERPOST_FAILPOINT=after-commit`` dies when that point is reached, ``after-commit:3`` at the third time.
Before dying, the name is appended to the file in ``FINGERPOST_FAILPOINT_REACHED``, so that a test can prove
that the point was reached.
"""

import os
import signal
from collections.abc import Collection, Mapping
from typing import NoReturn

#: Every point that the chassis has. A service names its further ones when it arms.
CHASSIS_POINTS = frozenset({"after-commit", "after-publish", "mid-batch", "mid-records"})

_armed: str | None = None
_left = 0
_reached = ""


def failpoint(name: str) -> None:
    """Die here by SIGKILL if this point is armed and its turn has come; otherwise do nothing."""
    if _armed is None:
        return
    if _armed == name:
        _count_down()


def arm(profile: str, points: Collection[str] = (), env: Mapping[str, str] = os.environ) -> None:
    """Arm the point that the environment names, if any; called once at start-up.

    Ends the process with status 2 where the profile is not test, or where no such point exists.
    """
    global _armed, _left, _reached
    _armed = None
    asked = env.get("FINGERPOST_FAILPOINT", "")
    if not asked:
        return
    if profile != "test":
        _refuse("FINGERPOST_FAILPOINT is set, which only the profile test allows: unset it")
    name, _, turn = asked.partition(":")
    known = sorted(CHASSIS_POINTS | set(points))
    if name not in known or not (turn or "1").isdecimal() or int(turn or "1") < 1:
        _refuse(f"FINGERPOST_FAILPOINT names no point: write one of {', '.join(known)}, or name:3")
    _armed, _left, _reached = name, int(turn or "1"), env.get("FINGERPOST_FAILPOINT_REACHED", "")


def _count_down() -> None:
    global _left
    _left -= 1
    if _left > 0:
        return
    if _reached:
        with open(_reached, "a", encoding="utf-8") as file:
            file.write(f"{_armed}\n")
            file.flush()
            os.fsync(file.fileno())
    os.kill(os.getpid(), signal.SIGKILL)


def _refuse(sentence: str) -> NoReturn:
    os.write(2, f"{sentence}\n".encode())
    raise SystemExit(2)
