"""What happens to a service that has a second copy, and to the planner that panels keeps beside itself."""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from random import Random

import psutil

from deploy.local.services import NAMES, ServiceProcess
from tests.faults.fault import fault, wait_until
from tests.faults.rig import Rig, has_ended

ORPHANED_SECONDS = 10.0


@fault(
    "second-copy",
    "a second copy of whole services comes and goes; who asks twice asks both at the same moment",
)
def second_copy(rig: Rig, chance: Random) -> str:
    """They are told to stop or killed, and now and then it is the first copy that goes while the second one stays."""
    gone = []
    for _ in range(chance.randint(2, 3)):
        names = ["referrals", *chance.sample(NAMES[1:], chance.randint(0, 2))]
        with ExitStack() as copies:
            twins = [copies.enter_context(rig.second_worker(name, "all")) for name in names]
            rig.load.copy_at = twins[0].url
            time.sleep(chance.uniform(2, 8))
            for name, twin in zip(names, twins, strict=True):
                victim = chance.choice((twin, rig.town.services[name]))
                end = chance.choice((ServiceProcess.stop, ServiceProcess.kill))
                end(victim)
                gone.append(f"{'second' if victim is twin else 'first'} {name}")
            time.sleep(chance.uniform(0, 5))
            rig.load.copy_at = None
        for name in names:
            rig.town.services[name].start(wait=False)
        for name in names:
            wait_until(rig.town.services[name].is_ready, f"{name} is back")
    return ", ".join(gone)


@fault(
    "planner-harmed", "the process that plans is killed, frozen, or left alone by a service that is killed"
)
def planner_harmed(rig: Rig, chance: Random) -> str:
    """It must never outlive its service. Nothing else may wait for it."""
    panels, done = rig.town.services["panels"], []
    for _ in range(chance.randint(2, 4)):
        wait_until(partial(_planners, panels), "panels had something planned", 90)
        how = chance.choice(("killed", "frozen", "its service killed", "frozen, its service killed"))
        time.sleep(chance.uniform(0, 2))
        found = _planners(panels)
        for planner in found:
            with suppress(psutil.NoSuchProcess):
                if how == "killed":
                    planner.kill()
                elif "frozen" in how:
                    planner.suspend()
        time.sleep(chance.uniform(0, 4))
        if "service" in how:
            _alone_killed(panels, _planners(panels) or found)
        else:
            for planner in found:
                with suppress(psutil.NoSuchProcess):
                    planner.resume()
        done.append(how)
    return ", ".join(done)


def _planners(panels: ServiceProcess) -> Sequence[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(panels.pid).children(recursive=True)
    return []


def _alone_killed(panels: ServiceProcess, planners: Sequence[psutil.Process]) -> None:
    """Kills the service, not what it began: that has to end by itself, once it can. Then the service comes back."""
    os.kill(panels.pid, signal.SIGKILL)
    wait_until(partial(has_ended, panels), "panels died")
    for planner in planners:
        with suppress(psutil.NoSuchProcess):
            planner.resume()
    _, alive = psutil.wait_procs(planners, timeout=ORPHANED_SECONDS)
    panels.start(wait=False)
    if alive:
        raise RuntimeError(f"{len(alive)} planners outlived their service by {ORPHANED_SECONDS:.0f} s")
    wait_until(panels.is_ready, "panels is back")
