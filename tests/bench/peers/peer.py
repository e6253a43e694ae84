"""What is measured: a peer's processes on the stack, or Fingerpost's."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.local import Stack
from deploy.local.ports import HOST, accepts
from deploy.local.process import ServerProcess
from deploy.local.supervisor import Supervisor
from tests.bench.load import Gun, LoadFailed, Shot
from tests.bench.peers.environment import ROOT
from tests.bench.peers.provider import Provider

_DRAIN_SECONDS = 60
PATH = "/api/referrals"


class Subject(Protocol):
    """Something that takes referrals and sends messages."""

    processes: Sequence[ServerProcess]
    #: Seconds after which it takes up again what a killed process had in hand, and a margin.
    patience: float

    def start(self) -> None:
        """Start its processes and wait until they are ready."""

    def stop(self) -> None:
        """Stop its processes."""

    @property
    def url(self) -> str:
        """The address of its door."""

    def headers(self) -> Mapping[str, str]:
        """What its door asks for."""

    def gun(self, connections: int) -> Gun:
        """A client for its door."""

    async def finished(self, shots: Sequence[Shot]) -> list[float]:
        """When each referral's message was sent, in wall-clock seconds; waits until all are."""

    def held(self) -> set[str]:
        """The references whose message waits for a person, since nobody can know whether it was sent."""


@dataclass(frozen=True)
class Recipe:
    """How a peer is run: commands by role, and one that makes its tables. ``programs`` is where they are."""

    name: str
    setting: str
    packages: tuple[str, ...]
    module: str
    notes: str
    patience: float = 10.0
    commands: Callable[[Path, str, str], Mapping[str, list[str]]] | None = None
    needs_kafka: bool = False
    needs_redis: bool = False


def by_role(programs: Path, module: str, port: str) -> Mapping[str, list[str]]:
    """The commands of a peer whose module takes the role as its argument, and its port from the environment."""
    start = [str(programs / "python"), "-m", f"tests.bench.peers.apps.{module}"]
    return {role: [*start, role] for role in ("prepare", "web", "panels", "notifications")}


class PeerProcess(ServerProcess):
    """One of a peer's processes. It is ready when its port accepts, or when it says so in its log."""

    def __init__(
        self,
        role: str,
        command: Sequence[str],
        settings: Mapping[str, str],
        supervisor: Supervisor,
        folder: Path,
    ) -> None:
        super().__init__(role, supervisor, folder)
        folder.mkdir(parents=True, exist_ok=True)
        self._command, self._settings = command, settings

    def command(self) -> Sequence[str]:
        return self._command

    def environment(self) -> Mapping[str, str]:
        return self._settings

    def is_ready(self) -> bool:
        if self.name == "web":
            return accepts(f"{HOST}:{self._settings['PEER_PORT']}")
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return b"ready" in log.read()


class Peer:
    """A peer as its recipe says, with a database of its own."""

    def __init__(
        self,
        recipe: Recipe,
        stack: Stack,
        settings: Mapping[str, str],
        programs: Path,
        provider: Provider,
        supervisor: Supervisor,
        folder: Path,
    ) -> None:
        """Makes its database and tables."""
        database = f"{settings['PEER_PREFIX']}{recipe.module}".replace(".", "_")
        dsn = stack.create_database(database, database, secrets.token_urlsafe(16))
        commands = dict((recipe.commands or by_role)(programs, recipe.module, settings["PEER_PORT"]))
        known = {
            **settings,
            "PEER_DSN": dsn,
            "PEER_SETTING": recipe.setting,
            "PEER_PROVIDER_PORT": str(provider.port),
            "PYTHONPATH": str(ROOT),
        }
        self._provider, self._port, self.patience = provider, settings["PEER_PORT"], recipe.patience
        folder.mkdir(parents=True, exist_ok=True)
        supervisor.run(commands.pop("prepare"), folder / "prepare.log", known)
        self.processes: Sequence[ServerProcess] = [
            PeerProcess(role, command, known, supervisor, folder / role) for role, command in commands.items()
        ]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    def headers(self) -> Mapping[str, str]:
        return {}

    def start(self) -> None:
        for process in self.processes:
            process.start(wait=False)
        for process in self.processes:
            process.wait_until_ready()

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    def gun(self, connections: int) -> Gun:
        return Gun(self.url, PATH, {}, connections)

    async def finished(self, shots: Sequence[Shot]) -> list[float]:
        ids = [json.loads(shot.body)["reference"] for shot in shots]
        deadline = time.monotonic() + _DRAIN_SECONDS
        while missing := set(ids) - (taken := self._provider.taken()).keys():
            if time.monotonic() > deadline:
                raise LoadFailed(f"{len(missing)} of {len(ids)} referrals did not get through in time")
            await asyncio.sleep(0.2)
        return [taken[id][0] for id in ids]

    def held(self) -> set[str]:
        return set()
