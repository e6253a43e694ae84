"""A service that freezes at a point of its own, where a kill would end it.

    FINGERPOST_FAILPOINT=after-claim:2 python -m tests.faults.stalled services.notifications serve

stops itself (SIGSTOP) when its messages are claimed for the second time, and goes on at SIGCONT as if nothing had been.
Besides the service's own points there is ``before-publish``: its relay has read the outbox and sent nothing yet. Of it
only those turns count at which the relay holds a record of the topic in ``FINGERPOST_STALLED_WITH``, if one is named.
"""

import os
import runpy
import signal
import sys
from typing import Any
from unittest.mock import patch

from chassis import failpoints
from chassis.publisher import Publisher
from deploy.local.services import ServiceProcess

BEFORE_PUBLISH = "before-publish"
_WITH = "FINGERPOST_STALLED_WITH"


def start_stalling(service: ServiceProcess, point: str, topic: str | None = None) -> None:
    """Starts the service anew as one that freezes, once, at a point ("name:turn"); does not wait for it.

    ``topic``: with a record of it in the relay's hands.
    """
    faithful = service.command

    def stalling_command() -> list[str]:
        python, dash_m, *rest = faithful()
        return [python, dash_m, "tests.faults.stalled", *rest]

    service.stop()
    env = {"FINGERPOST_FAILPOINT": point} | ({_WITH: topic} if topic else {})
    with patch.object(service, "command", stalling_command):
        service.start(wait=False, env=env)


def _freezes_instead() -> None:
    dies, publishes = failpoints._count_down, Publisher.publish

    class Freezing:
        SIGKILL = signal.SIGSTOP

    def once() -> None:
        dies()
        if failpoints._left <= 0:
            failpoints._armed = None

    async def publish(self: Publisher, rows: Any) -> None:
        if os.environ.get(_WITH) in (None, *(row["topic"] for row in rows)):
            failpoints.failpoint(BEFORE_PUBLISH)
        await publishes(self, rows)

    vars(failpoints).update(
        signal=Freezing, _count_down=once, CHASSIS_POINTS=failpoints.CHASSIS_POINTS | {BEFORE_PUBLISH}
    )
    setattr(Publisher, "publish", publish)  # noqa: B010


if __name__ == "__main__":
    _freezes_instead()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__")
