"""``publish-again`` and ``read-again``: after Kafka has lost the end of a log, or its beginning."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from chassis.operations import audit
from chassis.operations.alone import without_workers
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.operations.lost_end import (
    CannotBeginAgain,
    CutOff,
    Found,
    Sent,
    look,
    ours,
    publish_again,
    read_again,
    sent,
)
from chassis.outages import AWAY, why
from chassis.service import Running

T = TypeVar("T")
DryRun = Annotated[bool, typer.Option(help="only say what would happen; change nothing")]
Written = Annotated[list[str], typer.Argument(help="topics that this service writes, such as referrals.v1")]
Heard = Annotated[
    list[str] | None,
    typer.Argument(
        help="topics that this service hears; left out, those made anew, or that end before what was read of them"
    ),
]
WithoutBeginning = Annotated[
    bool, typer.Option(help="give up what was deleted before it was read: go on where each log begins now")
]


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``publish-again`` and ``read-again``."""
    app.command("publish-again")(_publisher(with_running))
    app.command("read-again")(_reader(with_running))


def _publisher(with_running: WithRunning) -> Callable[..., None]:
    def publish_again_command(topics: Written, by: By, reason: Reason = "", dry_run: DryRun = False) -> None:
        """Publish again what was sent on these topics in the last 14 days. Stop every worker of the service first."""
        facts: list[Sent] = _asked(
            with_running, "published", lambda running: _published(running, topics, by, reason, dry_run)
        )
        for each in facts:
            typer.echo(f"{each.topic}: {each.facts} facts, the first of {each.since:%Y-%m-%d %H:%M}Z")
        for topic in sorted(set(topics) - {each.topic for each in facts}):
            typer.echo(f"{topic}: nothing was sent in the last 14 days")
        typer.echo(
            "nothing was changed"
            if dry_run or not facts
            else "they are published when the service starts; let all who hear them read them again first"
        )

    return publish_again_command


def _reader(with_running: WithRunning) -> Callable[..., None]:
    def read_again_command(
        by: By,
        topics: Heard = None,
        reason: Reason = "",
        dry_run: DryRun = False,
        without_beginning: WithoutBeginning = False,
    ) -> None:
        """Read topics from their beginning, when the service starts. Stop every worker of the service first."""
        found: Found = _asked(
            with_running,
            "changed",
            lambda running: _begun(running, topics or [], by, reason, dry_run, without_beginning),
        )
        for name in found.anew:
            typer.echo(f"{name} was deleted and made anew since it was read")
        for short in found.short:
            topic, partition = short.partition
            typer.echo(f"{topic}/{partition} ends at {short.end}, but {short.read} were read")
        for cut in found.cut_off:
            typer.echo(_in_words(cut, given_up=without_beginning))
        if not found.topics:
            typer.echo("no log was made anew or ends before what was read of it: nothing is to be read again")
        elif dry_run:
            typer.echo(f"would be read from the beginning: {', '.join(found.topics)}; nothing was changed")
        else:
            typer.echo(f"read from the beginning when the service starts: {', '.join(found.topics)}")

    return read_again_command


def _in_words(cut: CutOff, *, given_up: bool) -> str:
    topic, partition = cut.partition
    what_of_it = "given up" if given_up else "--without-beginning gives them up"
    return f"{topic}/{partition}: {cut.unread} were deleted before they were read: {what_of_it}"


def _asked(with_running: WithRunning, what: str, work: Callable[[Running], Awaitable[T]]) -> T:
    """Does ``work``, or says why nothing was done."""
    try:
        done: T = with_running(work)
        return done
    except (CannotBeginAgain, audit.ReasonMissing) as error:
        raise refused(f"nothing was {what}: {error}") from None
    except AWAY as error:
        raise refused(f"nothing was {what}: {why(error)}. Mend that, then run the command again") from None


async def _published(running: Running, topics: list[str], by: str, reason: str, dry_run: bool) -> list[Sent]:
    ours(running.name, running.service.says, "write", topics)
    if dry_run:
        async with running.pool.acquire() as conn:
            return await sent(conn, topics)
    async with without_workers(running, CannotBeginAgain), running.pool.acquire() as conn, conn.transaction():
        facts = await sent(conn, topics)
        outcome = f"{sum(each.facts for each in facts)} facts"
        await audit.record(conn, by, "publish-again", ", ".join(topics), reason, outcome)
        await publish_again(conn, topics)
    return facts


async def _begun(
    running: Running, topics: list[str], by: str, reason: str, dry_run: bool, without_beginning: bool
) -> Found:
    ours(running.name, running.service.hears, "hear", topics)
    if dry_run:
        return await look(running, topics, without_beginning=without_beginning)
    async with without_workers(running, CannotBeginAgain):
        found = await look(running, topics, without_beginning=without_beginning)
        if found.topics:
            async with running.pool.acquire() as conn, conn.transaction():
                outcome = _outcome(found, given_up=without_beginning)
                await audit.record(conn, by, "read-again", ", ".join(found.topics), reason, outcome)
                await read_again(conn, found, without_beginning=without_beginning)
    return found


def _outcome(found: Found, *, given_up: bool) -> str:
    outcome = f"{len(found.short)} partitions had ended too early, {len(found.cut_off)} began too late"
    outcome += f", made anew: {', '.join(found.anew)}" if found.anew else ""
    return outcome + (f": {sum(cut.unread for cut in found.cut_off)} records given up" if given_up else "")
