"""What happens to several at the same time: two services die, everything dies, and comes back in any order."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random

from deploy.local.process import ServerProcess
from deploy.local.services import NAMES, ServiceProcess
from tests.faults import cluster
from tests.faults.fault import FAULTS, Act, fault, happened, wait_until
from tests.faults.rig import Rig

#: What may be made worse by what: a service that is being waited for is not stopped by the other fault.
_WEATHER = (
    *(
        f"{what}-{kind}"
        for what in ("kafka", "postgresql")
        for kind in ("cut", "silent", "unanswered", "slow")
    ),
    "provider-hangs",
    "provider-drops",
    "provider-busy-in-session",
)
_HARM = (
    "services-killed",
    "leader-killed",
    "coordinator-killed",
    "cluster-gone",
    "rebalance-storm",
    "second-copy",
    "frozen",
    "postgresql-restarted",
)


@fault(
    "everything-killed", "kill -9 of all services, all brokers and the database at once; then all come back"
)
def everything_killed(rig: Rig, chance: Random) -> str:
    """They come back in any order, as machines do that boot. Once in a while the power fails again while they do."""
    times = chance.choice((1, 1, 2))
    for _ in range(times):
        services, brokers, server = list(rig.town.services.values()), rig.stack.brokers, rig.stack.database
        _killed([*services, *brokers, server], chance)
        away = chance.uniform(0, 8)
        time.sleep(away)
        order = _back(rig, chance)
        time.sleep(chance.uniform(0, 5))
    return f"{times} times, away for {away:.0f} s, back as {order}"


@fault(
    "everything-restarted",
    "all services, all brokers and the database are stopped in order, and started; twice",
)
def everything_restarted(rig: Rig, chance: Random) -> str:
    told = []
    for _ in range(2):
        servers = [*rig.town.services.values(), *rig.stack.brokers, rig.stack.database]
        some = chance.sample(servers, len(servers))
        if chance.random() < 0.5:
            with ThreadPoolExecutor(len(some)) as threads:
                for done in [threads.submit(each.stop) for each in some]:
                    done.result()
        else:
            for each in some:
                each.stop()
        for each in some:
            happened(not each.running, f"{each.name} stopped")
        told.append(_back(rig, chance))
        time.sleep(chance.uniform(0, 6))
    return f"back as {'; then as '.join(told)}"


@fault(
    "two-at-once",
    "what happens to the ways between, and what happens to processes and servers, at the same time",
)
def two_at_once(rig: Rig, chance: Random) -> str:
    """A pair out of this catalogue, at random."""
    pair = chance.choice(_WEATHER), chance.choice(_HARM)
    with ThreadPoolExecutor(2) as threads:
        weather = threads.submit(_cleared, rig, FAULTS[pair[0]].act, Random(chance.getrandbits(32)))
        harm = threads.submit(FAULTS[pair[1]].act, rig, Random(chance.getrandbits(32)))
        told = weather.result(), harm.result()
    return "; ".join(f"{name} ({what})" for name, what in zip(pair, told, strict=True))


def _cleared(rig: Rig, act: Act, chance: Random) -> str:
    """The weather ends with it: the others have to become ready again."""
    try:
        return act(rig, chance)
    finally:
        rig.clear_weather()


def _back(rig: Rig, chance: Random) -> str:
    """Starts services, brokers and the database, one kind after the other, with pauses between."""
    kinds: dict[str, Callable[[], None]] = {
        "services": partial(_started, list(rig.town.services.values())),
        "brokers": partial(cluster.restart, rig.stack, rig.stack.brokers),
        "database": rig.stack.database.start,
    }
    order = chance.sample(sorted(kinds), len(kinds))
    for kind in order:
        kinds[kind]()
        time.sleep(chance.uniform(0, 3))
    return ", ".join(order)


@fault(
    "services-killed", "kill -9 of two or three services at the same moment, again and again", cluster=False
)
def services_killed(rig: Rig, chance: Random) -> str:
    dead = []
    for _ in range(chance.randint(2, 4)):
        names = chance.sample(NAMES, chance.randint(2, 3))
        services = [rig.town.services[name] for name in names]
        _killed(services, chance)
        time.sleep(chance.uniform(0, 2))
        _started(services)
        for service in services:
            wait_until(service.is_ready, f"{service.name} is back")
        time.sleep(chance.uniform(0, 4))
        dead.append(" and ".join(names))
    return "; ".join(dead)


@fault("kafka-and-postgresql-gone", "kill -9 of all brokers and of the database; the services live on")
def kafka_and_postgresql_gone(rig: Rig, chance: Random) -> str:
    server, first = rig.stack.database, chance.random() < 0.5
    _killed([*rig.stack.brokers, server], chance)
    away = chance.uniform(1, 20)
    time.sleep(away)
    back: Sequence[Callable[[], object]] = (
        server.start,
        partial(cluster.restart, rig.stack, rig.stack.brokers),
    )
    for come in back if first else reversed(back):
        come()
        time.sleep(chance.uniform(0, 6))
    return f"for {away:.0f} s, {'PostgreSQL' if first else 'Kafka'} came back first"


def _killed(servers: Sequence[ServerProcess], chance: Random) -> None:
    """All at once, as far as one machine can."""
    with ThreadPoolExecutor(len(servers)) as threads:
        for done in [threads.submit(each.kill) for each in chance.sample(servers, len(servers))]:
            done.result()
    for each in servers:
        happened(not each.running, f"{each.name} died")


def _started(services: Sequence[ServiceProcess]) -> None:
    for service in services:
        service.start(wait=False)
