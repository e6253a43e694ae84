"""A database that was restored from an older backup is brought forward, from what the service itself published.

Its own facts are read back into its states, so that no version is given out twice. What others said it hears
again by itself once it runs, because its positions were restored with it, except for outsiders' records that it
has answered; a service whose own facts build upon
what it heard (notifications) hears it here, so that nothing is sent of which it is not known whether it was.
"""

from dataclasses import dataclass
from datetime import datetime

from chassis.guard import DatabaseSetBack, check_running
from chassis.operations.alone import without_workers
from chassis.operations.answered import remember_answered
from chassis.operations.erased_again import erase_again
from chassis.operations.rebuild import Rebuild
from chassis.operations.restoring import Restored, look_at_others, restore
from chassis.reading import TopicReader
from chassis.service import Running


class CannotRecover(Exception):
    """The recovery was not begun; the text says why and what to do."""


@dataclass(frozen=True)
class Recovered:
    """What came back; ``left`` says why the service would still refuse to write, or None."""

    facts: int
    heard: int
    unknown: list[tuple[str, str]]
    forked: list[tuple[str, str]]
    left: str | None


async def recover(running: Running, lost_at: datetime) -> Recovered:
    """Brings the database forward. Safe to be broken off and begun again.

    ``lost_at`` is when the former database was last written to (real time): what could have been sent until
    then, and of which nobody published what became of it, is held for a person. Raises CannotRecover,
    KafkaError and TimeoutError.
    """
    async with without_workers(running, CannotRecover):
        return await _recovered(running, lost_at)


async def _recovered(running: Running, lost_at: datetime) -> Recovered:
    service, settings, heard = running.service, running.settings, 0
    async with TopicReader(settings.brokers, settings.topic_prefix) as reader:
        await erase_again(running, reader)
        if not service.learning.restoring.first:
            heard = await Rebuild(running).hear(reader, lost_at)
        # Before our own facts are back: broken off here, the guard still knows that the database is behind.
        await _hold_what_is_in_doubt(running, lost_at)
        await remember_answered(running, reader)
        hints = await look_at_others(running, reader)
        restored: Restored = await restore(running, reader, service.says, hints)
    behind = await _still_behind(running)
    return Recovered(restored.facts, heard, sorted(restored.unknown), sorted(restored.forked), behind)


async def _hold_what_is_in_doubt(running: Running, lost_at: datetime) -> None:
    """What our own facts, put back next, tell the end of is in doubt no more."""
    if running.service.learning.in_doubt is not None:
        async with running.pool.acquire() as conn, conn.transaction():
            await running.service.learning.in_doubt(conn, lost_at)


async def _still_behind(running: Running) -> str | None:
    try:
        await check_running(running)
    except DatabaseSetBack as error:
        return error.how_far
    return None
