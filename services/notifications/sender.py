"""The sender: claims a few messages, commits, hands them to a channel, and writes down what became of them.

Between the commit of the claim and the commit of the outcome a message is in one worker's hands. Should
that worker die, nobody can tell whether the mail server said yes, so the message is held for a person:
never sent twice, never forgotten. docs/delivery-guarantees.md says so in plain words.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic, perf_counter

from opentelemetry.trace import SpanKind

from chassis import metrics
from chassis.database import OUTAGES
from chassis.failpoints import failpoint
from chassis.ids import new_id
from chassis.outbox import Meta
from chassis.pause import pause
from chassis.runner import Unavailable
from chassis.service import Running
from chassis.storage import Connection, StateUnreadable
from chassis.tasks import failed
from chassis.telemetry import get_logger, span
from schemas.notifications_v1 import Way
from services.notifications import letters, storage, timely
from services.notifications.asking import Asking
from services.notifications.channels import (
    Channel,
    Letter,
    Result,
    RetryLater,
    Sent,
    Uncertain,
)
from services.notifications.domain.background import entry_of
from services.notifications.domain.course import Timetable
from services.notifications.domain.message import Message
from services.notifications.domain.outcomes import CLOSES, Settle
from services.notifications.measuring import measure
from services.notifications.pauses import Announcing, Pauses
from services.notifications.settings import Settings
from services.notifications.settling import settlement
from services.notifications.storage import Claim
from services.notifications.templates import Templates

log = get_logger(__name__)

FAILPOINTS = ("after-claim", "after-provider-yes")
IDLE_SECONDS = 0.05
SWEEP_SECONDS = 0.5
MEASURE_SECONDS = 5.0
ASK_SECONDS = 5.0
ANNOUNCE_SECONDS = 1.0
#: After these the others of a batch are done, or nobody's are: what is left comes again.
_AWAY: tuple[type[BaseException], ...] = (*OUTAGES, Unavailable, StateUnreadable)


class Sender:
    """Several lanes, each with one group of messages in hand, and a sweeper for what got stuck."""

    def __init__(
        self,
        running: Running,
        settings: Settings,
        templates: Templates,
        channels: Mapping[Way, Channel],
    ) -> None:
        self._running, self._settings = running, settings
        self._templates, self._channels = templates, channels
        self._timetable = Timetable(templates.tellings)
        self._providers: dict[Way, str] = {way: channel.name for way, channel in channels.items()}
        self._places = asyncio.Semaphore(settings.at_once)
        self._pauses = Pauses(running.parts)
        self._announcing = Announcing(running)
        self._asking = Asking(running, channels)
        self._turn, self._claim_at = asyncio.Lock(), 0.0
        self._measure = partial(measure, running, templates.small)

    async def run(self) -> None:
        """Sends until the service stops; what is in hand then is still settled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(self._settings.lanes):
                    tasks.create_task(self._again_and_again(self._in_turn, rest=0.0))
                tasks.create_task(self._again_and_again(self.sweep, SWEEP_SECONDS))
                tasks.create_task(self._again_and_again(self._asking.receipts, ASK_SECONDS, full=50))
                tasks.create_task(self._again_and_again(self._measure, MEASURE_SECONDS))
                tasks.create_task(self._again_and_again(self.announce, ANNOUNCE_SECONDS))
        finally:
            for channel in set(self._channels.values()):
                await channel.close()

    async def _again_and_again(self, work: Callable[[], Awaitable[int]], rest: float, full: int = 1) -> None:
        stopping = self._running.stopping
        while not stopping.is_set():
            try:
                wait = 0.0 if await work() >= full else rest
            except _AWAY as error:
                log.warning("sender_interrupted", error=type(error).__name__)
                wait = 1.0
            except Exception as error:  # what the lanes have in hand goes on: it could never be written down
                wait = failed(self._running, work, error)
            wait = max(wait, self._pauses.of_all(self._providers.values()))
            if wait:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), wait)

    async def send_group(self) -> int:
        """Claims one group, sends it and settles it; answers how many messages that were."""
        return await self._send(await self._claimed())

    async def _in_turn(self) -> int:
        """A lane's next group. The lanes claim one after the other, and after a small group none of them does for
        a moment: a claim costs the same, however few it finds."""
        async with self._turn:
            await pause(self._running.stopping, self._claim_at - monotonic())
            if self._running.stopping.is_set():
                return 0
            group = await self._claimed()
            self._claim_at = monotonic() + (IDLE_SECONDS if len(group) < self._settings.group else 0.0)
        return await self._send(group)

    async def _send(self, group: Sequence[tuple[Claim, Letter | None]]) -> int:
        if not group:
            return 0
        failpoint("after-claim")
        settled = await asyncio.gather(*(self._sent(*one) for one in group))
        await self._settle(settled, [_cause(claim.message) for claim, _ in group])
        return len(group)

    async def sweep(self) -> int:
        """Holds what a dead worker left behind, and what waits for somebody who cannot be told."""
        async with self._running.pool.acquire() as conn:
            left = await storage.abandoned(conn)
            commands: list[object] = [*await storage.unreachable(conn), *await storage.stopped(conn)]
        commands = await self._asking.abandoned(left) + commands
        for answer in await self._running.runner.commands(commands) if commands else []:
            metrics.DONE.labels("message", str(answer)).inc()
        return len(commands)

    async def announce(self) -> int:
        """Has the pages of every process know which providers are away."""
        return await self._announcing.say(self._pauses.away())

    async def _claimed(self) -> list[tuple[Claim, Letter | None]]:
        """A group in this worker's hands. All that is asked is asked before the claim is committed: what fails after
        that leaves messages of which nobody knows."""
        settings, began, now = self._settings, monotonic(), self._running.clock.now()
        if self._running.backlog.why():
            return []  # what is sent has to be said, and there is no room for it
        claims: list[Claim] = []
        try:
            async with self._running.pool.acquire() as conn, conn.transaction():
                claims += await self._taken(conn, now)
                codes = await self._linked(conn, claims, now)
                told = [one for claim in claims for one in (claim.message, *claim.others)]
                entries = [entry_of(one.destination or "") for one in told]
                directory = await storage.directory(conn, entries) if entries else {}
        except OUTAGES:
            await self._give_back(claims)
            raise
        # Whoever holds the content longer than this must not write it any more.
        until = began + settings.lease_seconds - settings.longest_wait - 5
        return [
            (claim, letters.write(self._templates, claim, code, directory, until, settings))
            for claim, code in zip(claims, codes, strict=True)
        ]

    async def _linked(self, conn: Connection, claims: Sequence[Claim], now: datetime) -> list[str]:
        """The code of a link of its own for each message."""
        codes = [secrets.token_urlsafe(16) for _ in claims]
        pairs = [(code, claim.message) for code, claim in zip(codes, claims, strict=True)]
        if pairs:
            await storage.add_links(conn, pairs, now + timedelta(days=self._settings.link_days))
        return codes

    async def _give_back(self, claims: Sequence[Claim]) -> None:
        """After a COMMIT of which nobody heard. Where the claim is on disk, nothing of it was handed to anybody."""
        untouched = RetryLater("claim-not-heard-of", tried=False)
        settled = [
            replace(self._settlement(claim, untouched), carried=claim.message.carries) for claim in claims
        ]
        if settled:
            await self._settle(settled, [_cause(claim.message) for claim in claims])

    async def _taken(self, conn: Connection, now: datetime) -> list[Claim]:
        """A group of messages that are this worker's now, with those that go along."""
        settings = self._settings
        most = 1 if self._pauses.of_all(self._providers.values()) else settings.group
        only_urgent, steps = timely.may_go(self._templates.small, now, settings)
        claims = await storage.claim(conn, most, settings.lease, now, only_urgent, self._providers, steps)
        claims = await timely.looked_at(conn, claims, self._timetable)
        is_worth_it = partial(timely.is_worth_it, self._templates, now)
        return await storage.take_along(conn, claims, steps, is_worth_it)

    async def _sent(self, claim: Claim, letter: Letter | None) -> Settle:
        settled = await self._tried(claim, letter)
        return replace(settled, carried=claim.message.carries)

    async def _tried(self, claim: Claim, letter: Letter | None) -> Settle:
        if why := timely.not_told(self._templates, claim, self._running.clock.now()):
            # Nobody is told that it was never told of what its provider has sent all the same.
            kept = await self._asking.kept(claim.message) if why in CLOSES else None
            return self._settlement(claim, kept) if kept else Settle(claim.message.id, claim.attempt, why)
        if letter is None:
            return self._settlement(claim, RetryLater("cannot-be-written"))
        provider = claim.message.provider
        async with self._places:
            if self._pauses.left(provider):  # perhaps since this one began to wait for its place
                return self._settlement(claim, RetryLater("provider-away", tried=False))
            began = perf_counter()
            parent = claim.message.traceparent
            with span("send", parent, SpanKind.CLIENT, message_id=letter.message_id, fact=letter.fact):
                result = await self._handed_over(letter)
            outcome = type(result).__name__
            metrics.OUTSIDE_SECONDS.labels(self._settings.channel, outcome).observe(perf_counter() - began)
            self._pauses.notice(provider, result)
        if isinstance(result, Sent):
            failpoint("after-provider-yes")
        return self._settlement(claim, result)

    def _settlement(self, claim: Claim, result: Result) -> Settle:
        left = timedelta(seconds=self._pauses.left(claim.message.provider))
        return settlement(claim, result, self._channels, self._settings.ask_after, left)

    async def _handed_over(self, letter: Letter) -> Result:
        try:
            return await self._channels[letter.channel].send(letter)
        except Exception as error:  # a bug; what became of the others of the group must still be written down
            log.error("channel_broke", message_id=letter.message_id, error=type(error).__name__)
            return Uncertain("channel-broke")

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
