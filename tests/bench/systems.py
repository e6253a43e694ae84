"""The two sides of every comparison: the three services, and the bare pipeline."""

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import asyncpg

from deploy.local import Stack
from deploy.local.ports import HOST, accepts, on_free_ports
from deploy.local.process import ServerProcess
from deploy.local.services import NAMES, Town
from deploy.local.supervisor import Supervisor
from tests.bench.bare.plan import TOKEN, Plan, Role, Sizes
from tests.bench.load import Gun, LoadFailed, Shot

ROOT = Path(__file__).parents[2]
#: Both sides claim as many messages at a time, in as many lanes; the provider takes 20 ms for each.
GROUP, LANES, PROVIDER_SECONDS = 100, 2, 0.02
#: How the services are told so. All else is as delivered.
ENVIRONMENT = {
    "notifications": {
        "NOTIFICATIONS_GROUP": str(GROUP),
        "NOTIFICATIONS_LANES": str(LANES),
        "NOTIFICATIONS_AT_ONCE": str(GROUP * LANES),
        "NOTIFICATIONS_FAKE_SECONDS": str(PROVIDER_SECONDS),
    }
}
_DRAIN_SECONDS = 120


class System(Protocol):
    """A pipeline that can be loaded, and asked when each message was accepted by the provider."""

    name: str

    def start(self, processes: int = 1) -> None:
        """Start it, with so many processes at its door, and wait until it is ready."""

    def stop(self) -> None:
        """Stop its processes."""

    def gun(self, connections: int) -> Gun:
        """A client for its door."""

    async def finished(self, shots: Sequence[Shot]) -> list[float]:
        """When the message of each referral was settled, in wall-clock seconds; waits until all are."""

    def cpu(self) -> dict[str, float]:
        """Processor seconds used by each of its processes since they started."""


class Ours:
    """The three services."""

    name = "Fingerpost"

    def __init__(self, town: Town, role: str = "all") -> None:
        self._town, self._role = town, role

    def start(self, processes: int = 1) -> None:
        for service in self._town.services.values():
            service.options = ["--processes", str(processes)]
            service.start(wait=False, role=self._role)
        for service in self._town.services.values():
            service.wait_until_ready()

    def stop(self) -> None:
        self._town.stop()

    def gun(self, connections: int) -> Gun:
        town = self._town
        return Gun(town.referrals.url, "/api/referrals", town.headers("school"), connections)

    def cpu(self) -> dict[str, float]:
        return {name: service.cpu_seconds() for name, service in self._town.services.items()}

    async def finished(self, shots: Sequence[Shot]) -> list[float]:
        references = [self.reference(shot) for shot in shots]
        ids = await self._ids(references)
        conn = await asyncpg.connect(self._town.notifications.dsn)
        try:
            await _until(conn, _OURS_DONE, list(ids.values()))
            rows = await conn.fetch(_OURS_SENT, shots[0].due - 1)
        finally:
            await conn.close()
        at = {row["referral_id"]: row["at"] for row in rows}
        return [at[ids[reference]] for reference in references]

    async def passed(self, shots: Sequence[Shot]) -> None:
        """Waits until the message of each referral is settled; reads nothing that grows with the tables."""
        ids = await self._ids([self.reference(shot) for shot in shots])
        conn = await asyncpg.connect(self._town.notifications.dsn)
        try:
            await _until(conn, _OURS_DONE, list(ids.values()))
        finally:
            await conn.close()

    @staticmethod
    def reference(shot: Shot) -> str:
        """The reference that the door answered with."""
        return str(json.loads(shot.body)["reference"])

    async def _ids(self, references: Sequence[str]) -> dict[str, str]:
        conn = await asyncpg.connect(self._town.referrals.dsn)
        try:
            rows = await conn.fetch(
                "SELECT reference, id FROM referral WHERE reference = ANY($1)", references
            )
        finally:
            await conn.close()
        return {row["reference"]: row["id"] for row in rows}

    async def sizes(self) -> Sizes:
        """What a referral's events and rows weigh, measured on those that have passed so far."""
        values: dict[str, int] = {}
        headers: dict[str, int] = {}
        counts: dict[str, int] = {}
        rows: dict[str, int] = {}
        for name, service in self._town.services.items():
            conn = await asyncpg.connect(service.dsn)
            try:
                for row in await conn.fetch(_WEIGHTS):
                    values[row["kind"]], headers[row["kind"]] = row["value"], row["headers"]
                    counts[row["kind"]] = row["count"]
                for table in _TABLES[name]:
                    weigh = f"SELECT avg(octet_length(state::text))::int FROM {table}"
                    rows[table] = await conn.fetchval(weigh) or 100
            finally:
                await conn.close()
        return Sizes(values, headers, counts, rows)


_TABLES = {
    "referrals": ("referral", "papers", "person"),
    "panels": ("placement_case", "child", "referral_words", "told"),
    "notifications": ("story", "contact", "message"),
}
# Of which the message is not settled yet, or the panel's opening of the case no part of the story.
_OURS_DONE = """
SELECT asked.id FROM unnest($1::text[]) AS asked(id)
WHERE NOT COALESCE((SELECT bool_or(m.phase = 'sent') FROM message m WHERE m.referral_id = asked.id), false)
   OR NOT COALESCE((SELECT s.version >= 3 FROM story s WHERE s.id = asked.id), false)
"""
_OURS_SENT = """
SELECT convert_from(payload, 'UTF8')::json->>'referral_id' AS referral_id,
       extract(epoch FROM created_at)::float8 AS at
FROM (SELECT topic, payload, created_at FROM outbox UNION ALL SELECT topic, payload, created_at FROM outbox_sent) AS o
WHERE topic = 'notifications.v1' AND created_at > to_timestamp($1)
"""
# A header weighs its name and its value; the relay publishes exactly what stands in these rows.
_WEIGHTS = """
SELECT kind, avg(value)::int AS value, avg(headers)::int AS headers, avg(count)::int AS count FROM (
    SELECT octet_length(payload) AS value,
           json_array_length(headers) AS count,
           (SELECT sum(length(h->>0) + length(h->>1)) FROM json_array_elements(headers) AS h) AS headers,
           (SELECT h->>1 FROM json_array_elements(headers) AS h WHERE h->>0 = 'ce_type') AS kind
    FROM (SELECT payload, headers FROM outbox_sent
          WHERE topic <> 'directory.v1' ORDER BY sent_at DESC LIMIT 2000) AS last) AS weighed
GROUP BY kind
"""


async def _until(conn: asyncpg.Connection, question: str, ids: Sequence[str]) -> None:
    """Wait until none of the ids is left that ``question`` asks for. Raises LoadFailed after two minutes.

    Only those are asked for again that were left: what is measured has the same database.
    """
    deadline, left = time.monotonic() + _DRAIN_SECONDS, list(ids)
    while left := [row["id"] for row in await conn.fetch(question, left)]:
        if time.monotonic() > deadline:
            raise LoadFailed(f"{len(left)} of {len(ids)} referrals did not get through in time")
        await asyncio.sleep(0.3)


class BareProcess(ServerProcess):
    """One process of the bare pipeline."""

    def __init__(self, plan: Callable[[int], Plan], supervisor: Supervisor, folder: Path, role: str) -> None:
        super().__init__(f"bare {role}", supervisor, folder)
        self._plan, self._role = plan, role
        self.port = 0

    def twin(self, number: int) -> "BareProcess":
        """One more of the same, on the same database. Nothing of it runs yet."""
        folder = self.folder / str(number)
        folder.mkdir(exist_ok=True)
        return BareProcess(self._plan, self._supervisor, folder, self._role)

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "tests.bench.bare"]

    def environment(self) -> Mapping[str, str]:
        return {"BARE_PLAN": self._plan(self.port).dump(), "PYTHONPATH": str(ROOT)}

    def is_ready(self) -> bool:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            said = log.read()
        return b"ready" in said and (not self.port or accepts(f"{HOST}:{self.port}"))


class Bare:
    """The bare pipeline, or only its door; ``plain``: without what made the services' own door and loop quicker."""

    def __init__(
        self,
        stack: Stack,
        prefix: str,
        sizes: Sizes,
        folder: Path,
        *,
        door_only: bool = False,
        plain: bool = False,
    ) -> None:
        self.name = "plain" if plain else "bare"
        self._supervisor = Supervisor(folder, temporary=False)
        self._processes: dict[str, BareProcess] = {}
        #: Those that share the door with the first one, where several do.
        self._twins: list[BareProcess] = []
        self._dsn: dict[str, str] = {}
        roles: tuple[Role, ...] = ("referrals",) if door_only else NAMES  # type: ignore[assignment]
        for role in roles:
            database = f"{prefix.strip('.')}_{role}"
            dsn = stack.create_database(database, database, secrets.token_urlsafe(16))
            (folder / role).mkdir(parents=True, exist_ok=True)

            def plan(port: int, role: Role = role, dsn: str = dsn) -> Plan:
                one = Plan(role, dsn, stack.bootstrap, prefix, port, sizes, GROUP, LANES, PROVIDER_SECONDS)
                return replace(one, door_only=door_only, plain=plain)

            self._dsn[role] = dsn
            self._processes[role] = BareProcess(plan, self._supervisor, folder / role, role)

    def start(self, processes: int = 1) -> None:
        first = self._processes["referrals"]
        self._twins = [first.twin(n) for n in range(1, processes)]

        def begin(ports: list[int]) -> None:
            for door in (first, *self._twins):
                door.port = ports[0]
            for process in self._every():
                process.start(wait=False)
            for process in self._every():
                process.wait_until_ready()

        on_free_ports(1, begin)

    def stop(self) -> None:
        for process in self._every():
            process.stop()

    def _every(self) -> list[BareProcess]:
        return [*self._processes.values(), *self._twins]

    def close(self) -> None:
        """End its processes for good."""
        self._supervisor.close()

    def gun(self, connections: int) -> Gun:
        url = f"http://{HOST}:{self._processes['referrals'].port}"
        return Gun(url, "/api/referrals", {"Authorization": f"Bearer {TOKEN}"}, connections)

    def cpu(self) -> dict[str, float]:
        used = {role: process.cpu_seconds() for role, process in self._processes.items()}
        return used | {"referrals": used["referrals"] + sum(twin.cpu_seconds() for twin in self._twins)}

    async def finished(self, shots: Sequence[Shot]) -> list[float]:
        ids = [json.loads(shot.body)["reference"] for shot in shots]
        conn = await asyncpg.connect(self._dsn["notifications"])
        try:
            await _until(conn, _BARE_DONE, ids)
            rows = await conn.fetch(
                "SELECT id, extract(epoch FROM sent_at)::float8 AS at FROM message WHERE id = ANY($1)", ids
            )
        finally:
            await conn.close()
        at = {row["id"]: row["at"] for row in rows}
        return [at[id] for id in ids]


_BARE_DONE = """
SELECT asked.id FROM unnest($1::text[]) AS asked(id)
WHERE COALESCE((SELECT m.phase FROM message m WHERE m.id = asked.id), '') <> 'sent'
   OR (SELECT s.id FROM state s WHERE s.id = 'opened:' || asked.id) IS NULL
"""
