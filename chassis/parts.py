"""What the parts of this process say of themselves: well, or stopped and why; for health and for metrics.

A reason is a constant sentence: it becomes a label, and everybody may read it.
"""

from time import monotonic

from chassis import metrics
from chassis.telemetry import get_logger

log = get_logger(__name__)

#: What fails is tried again within seconds. A failure that was not repeated for so long is over.
FORGOTTEN_SECONDS = 15.0


class Parts:
    """The parts that have something to say, by name."""

    def __init__(self) -> None:
        self._stopped: dict[str, tuple[str, float]] = {}

    def stopped(self, part: str, why: str, lasts: float = FORGOTTEN_SECONDS) -> None:
        """Takes down that ``part`` cannot do its work, and why; to be said again every ``lasts`` seconds."""
        before = self._stopped.get(part)
        self._stopped[part] = (why, monotonic() + lasts)
        if before is None or before[0] != why:
            log.warning("part_stopped", part=part, why=why)
            if before is not None:
                metrics.STOPPED.labels(part, before[0]).set(0)
            metrics.STOPPED.labels(part, why).set(1)

    def well(self, part: str) -> None:
        """Takes down that ``part`` does its work."""
        before = self._stopped.pop(part, None)
        if before is not None:
            log.info("part_goes_on", part=part)
            metrics.STOPPED.labels(part, before[0]).set(0)

    def say(self, part: str, why: str | None) -> None:
        """Takes down that ``part`` is stopped for this reason, or well if it is None."""
        if why is None:
            self.well(part)
        else:
            self.stopped(part, why)

    def forget(self) -> None:
        """Lets go of what was not said again in time; to be called every few seconds, for the metrics."""
        for part in list(self._stopped):
            self.why(part)

    def why(self, part: str) -> str | None:
        """Why ``part`` is stopped, or None."""
        why, until = self._stopped.get(part, ("", 0.0))
        if why and monotonic() > until:
            self.well(part)
            return None
        return why or None
