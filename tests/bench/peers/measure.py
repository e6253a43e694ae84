"""How fast: as fast as it goes first, then at a constant rate that it keeps up with."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.bench.forms import forms
from tests.bench.load import LoadFailed, accepted
from tests.bench.peers.peer import Subject

_CONNECTIONS = 64
_MOST = 8000
#: What a rate has to keep to be called sustained.
P99_SECONDS = 1.0
#: Each try offers so much of the one before.
_STEP = 0.75


@dataclass(frozen=True)
class Effort:
    """How much is done: seconds of each load, and tries to find a rate that is kept up with."""

    burst_seconds: float
    constant_seconds: float
    tries: int


@dataclass(frozen=True)
class Speed:
    """``burst`` and ``rate`` in referrals a second; milliseconds of processor a referral, by whose they are."""

    burst: float
    rate: float | None
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    servers_cpu_ms: float | None


def measure(subject: Subject, effort: Effort, servers: Callable[[], float | None]) -> Speed:
    """Starts the subject, loads it, stops it. ``servers`` answers the servers' processor seconds so far."""
    subject.start()
    try:
        _fast(subject, 50)
        pilot = _fast(subject, 150)
        own, theirs = _cpu(subject), servers()
        number = min(_MOST, max(200, int(pilot * effort.burst_seconds)))
        burst = _fast(subject, number)
        own, after = _cpu(subject) - own, servers()
        rate, waits = _sustained(subject, burst, effort)
    finally:
        subject.stop()
    return Speed(
        burst,
        rate,
        1000 * waits[len(waits) // 2],
        1000 * waits[int(0.99 * len(waits))],
        1000 * own / number,
        None if theirs is None or after is None else 1000 * (after - theirs) / number,
    )


def _fast(subject: Subject, number: int) -> float:
    async def go() -> float:
        bodies, began = forms(number), time.time()
        shots = accepted(await subject.gun(_CONNECTIONS).burst(bodies))
        return number / (max(await subject.finished(shots)) - began)

    return asyncio.run(go())


def _sustained(subject: Subject, burst: float, effort: Effort) -> tuple[float | None, list[float]]:
    """The first rate offered whose p99 stays within the bound, and the sorted waits at the last one offered."""
    offered, waits = 0.9 * burst, [0.0]
    for _ in range(effort.tries):
        waits = asyncio.run(_waits(subject, offered, effort.constant_seconds))
        if waits[int(0.99 * len(waits))] < P99_SECONDS:
            return offered, waits
        offered *= _STEP
    return None, waits


async def _waits(subject: Subject, rate: float, seconds: float) -> list[float]:
    """From the moment each referral was due until its message was sent, in seconds, sorted."""
    shots = accepted(await subject.gun(_CONNECTIONS).constant(forms(max(50, int(rate * seconds))), rate))
    ends = await subject.finished(shots)
    if not ends:
        raise LoadFailed("no referral was offered")
    return sorted(end - shot.due for end, shot in zip(ends, shots, strict=True))


def _cpu(subject: Subject) -> float:
    return sum(process.cpu_seconds() for process in subject.processes)
