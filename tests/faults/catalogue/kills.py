"""kill -9 at named points: the moments at which a service's death would hurt most."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from uuid import uuid4

from deploy.local.services import NAMES
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig, has_ended, wait_for_start

DEATH_SECONDS = 90.0
#: What each point means, who has it, and up to which turn it comes often enough to be waited for.
POINTS = {
    "mid-batch": ("a transaction is under way", NAMES, 12),
    "mid-records": ("records of others are being applied", NAMES, 4),
    "after-commit": ("a transaction is on disk and nobody was told", NAMES, 12),
    "after-publish": ("events are on Kafka and still in the outbox", NAMES, 6),
    "after-claim": ("messages are claimed and not sent", ("notifications",), 3),
    "after-provider-yes": ("the mail server said yes and nobody wrote it down", ("notifications",), 6),
}


def kill(rig: Rig, deaths: Mapping[str, tuple[str, int]]) -> str:
    """Kills these services side by side, each at a point when its turn has come, and starts them again."""
    with ThreadPoolExecutor(len(deaths)) as threads:
        done = [threads.submit(_death, rig, name, *death) for name, death in deaths.items()]
        for each in done:
            each.result()
    return ", ".join(f"{name} at {point}:{turn}" for name, (point, turn) in deaths.items())


def _death(rig: Rig, name: str, point: str, turn: int) -> None:
    service, grave = rig.town.services[name], rig.town.folder / f"{uuid4().hex}.reached"
    service.stop()
    env = {"FINGERPOST_FAILPOINT": f"{point}:{turn}", "FINGERPOST_FAILPOINT_REACHED": str(grave)}
    service.start(wait=False, env=env)
    wait_for_start(service)
    wait_until(partial(has_ended, service), f"{name} died at {point}", DEATH_SECONDS)
    happened(_names(grave) == [point], f"{name} was at {point}")
    service.start(wait=False)


def _names(grave: Path) -> list[str]:
    return grave.read_text().split() if grave.exists() else []


def _add(point: str, says: str, services: Sequence[str], most: int) -> None:
    @fault(f"kill-{point}", f"kill -9 when {says}", cluster=False)
    def one_to_all(rig: Rig, chance: Random) -> str:
        victims = chance.sample(services, chance.randint(1, len(services)))
        return kill(rig, {name: (point, chance.randint(1, most)) for name in victims})


for _point, (_says, _services, _most) in POINTS.items():
    _add(_point, _says, _services, _most)
