"""kill -9 at named points: the moments at which a service's death would hurt most."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

from deploy.local.services import NAMES, ServiceProcess
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig, has_ended, wait_for_start

DEATH_SECONDS = 60.0
#: Where each point is, and up to which turn it comes often enough to be waited for.
POINTS = {
    "mid-batch": ("a transaction is under way", NAMES, 12),
    "after-commit": ("a transaction is on disk and nobody was told", NAMES, 12),
    "after-publish": ("events are on Kafka and still in the outbox", NAMES, 6),
    "after-claim": ("messages are claimed and not sent", ("notifications",), 3),
    "after-provider-yes": ("the mail server said yes and nobody wrote it down", ("notifications",), 6),
}


def _add(point: str, says: str, services: Sequence[str], most: int) -> None:
    @fault(f"kill-{point}", f"kill -9 when {says}", cluster=False)
    def kill(rig: Rig, chance: Random) -> str:
        """One to all of the services that have this point, side by side, each when its turn has come."""
        victims = chance.sample(services, chance.randint(1, len(services)))
        turns = {name: chance.randint(1, most) for name in victims}
        graves = {name: _armed(rig, name, f"{point}:{turn}") for name, turn in turns.items()}
        for name, grave in graves.items():
            service = rig.town.services[name]
            wait_until(partial(has_ended, service), f"{name} died at {point}", DEATH_SECONDS)
            happened(grave.exists() and grave.read_text().split() == [point], f"{name} was at {point}")
            service.start(wait=False)
        return ", ".join(f"{name}: turn {turn}" for name, turn in turns.items())


def _armed(rig: Rig, name: str, point: str) -> Path:
    """Starts the service again, so that it dies at this point; answers the file in which it says so."""
    service: ServiceProcess = rig.town.services[name]
    grave = rig.town.folder / f"{uuid4().hex}.reached"
    service.stop()
    env = {"FINGERPOST_FAILPOINT": point, "FINGERPOST_FAILPOINT_REACHED": str(grave)}
    service.start(wait=False, env=env)
    wait_for_start(service)
    return grave


for _point, (_says, _services, _most) in POINTS.items():
    _add(_point, _says, _services, _most)
