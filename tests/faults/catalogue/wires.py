"""What happens between a service and what it needs: connections break, fall silent, or crawl."""

import time
from collections.abc import Callable, Sequence
from random import Random

from deploy.local.services import NAMES
from tests.faults.fault import fault, wait_until
from tests.faults.rig import Rig
from tests.support.proxy import Wire

#: How the weather is made, and what a wire has felt of it then.
Weather = tuple[str, Callable[[Wire, Random], object], tuple[str, ...]]
WEATHERS: Sequence[Weather] = (
    ("cut", lambda wire, _: wire.cut(), ("cut", "refused")),
    ("silent", lambda wire, _: wire.silence(), ("to-server held", "to-client held")),
    ("unheard", lambda wire, _: wire.silence("to-server"), ("to-server held",)),
    ("unanswered", lambda wire, _: wire.silence("to-client"), ("to-client held",)),
    ("cut-short", lambda wire, chance: wire.lose(chance.choice((0.01, 0.05, 0.3)), chance), ("lost",)),
    ("slow", lambda wire, chance: wire.slow(chance.uniform(0.02, 0.3), 50_000), ("delayed",)),
)
_SAYS = {
    "cut": "connections are reset, and refused for some seconds",
    "silent": "nothing passes either way, for shorter or longer than what gives up",
    "unheard": "nothing passes towards the server",
    "unanswered": "nothing passes towards the service",
    "cut-short": "connections are reset when something was asked and done, in the place of its answer",
    "slow": "everything crawls",
}


def _add(what: str, weather: Weather, pick: Callable[[Rig, Random], tuple[str, list[Wire]]]) -> None:
    kind, make, feels = weather

    @fault(f"{what.lower()}-{kind}", f"{what}: {_SAYS[kind]}", cluster=what == "Kafka")
    def act(rig: Rig, chance: Random) -> str:
        whose, wires = pick(rig, chance)
        seconds = chance.choice((chance.uniform(1, 5), chance.uniform(6, 14), chance.uniform(18, 36)))
        before = [wire.felt.copy() for wire in wires]
        for wire in wires:
            make(wire, chance)
        time.sleep(seconds)
        wait_until(
            lambda: any((wire.felt - old).total() for wire, old in zip(wires, before, strict=True)),
            f"{whose} felt that the way to {what} was {kind}: {feels}",
        )
        return f"{whose}, {seconds:.0f} s"


def _to_kafka(rig: Rig, chance: Random) -> tuple[str, list[Wire]]:
    """One service or all of them, from one broker or the whole cluster."""
    names = _services(chance)
    if chance.random() < 0.7:
        return ", ".join(names), rig.wires.to_kafka(*names)
    broker = chance.choice((1, 2, 3))
    return f"{', '.join(names)} and broker {broker}", [rig.wires.kafka[name, broker] for name in names]


def _to_postgres(rig: Rig, chance: Random) -> tuple[str, list[Wire]]:
    names = _services(chance)
    return ", ".join(names), rig.wires.to_postgres(*names)


def _services(chance: Random) -> Sequence[str]:
    return NAMES if chance.random() < 0.3 else [chance.choice(NAMES)]


for _weather in WEATHERS:
    _add("Kafka", _weather, _to_kafka)
for _weather in WEATHERS:
    _add("PostgreSQL", _weather, _to_postgres)
