"""What an operator does after a fault: the services' own commands, as docs/operations.md gives them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

import asyncpg

from chassis import dead_letters
from deploy.local.services import ServiceProcess, Town
from schemas.services import SERVICES
from tests.faults.fault import happened

SECONDS = 180.0
WHY = "planted by a fault"
_PARKED = """
SELECT id, topic, partition, record_at, key, fingerprint FROM dead_letter WHERE status = 'parked' ORDER BY id
"""


@dataclass(frozen=True)
class Letter:
    """A dead letter that is parked with one service; ``place`` is topic, partition and offset."""

    id: int
    place: tuple[str, int, int]
    key: str
    fingerprint: str


def hearers(topic: str) -> list[str]:
    """The services that hear this topic (without prefix)."""
    return [name for name, one in SERVICES.items() if topic in {heard.name for heard in one.hears}]


@cache
def known_types(name: str) -> frozenset[str]:
    """The types of events that a service knows; it passes over those of others, whatever they hold."""
    asked = f"import services.{name}.app; from schemas.envelope import REGISTRY; print(*REGISTRY)"
    return frozenset(
        subprocess.run(
            [sys.executable, "-c", asked], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def command(service: ServiceProcess, *words: str) -> str:
    """Runs ``python -m services.<name> …``; answers what it printed. Raises NotBroughtAbout if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", f"services.{service.name}", *words],
        env={**os.environ, **service.environment()},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    happened(done.returncode == 0, f"{service.name} {' '.join(words)}: {done.stderr.strip()[-300:]}")
    return done.stdout


def parked(service: ServiceProcess) -> list[Letter]:
    """What is parked with this service just now."""
    rows = asyncio.run(_fetched(service.dsn, _PARKED))
    return [
        Letter(r["id"], (r["topic"], r["partition"], r["record_at"]), r["key"], r["fingerprint"])
        for r in rows
    ]


async def _fetched(dsn: str, query: str) -> Sequence[asyncpg.Record]:
    conn = await asyncpg.connect(dsn)
    try:
        rows: Sequence[asyncpg.Record] = await conn.fetch(query)
        return rows
    finally:
        await conn.close()


def discard(town: Town, name: str, letters: Collection[Letter]) -> None:
    """Gives these up: the first by the command, the others, to save time, by what the command does."""
    service = town.services[name]
    for letter in list(letters)[:1]:
        command(service, "dead-letters", "discard", str(letter.id), "--reason", WHY, "--by", "operator")
    asyncio.run(_discarded(service.dsn, [letter.id for letter in list(letters)[1:]]))


async def _discarded(dsn: str, ids: Sequence[int]) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        for id in ids:
            await dead_letters.discard(conn, id, "operator", WHY)
    finally:
        await conn.close()


def redrive(town: Town, name: str) -> str:
    """Applies what waited behind a record that was given up; answers what the command said."""
    words = ("dead-letters", "redrive", "--reason", "what stood before it is settled", "--by", "operator")
    return command(town.services[name], *words).strip()
