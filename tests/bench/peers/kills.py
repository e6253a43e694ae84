"""What becomes of referrals while each process is killed in turn: the same schedule for everyone."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import httpx2

from tests.bench.forms import forms
from tests.bench.peers.peer import PATH, Subject
from tests.bench.peers.provider import Provider

_ROUNDS = 3
_TIMEOUT_SECONDS, _TRY_FOR_SECONDS, _PAUSE_SECONDS = 10.0, 60.0, 0.25
_DRAIN_SECONDS = 90.0


@dataclass(frozen=True)
class Schedule:
    """So many referrals, so many a second; a kill every ``gap`` seconds, the first one gap after the start."""

    referrals: int
    rate: float
    gap: float


@dataclass(frozen=True)
class Toll:
    """Of ``acknowledged`` referrals: how many were never sent, sent more than once, held for a person."""

    acknowledged: int
    lost: int
    doubled: int
    held: int


def killed(subject: Subject, provider: Provider, schedule: Schedule) -> Toll:
    """Starts the subject, kills it by the schedule, waits until it is at rest, and counts."""
    subject.start()
    try:
        asyncio.run(_warm_up(subject))
        before = provider.taken().keys()
        references = asyncio.run(_under_fire(subject, schedule))
        _drain(subject, provider)
        held, taken = subject.held(), provider.taken()
    finally:
        subject.stop()
    sent = Counter({reference: len(times) for reference, times in taken.items() if reference not in before})
    return Toll(
        acknowledged=len(references),
        lost=len(references - sent.keys() - held),
        doubled=sum(1 for times in sent.values() if times > 1),
        held=len(held),
    )


async def _warm_up(subject: Subject) -> None:
    await subject.finished(await subject.gun(8).burst(forms(30)))


async def _under_fire(subject: Subject, schedule: Schedule) -> set[str]:
    """The references of all referrals that were answered with 202."""
    limits = httpx2.Limits(max_connections=200)
    async with httpx2.AsyncClient(timeout=_TIMEOUT_SECONDS, limits=limits) as client:
        began, asked = time.monotonic(), list[asyncio.Task[str | None]]()
        killer = asyncio.create_task(_kill(subject, schedule.gap))
        for number, form in enumerate(forms(schedule.referrals)):
            await asyncio.sleep(max(0.0, began + number / schedule.rate - time.monotonic()))
            asked.append(asyncio.create_task(_ask(client, subject, form)))
        answers = await asyncio.gather(*asked)
        await killer
    return {answer for answer in answers if answer is not None}


async def _ask(client: httpx2.AsyncClient, subject: Subject, form: bytes) -> str | None:
    """Tries again under the same key until it is answered with 202, for up to a minute."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": uuid4().hex, **subject.headers()}
    end = time.monotonic() + _TRY_FOR_SECONDS
    while time.monotonic() < end:
        with suppress(httpx2.HTTPError):
            answer = await client.post(f"{subject.url}{PATH}", content=form, headers=headers)
            if answer.status_code == 202:
                return str(answer.json()["reference"])
        await asyncio.sleep(_PAUSE_SECONDS)
    return None


async def _kill(subject: Subject, gap: float) -> None:
    """Each process in turn, and it is started again at once, without waiting until it is ready."""
    began = time.monotonic()
    for number, process in enumerate(list(subject.processes) * _ROUNDS, 1):
        await asyncio.sleep(max(0.0, began + number * gap - time.monotonic()))
        await asyncio.to_thread(process.kill)
        await asyncio.to_thread(process.start, False)


def _drain(subject: Subject, provider: Provider) -> None:
    """Until nothing more has been sent or held for as long as the subject takes to take up what was left."""
    for process in subject.processes:
        process.wait_until_ready()
    end, last, still = time.monotonic() + _DRAIN_SECONDS, -1, time.monotonic()
    while time.monotonic() < min(end, still + subject.patience):
        done = sum(map(len, provider.taken().values())) + len(subject.held())
        if done != last:
            last, still = done, time.monotonic()
        time.sleep(0.5)
