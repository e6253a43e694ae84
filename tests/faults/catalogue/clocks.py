"""What happens to clocks: they are wrong, and they jump."""

import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from random import Random

from deploy.local.services import NAMES
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig
from tests.faults.shifted import JUMP, is_off, shifted


@fault("clocks-apart", "the clocks of the services' hosts are up to two hours apart", cluster=False)
def clocks_apart(rig: Rig, chance: Random) -> str:
    """Each that is chosen runs an hour ahead or behind; in the end all agree again."""
    wrong = {
        name: timedelta(hours=chance.choice((-1, 1))) for name in chance.sample(NAMES, chance.randint(1, 3))
    }
    with ExitStack() as hosts:
        for name, by in wrong.items():
            service = rig.town.services[name]
            hosts.enter_context(shifted(service, by))
            service.stop()
            service.start(wait=False)
            service.wait_until_ready()
            happened(is_off(service.log_path.read_text(), by), f"{name} has another time")
        time.sleep(chance.uniform(10, 20))
    for name in wrong:
        rig.town.services[name].stop()
        rig.town.services[name].start(wait=False)
    return _told(wrong)


@fault(
    "clock-jumps",
    "the clock of a running process jumps by up to an hour, and is set right later",
    cluster=False,
)
def clock_jumps(rig: Rig, chance: Random) -> str:
    wrong = {
        name: timedelta(minutes=chance.choice((-60, -10, 10, 60)))
        for name in chance.sample(NAMES, chance.randint(1, 3))
    }
    with ExitStack() as hosts:
        for name, by in wrong.items():
            service = rig.town.services[name]
            hosts.enter_context(shifted(service, by, at_signal=True))
            service.stop()
            service.start(wait=False)
            service.wait_until_ready()
        time.sleep(chance.uniform(1, 4))
        for by_now in (wrong, dict.fromkeys(wrong, timedelta())):
            for name, by in by_now.items():
                _jumps(rig, name, by)
            time.sleep(chance.uniform(4, 12))
    for name in wrong:
        rig.town.services[name].stop()
        rig.town.services[name].start(wait=False)
    return _told(wrong)


def _jumps(rig: Rig, name: str, to: timedelta) -> None:
    service = rig.town.services[name]
    service.ask_to_stop(JUMP)
    wait_until(lambda: is_off(service.log_path.read_text(), to), f"the clock of {name} jumped")


def _told(wrong: Mapping[str, timedelta]) -> str:
    return ", ".join(f"{name} {by.total_seconds() / 60:+.0f} min" for name, by in wrong.items())
