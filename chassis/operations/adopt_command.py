"""``adopt``: gives a database another authority or other topics, on purpose."""

from dataclasses import dataclass
from typing import Annotated

import typer

from chassis.identity import Identity, change, noted
from chassis.operations import audit
from chassis.operations.alone import without_workers
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.service import Running
from chassis.storage import Connection

DryRun = Annotated[bool, typer.Option(help="only say what would change; change nothing")]


class CannotAdopt(Exception):
    """Nothing was changed; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """Whose the database was, and whose the settings say that it is."""

    before: Identity | None
    now: Identity


def add(app: typer.Typer, with_anyones: WithRunning) -> None:
    """Adds ``adopt``. ``with_anyones`` runs work against the database whosever it is."""

    @app.command("adopt")
    def adopt_command(by: By, reason: Reason = "", dry_run: DryRun = False) -> None:
        """Give the database the authority and topic prefix of the settings. Stop all processes of the service first."""
        try:
            adopted: Adopted = with_anyones(lambda running: adopt(running, by, reason, dry_run=dry_run))
        except (CannotAdopt, audit.ReasonMissing) as error:
            raise refused(f"nothing was changed: {error}") from None
        if adopted.before == adopted.now:
            typer.echo(f"it is the database of {adopted.now} already: nothing was changed")
            return
        typer.echo(f"it {'is' if dry_run else 'was'} the database of {adopted.before or 'nobody'}")
        typer.echo(f"it {'would be' if dry_run else 'is'} the one of {adopted.now}")
        if adopted.before and adopted.before.topic_prefix != adopted.now.topic_prefix:
            typer.echo(
                "all that it hears is read from the beginning of the new topics; what is known is a repeat"
            )


async def adopt(running: Running, by: str, reason: str, *, dry_run: bool = False) -> Adopted:
    """Gives the database the identity that the settings say. Raises CannotAdopt, ReasonMissing.

    The places up to which topics were read say nothing of other topics: with another prefix all are read from the
    beginning.
    """
    ours = running.identity
    async with without_workers(running, CannotAdopt), running.pool.acquire() as conn, conn.transaction():
        theirs = await noted(conn)
        if theirs is not None and theirs.service != ours.service:
            raise CannotAdopt(f"this database is the one of {theirs}: name the right one")
        if theirs == ours or dry_run:
            return Adopted(theirs, ours)
        await audit.record(conn, by, "adopt", str(ours), reason, f"was {theirs or 'nobody'}'s")
        await change(conn, ours)
        if theirs is not None and theirs.topic_prefix != ours.topic_prefix:
            await _read_from_the_beginning(conn)
    return Adopted(theirs, ours)


async def _read_from_the_beginning(conn: Connection) -> None:
    """As one who has never read. Dead letters give up their places: other records stand there in the new topics."""
    await conn.execute("DELETE FROM partition_position")
    await conn.execute("DELETE FROM heard_log")
    await conn.execute("UPDATE dead_letter SET record_at = -id")
