"""The sender: claims a few messages, commits, hands them to a channel, and writes down what became of them.

Between the commit of the claim and the commit of the outcome a message is in one worker's hands. Should
that worker die, nobody can tell whether the mail server said yes, so the message is held for a person:
never sent twice, never forgotten. docs/delivery-guarantees.md says so in plain words.
"""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from time import monotonic, perf_counter
from typing import Any

from opentelemetry.trace import SpanKind

from chassis import metrics
from chassis.database import OUTAGES
from chassis.failpoints import failpoint
from chassis.ids import new_id
from chassis.outbox import Meta
from chassis.runner import Unavailable
from chassis.service import Running
from chassis.telemetry import get_logger, span
from services.notifications import letters, storage
from services.notifications.channels import (
    Channel,
    Failed,
    FakeChannel,
    Letter,
    Result,
    RetryLater,
    Sent,
    Uncertain,
)
from services.notifications.domain.background import entry_of
from services.notifications.domain.hours import next_moment
from services.notifications.domain.message import GiveUp, Message, Outcome, Settle
from services.notifications.settings import Settings
from services.notifications.smtp import SmtpChannel
from services.notifications.storage import Claim
from services.notifications.templates import Templates

log = get_logger(__name__)

FAILPOINTS = ("after-claim", "after-provider-yes")
#: How long a message waits after the server put it off for the first, second, … time (real time, ± 20%).
#: After MOST_TRIES tries, within about a day, a person is asked.
WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800))
IDLE_SECONDS = 0.05
SWEEP_SECONDS = 0.5
MEASURE_SECONDS = 5.0
_LONGEST_PAUSE = 30.0
_MAIL_AWAY = "the mail server cannot be reached, or takes nothing: messages wait, and one at a time is tried"
_AWAY: tuple[type[BaseException], ...] = (*OUTAGES, Unavailable)


def make_channel(settings: Settings) -> Channel:
    """The channel that the settings ask for."""
    return FakeChannel(settings.fake_seconds) if settings.channel == "fake" else SmtpChannel(settings)


class Sender:
    """Several lanes, each with one group of messages in hand, and a sweeper for what got stuck."""

    def __init__(
        self,
        running: Running,
        settings: Settings,
        templates: Templates,
        channel: Channel,
    ) -> None:
        self._running, self._settings = running, settings
        self._templates, self._channel = templates, channel
        self._places = asyncio.Semaphore(settings.at_once)
        self._pause = 0.0

    async def run(self) -> None:
        """Sends until the service stops; what is in hand then is still settled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._settings.lanes):
                    # After a small group it rests, too: each claim costs the same, however few it finds.
                    full = self._settings.group
                    tasks.create_task(self._again_and_again(self.send_group, IDLE_SECONDS, full))
                tasks.create_task(self._again_and_again(self.sweep, SWEEP_SECONDS))
                tasks.create_task(self._again_and_again(self._measure, MEASURE_SECONDS))
        finally:
            await self._channel.close()

    async def _again_and_again(self, work: Callable[[], Awaitable[int]], rest: float, full: int = 1) -> None:
        stopping = self._running.stopping
        while not stopping.is_set():
            try:
                wait = 0.0 if await work() >= full else rest
            except _AWAY as error:
                log.warning("sender_interrupted", error=type(error).__name__)
                wait = 1.0
            wait = max(wait, self._pause)
            if wait:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), wait)

    async def send_group(self) -> int:
        """Claims one group, sends it and settles it; answers how many messages that were."""
        group = await self._claimed()
        if not group:
            return 0
        failpoint("after-claim")
        settled = await asyncio.gather(*(self._sent(*one) for one in group))
        await self._settle(settled, [_cause(claim.message) for claim, _ in group])
        return len(group)

    async def sweep(self) -> int:
        """Holds what a dead worker left behind, and what waits for somebody who cannot be told."""
        async with self._running.pool.acquire() as conn:
            commands: list[object] = [GiveUp(*one) for one in await storage.abandoned(conn)]
            commands += await storage.unreachable(conn)
        for answer in await self._running.runner.commands(commands) if commands else []:
            metrics.DONE.labels("message", str(answer)).inc()
        return len(commands)

    async def _measure(self) -> int:
        async with self._running.pool.acquire() as conn:
            for phase, number in (await storage.unfinished(conn)).items():
                metrics.IN_STATE.labels("message", phase).set(number)
        return 0

    async def _claimed(self) -> list[tuple[Claim, Letter | None]]:
        settings, began, now = self._settings, monotonic(), self._running.clock.now()
        if self._running.backlog.why():
            return []  # what is sent has to be said, and there is no room for it
        async with self._running.pool.acquire() as conn:
            async with conn.transaction():
                most = 1 if self._pause else settings.group
                only_urgent = next_moment(False, now, settings.quiet) > now
                claims = await storage.claim(conn, most, settings.lease, now, only_urgent)
                if not claims:
                    return []
                codes = [secrets.token_urlsafe(16) for _ in claims]
                expires = now + timedelta(days=settings.link_days)
                pairs = [(code, claim.message) for code, claim in zip(codes, claims, strict=True)]
                await storage.add_links(conn, pairs, expires)
            entries = [entry_of(claim.message.destination or "") for claim in claims]
            directory = await storage.directory(conn, entries)
        # Whoever holds the content longer than this must not write it any more.
        until = began + settings.lease_seconds - settings.smtp_seconds - 5
        return [
            (claim, letters.write(self._templates, claim, code, directory, until, self._settings))
            for claim, code in zip(claims, codes, strict=True)
        ]

    async def _sent(self, claim: Claim, letter: Letter | None) -> Settle:
        if letter is None:
            return _settlement(claim, RetryLater("cannot-be-written"))
        async with self._places:
            began = perf_counter()
            parent = claim.message.traceparent
            with span("send", parent, SpanKind.CLIENT, message_id=letter.message_id, fact=letter.fact):
                result = await self._handed_over(letter)
            outcome = type(result).__name__
            metrics.OUTSIDE_SECONDS.labels(self._settings.channel, outcome).observe(perf_counter() - began)
        if isinstance(result, Sent):
            failpoint("after-provider-yes")
        self._notice(result)
        return _settlement(claim, result)

    async def _handed_over(self, letter: Letter) -> Result:
        try:
            return await self._channel.send(letter)
        except Exception as error:  # a bug; what became of the others of the group must still be written down
            log.error("channel_broke", message_id=letter.message_id, error=type(error).__name__)
            return Uncertain("channel-broke")

    def _notice(self, result: Result) -> None:
        """Slows all lanes down while the mail server as a whole is away."""
        if isinstance(result, RetryLater) and not result.tried:
            self._pause = min(_LONGEST_PAUSE, max(0.5, self._pause * 1.5))
            self._running.parts.stopped("mail", _MAIL_AWAY, lasts=2 * _LONGEST_PAUSE)
        else:
            self._pause = 0.0
            self._running.parts.well("mail")

    async def _settle(self, settled: Sequence[Settle], causes: Sequence[Meta]) -> None:
        """Writes down what is known, however long the database is away: it is known here only."""
        while True:
            try:
                answers = await self._running.runner.commands(settled, causes)
                break
            except Unavailable:
                log.warning("outcomes_wait_for_the_database", messages=len(settled))
                await asyncio.sleep(0.5)
        for command, answer in zip(settled, answers, strict=True):
            metrics.DONE.labels("message", str(answer)).inc()
            if command.outcome != "sent":
                log.warning(
                    "message_not_sent", message_id=command.message_id, outcome=command.outcome,
                    reason=command.code, now=answer,
                )  # fmt: skip


def _cause(message: Message) -> Meta:
    return Meta(message.correlation or new_id(), traceparent=message.traceparent)


def _settlement(claim: Claim, result: Result) -> Settle:
    outcome, reason, wait = _outcome(claim.message, result)
    again_at = claim.at + wait if wait is not None else None
    return Settle(claim.message.id, claim.attempt, outcome, reason, again_at)


def _outcome(message: Message, result: Result) -> tuple[Outcome, str | None, timedelta | None]:
    match result:
        case Sent():
            return "sent", None, None
        case Failed(reason):
            return "failed", reason, None
        case Uncertain(reason):
            return "uncertain", reason, None
        case RetryLater(reason, tried):
            wait = WAITS[min(message.tries, len(WAITS)) - 1] if tried else WAITS[0]
            spread = wait * random.uniform(0.8, 1.2)
            return ("not-accepted" if tried else "untouched"), reason, spread


async def unsent(running: Running) -> str | None:
    """Why the service is not idle: messages that are under way or ready to go; None if there are none."""
    settings: Any = running.settings
    now = running.clock.now()
    async with running.pool.acquire() as conn:
        only_urgent = next_moment(False, now, settings.quiet) > now
        waiting = await storage.to_be_sent(conn, now, only_urgent)
    return f"{waiting} messages to be sent" if waiting else None
