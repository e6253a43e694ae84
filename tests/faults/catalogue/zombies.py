"""What happens to processes that freeze with something in their hands, and wake when others have gone on."""

import time
from pathlib import Path
from random import Random

from deploy.local.services import NAMES, ServiceProcess
from tests.faults.catalogue.kills import POINTS
from tests.faults.catalogue.workers import end_sessions
from tests.faults.database import execute
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig
from tests.faults.stalled import BEFORE_PUBLISH, start_stalling

#: Long enough for PostgreSQL to end by itself what says nothing for 40 seconds, or for a minute in a transaction.
GIVES_UP_SECONDS = 90.0
_STANDING = "SELECT count(*) FROM outbox WHERE created_at < '{}'"
_NOW = "SELECT clock_timestamp()::text"
_COLLEAGUE = """[[staff]]
subject = "idp|zombie-{number}"
name = "Robin Marsh"
email = "robin@fingerpost.example"
[[staff.roles]]
role = "{role}"
"""


@fault("frozen-in-hand", "a process freezes with work in its hands, another one takes over, and it wakes")
def frozen_in_hand(rig: Rig, chance: Random) -> str:
    """With facts that it has read, or sent; in a transaction, or after its commit; with a message, sent or not."""
    points = {BEFORE_PUBLISH: ("", NAMES, 6)} | POINTS
    point = chance.choice(sorted(points))
    _, names, most = points[point]
    victim = rig.town.services[chance.choice(names)]
    turn = chance.randint(1, most)
    start_stalling(victim, f"{point}:{turn}")
    wait_until(lambda: victim.paused, f"{victim.name} froze at {point}", 90)
    with rig.second_worker(victim.name, "all"):
        lost = _overtaken(victim, chance)
        time.sleep(chance.uniform(1, 8))
        happened(victim.paused, f"{victim.name} was frozen all the time")
        victim.resume()
        time.sleep(chance.uniform(2, 6))
    return f"{victim.name} at {point}:{turn}{lost}"


@fault(
    "relay-overtaken",
    "a relay freezes with a person's details in its hands, newer ones are published, and it wakes",
)
def relay_overtaken(rig: Rig, chance: Random) -> str:
    """On a compacted topic the older version would stand last, for good."""
    victim = rig.town.services["referrals"]
    colleague, roles = chance.getrandbits(32), chance.sample(("sali-officer", "chair", "panel-member"), 3)
    start_stalling(victim, f"{BEFORE_PUBLISH}:1", "staff.v1")
    victim.wait_until_ready()
    _appointed(victim, colleague, roles[0])
    wait_until(lambda: victim.paused, "the relay froze", 90)
    with rig.second_worker(victim.name, "all"):
        lost = _overtaken(victim, chance)
        for role in roles[1 : chance.randint(2, 3)]:
            _appointed(victim, colleague, role)
        _published(victim)
        happened(victim.paused, "the relay was frozen all the time")
        victim.resume()
        time.sleep(chance.uniform(2, 6))
    return f"by {victim.name}{lost}"


def _overtaken(victim: ServiceProcess, chance: Random) -> str:
    """Another process has published what this one held. Half of the time the host of this one is lost, too."""
    lost = chance.random() < 0.5
    if lost:
        happened(end_sessions(victim), f"{victim.name} had sessions to lose")
    _published(victim)
    return ", its database sessions ended" if lost else ""


def _published(service: ServiceProcess) -> None:
    standing = _STANDING.format(execute(service.admin_dsn, _NOW))
    wait_until(lambda: not execute(service.admin_dsn, standing), "another relay took over", GIVES_UP_SECONDS)


def _appointed(service: ServiceProcess, number: int, role: str) -> None:
    """By the operator's command, from a process of its own."""
    operator = service.twin()
    file = Path(operator.folder) / "staff.toml"
    file.write_text(_COLLEAGUE.format(number=number, role=role), encoding="utf-8")
    operator.operate("staff", "load", str(file))
