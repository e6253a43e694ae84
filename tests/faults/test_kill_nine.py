"""Each service is killed (SIGKILL) at each of its worst moments, under load, and nothing is lost or doubled.

The moments are the failpoints: named places in the chassis and in the sender, which do nothing unless a test
arms one. Killed at such a place the process writes the name down first, so that each test knows it was there.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from deploy.local import Stack
from deploy.local.services import ServiceProcess, Town, start_services
from tests.faults.load import Load
from tests.faults.oracle import Findings, drain, examine
from tests.support.ledger import Ledger
from tests.support.mail import MailSink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

FAMILIES = 40
DRAIN_SECONDS = 60.0
START_SECONDS = 60.0
#: The shortest lease that the settings allow for a mail server that is given one second.
HASTE = {
    "NOTIFICATIONS_SMTP_SECONDS": "1",
    "NOTIFICATIONS_LEASE_SECONDS": "9",
    "NOTIFICATIONS_GROUP": "4",
}


@dataclass(frozen=True)
class Death:
    """One service dies at one point, when it is reached for the n-th time since its start."""

    service: str
    point: str
    turn: int = 1


#: What dies in one round: services side by side, the deaths of one service one after the other.
#: The turns are chosen past what a service does at its start: it publishes a directory, it makes sittings.
ROUNDS: Sequence[Sequence[Sequence[Death]]] = (
    (
        (Death("referrals", "mid-batch", 9),),
        (Death("panels", "mid-batch", 5),),
        (Death("notifications", "mid-batch", 5), Death("notifications", "after-claim", 2)),
    ),
    (
        (Death("referrals", "after-commit", 9),),
        (Death("panels", "after-commit", 5),),
        (Death("notifications", "after-commit", 5), Death("notifications", "after-provider-yes", 3)),
    ),
    (
        (Death("referrals", "after-publish", 5),),
        (Death("panels", "after-publish", 2),),
        (Death("notifications", "after-publish", 3),),
    ),
)


@dataclass
class Grave:
    """What is known of one death: whether its point was reached."""

    death: Death
    reached: Path

    @property
    def is_dug(self) -> bool:
        """Whether the process said, just before it died, that it was there."""
        return self.reached.exists() and self.reached.read_text().split() == [self.death.point]


@dataclass
class Round:
    """One round's deaths, and what came of them."""

    graves: list[Grave] = field(default_factory=list)
    recovery: float = 0.0
    findings: Findings = field(default_factory=Findings)


class Killer(Thread):
    """Arms services, waits for their deaths, and starts them again, each as soon as it is dead."""

    def __init__(self, town: Town, folder: Path, chains: Sequence[Sequence[Death]]) -> None:
        super().__init__(daemon=True)
        self._town, self._folder = town, folder
        self._waiting = {chain[0].service: list(chain) for chain in chains}
        self.graves: list[Grave] = []
        for name in self._waiting:
            town.services[name].stop()
            self._arm(name)
        for name in self._waiting:
            _wait_for_start(town.services[name])

    @property
    def is_done(self) -> bool:
        """Whether every death has happened and every service was started again."""
        return not any(self._waiting.values())

    def run(self) -> None:
        """Until every death has happened."""
        while not self.is_done:
            for name, left in self._waiting.items():
                if left and not self._town.services[name].running:
                    self._revive(name, left)
            time.sleep(0.05)

    def _revive(self, name: str, left: list[Death]) -> None:
        """Starts a dead service again, armed for its next death if one is left."""
        if len(left) > 1:
            left.pop(0)
            self._arm(name)
        else:
            self._town.services[name].start(wait=False)
            left.pop(0)

    def _arm(self, name: str) -> None:
        death = self._waiting[name][0]
        grave = Grave(death, self._folder / f"{uuid4().hex}.reached")
        self.graves.append(grave)
        env = {
            "FINGERPOST_FAILPOINT": f"{death.point}:{death.turn}",
            "FINGERPOST_FAILPOINT_REACHED": str(grave.reached),
        }
        self._town.services[name].start(wait=False, env=env)


def _wait_for_start(service: ServiceProcess) -> None:
    """Until it is ready, or dead already."""
    end = time.monotonic() + START_SECONDS
    while service.running and not service.is_ready():
        assert time.monotonic() < end, f"{service.name} did not become ready"
        time.sleep(0.05)


@pytest.fixture
def sink() -> Iterator[MailSink]:
    with MailSink(seconds=0.02) as running:
        yield running


@pytest.fixture
def town(stack: Stack, sink: MailSink, tmp_path: Path) -> Iterator[Town]:
    prefix = f"kill{uuid4().hex[:6]}."
    env = {"notifications": HASTE}
    with start_services(stack, prefix=prefix, smtp=sink.address, env=env, folder=tmp_path) as running:
        yield running


def test_killed_at_its_worst_moments_no_service_loses_or_doubles_anything(
    town: Town, sink: MailSink, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger()
    load = Load(town, ledger)
    rounds = []
    drain(town, DRAIN_SECONDS)
    for chains in ROUNDS:
        rounds.append(_played(town, load, tmp_path, chains))
        rounds[-1].findings = examine(town, ledger, sink)
    with capsys.disabled():
        print(f"\n{_table(rounds)}\n{len(ledger.families)} families, {dict(ledger.outcomes())}")
    for one in rounds:
        assert all(grave.is_dug for grave in one.graves)
        assert one.findings.broken == []
    assert ledger.outcomes()["ok"] > 2 * FAMILIES
    assert sum(operation.attempts > 1 for operation in ledger.operations) > 0, "nobody had to ask again"


def _played(town: Town, load: Load, folder: Path, chains: Sequence[Sequence[Death]]) -> Round:
    killer = Killer(town, folder, chains)
    killer.start()
    load.run(FAMILIES, lambda: killer.is_done)
    began = time.monotonic()
    for service in town.services.values():
        service.wait_until_ready()
    drain(town, DRAIN_SECONDS)
    return Round(killer.graves, time.monotonic() - began)


def _table(rounds: Sequence[Round]) -> str:
    lines = [f"{'kill -9 at':<34} {'reached':>7} {'lost':>5} {'doubled':>8} {'held':>5} {'recovery':>9}"]
    held = 0
    for one in rounds:
        new, held = one.findings.held - held, one.findings.held
        for grave in one.graves:
            where = f"{grave.death.service}, {grave.death.point}"
            lines.append(
                f"{where:<34} {'yes' if grave.is_dug else 'NO':>7} {one.findings.lost:>5} "
                f"{one.findings.doubled:>8} {new:>5} {one.recovery:>7.1f} s"
            )
    return "\n".join(lines)
