"""What is wrong with the panels' plans, as health and the metrics tell it."""

from collections.abc import Iterable
from math import inf

from chassis.parts import Parts

PART = "planner"
FAILED = "no plan can be made: the service's log says why, and the one that was made last stays"
TOO_MANY = "no plan can be made: more cases of a panel wait than one can be made of"
TOO_LARGE = "no plan can be made: more cases wait than the planner has memory for (PANELS_PLANNER_MEGABYTES)"
NOT_PROVED = "the solver failed: the plan takes cases one after the other, and nothing of it is proved"


class Troubles:
    """Panel by panel: that all is well with the plan of one says nothing of another's.

    A try may take ten minutes until it has failed. So what is wrong is told until it is over, not until a try was due:
    it would be forgotten before the next one has failed, and no alert would ring.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._of: dict[str, str] = {}

    def stays(self, panel: str, why: str) -> None:
        """The trouble of a panel whose plan is looked at again until that is over."""
        self._of[panel] = why
        self._tell()

    def over(self, panel: str) -> None:
        """The plan of a panel was made, and is well."""
        self._of.pop(panel, None)
        self._tell()

    def elsewhere(self, panels: Iterable[str]) -> None:
        """Another process plans for these, and tells what comes of it."""
        for panel in panels:
            self.over(panel)

    def passes(self, why: str, seconds: float) -> None:
        """The trouble of somebody who looked at a plan. Nobody may look again: it is told for so many seconds."""
        if not self._of:
            self._parts.stopped(PART, why, lasts=seconds)

    def _tell(self) -> None:
        if why := next(
            (why for why in (FAILED, TOO_MANY, TOO_LARGE, NOT_PROVED) if why in self._of.values()), None
        ):
            self._parts.stopped(PART, why, lasts=inf)
        else:
            self._parts.well(PART)
