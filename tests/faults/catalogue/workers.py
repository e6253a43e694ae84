"""What happens to processes that nobody kills: they freeze, are told to stop, and come and go."""

import signal
import time
from contextlib import ExitStack
from functools import partial
from random import Random

from deploy.local.services import NAMES, ServiceProcess
from tests.faults.database import execute
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import SHUTDOWN_SECONDS, Rig, has_ended

_SESSIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'fingerpost'
"""


@fault("frozen", "a process is stopped (SIGSTOP) for some seconds, beside a second worker, and goes on")
def frozen(rig: Rig, chance: Random) -> str:
    return _freeze(rig, chance, chance.uniform(10, 25))


@fault("frozen-a-minute", "the same for more than a minute")
def frozen_a_minute(rig: Rig, chance: Random) -> str:
    return _freeze(rig, chance, chance.uniform(61, 75))


def _freeze(rig: Rig, chance: Random, seconds: float) -> str:
    """Half of the time the database ends the frozen process's sessions meanwhile, as after the loss of a host.

    Only then can a second worker take over as the relay: what wakes is a zombie in every respect.
    """
    name, zombie = chance.choice(NAMES), chance.random() < 0.5
    with rig.second_worker(name):
        victim = rig.town.services[name]
        time.sleep(chance.uniform(0.5, 3))
        victim.pause()
        wait_until(lambda: victim.paused, f"{name} was stopped")  # a busy kernel delivers the signal later
        if zombie:
            happened(end_sessions(victim), f"{name} had sessions to lose")
        time.sleep(seconds)
        happened(victim.paused, f"{name} was stopped all the time")
        victim.resume()
        time.sleep(chance.uniform(0.5, 3))
    return f"{name} for {seconds:.0f} s{', its database sessions ended' if zombie else ''}"


def end_sessions(service: ServiceProcess) -> int:
    """Ends whatever its processes have of the database; answers how many sessions those were."""
    return int(execute(service.admin_dsn, _SESSIONS))


@fault("told-to-stop", "SIGTERM under load: it ends by itself within its deadline", cluster=False)
def told_to_stop(rig: Rig, chance: Random) -> str:
    return _terminate(rig, chance.sample(NAMES, chance.randint(1, 3)), chance)


@fault("told-to-stop-without-kafka", "SIGTERM while no broker can be reached")
def told_to_stop_without_kafka(rig: Rig, chance: Random) -> str:
    wires, silent = rig.wires.to_kafka(), chance.random() < 0.5
    for wire in wires:
        if silent:
            wire.silence()
        else:
            wire.cut()
    time.sleep(chance.uniform(0, 6))
    told = _terminate(rig, chance.sample(NAMES, chance.randint(1, 3)), chance)
    happened(any(wire.felt for wire in wires), "somebody spoke to Kafka")
    return f"{told}, Kafka {'silent' if silent else 'away'}"


def _terminate(rig: Rig, names: list[str], chance: Random) -> str:
    """Sends the signal, once or twice, and expects an end by itself within the deadline and two seconds."""
    times = {}
    for name in names:
        service = rig.town.services[name]
        began = time.monotonic()
        for _ in range(chance.randint(1, 2)):
            service.ask_to_stop()
        wait_until(partial(has_ended, service), f"{name} ended in time", SHUTDOWN_SECONDS + 2)
        times[name] = time.monotonic() - began
        happened(service.exit_status != -signal.SIGTERM, f"{name} ended in its own way")
        service.start(wait=False)
    return ", ".join(f"{name} ended in {seconds:.1f} s" for name, seconds in times.items())


@fault("rebalance-storm", "members of a consumer group join and leave every few seconds")
def rebalance_storm(rig: Rig, chance: Random) -> str:
    name, rounds = chance.choice(NAMES), chance.randint(3, 5)
    with ExitStack() as standing:
        if chance.random() < 0.3:
            standing.enter_context(rig.second_worker(name))
        for _ in range(rounds):
            began = time.monotonic()
            with rig.second_worker(name) as twin:
                wait_until(twin.is_ready, f"another {name} was given partitions")
                if chance.random() < 0.4:
                    twin.kill()
                time.sleep(max(0.0, 5 - (time.monotonic() - began)))
    return f"{name}, {rounds} times"
