"""Commands for the messages that wait for a person, one by one, and for pausing all sending."""

import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from chassis.decision import Refused
from chassis.service import Running
from services.notifications import acting, storage
from services.notifications.domain.by_hand import Release, SettleByHand
from services.notifications.domain.pausing import Pause, PauseAll, ResumeAll

WithRunning = Callable[[Callable[[Running], Awaitable[Any]]], Any]
_Reason = Annotated[str, typer.Option("--reason", help="why; kept with the message")]
_By = Annotated[str, typer.Option("--by", help="who decides this; kept", default_factory=getpass.getuser)]


def commands(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``held list | show | release | settle`` and ``sending show | pause | resume``."""
    _sending(app, with_running)
    held = typer.Typer(no_args_is_help=True, help="Messages that wait for a person's decision.")
    app.add_typer(held, name="held")

    @held.command("list")
    def list_command(
        failed: Annotated[bool, typer.Option(help="also those that were refused for good")] = True,
    ) -> None:
        """Held (and failed) messages, oldest first, without anybody's address."""
        rows = with_running(lambda running: _listed(running, ["held", "failed"] if failed else ["held"]))
        for row in rows:
            typer.echo(
                f"{row['id']}  {row['phase']:<6}  {row['why']:<20}  {row['fact']:<20}  {row['reference']}"
            )
        typer.echo(f"{len(rows)} wait for a person" if rows else "nothing is held")

    @held.command("show")
    def show_command(message: str) -> None:
        """One message: its state, why it is held, who has done what about it."""
        row = with_running(lambda running: _shown(running, message))
        if row is None:
            raise typer.Exit(_say(f"there is no message {message}: see `held list`"))
        for name, value in row.items():
            typer.echo(f"{name:>16}  {'' if value is None else value}")

    @held.command("release")
    def release_command(message: str, reason: _Reason, by: _By) -> None:
        """Send it (again). Only after making sure that the family has not had it already."""
        _done(with_running, message, Release(message, by, reason))

    @held.command("settle")
    def settle_command(
        message: str,
        reason: _Reason,
        by: _By,
        told: Annotated[
            bool, typer.Option("--told/--not-told", help="told in another way, or not to be told")
        ] = True,
    ) -> None:
        """Close it without sending: the family was told in another way, or is not to be told."""
        _done(with_running, message, SettleByHand(message, told, by, reason))


def _sending(app: typer.Typer, with_running: WithRunning) -> None:
    sending = typer.Typer(no_args_is_help=True, help="All sending: pause it, and resume it without loss.")
    app.add_typer(sending, name="sending")

    @sending.command("show")
    def show_command() -> None:
        """Whether it is paused, and every turn of it."""
        pause = with_running(_paused)
        for turn in pause.turns:
            typer.echo(f"{turn.at:%Y-%m-%d %H:%M}  {turn.did:<8}  {turn.who:<20}  {turn.why}")
        typer.echo("all sending is paused" if pause.paused else "messages are sent")

    @sending.command("pause")
    def pause_command(reason: _Reason, by: _By) -> None:
        """From now on no family is told anything. Nothing is lost: it waits."""
        _turned(with_running, PauseAll(by, reason))

    @sending.command("resume")
    def resume_command(reason: _Reason, by: _By) -> None:
        """Everything that waits goes out again, each message once."""
        _turned(with_running, ResumeAll(by, reason))


async def _paused(running: Running) -> Pause:
    async with running.pool.acquire() as conn:
        return await storage.pause(conn)


def _turned(with_running: WithRunning, command: object) -> None:
    try:
        typer.echo(f"all sending is {with_running(lambda running: running.runner.command(command))}")
    except Refused as refused:
        raise typer.Exit(_say(f"not done: {refused.detail}")) from None


async def _listed(running: Running, phases: list[str]) -> list[dict[str, Any]]:
    async with running.pool.acquire() as conn:
        return await storage.messages(conn, phases, most=1000)


async def _shown(running: Running, id: str) -> dict[str, Any] | None:
    async with running.pool.acquire() as conn:
        return await storage.message(conn, id)


def _done(with_running: WithRunning, id: str, command: acting.Act) -> None:
    try:
        phase = with_running(lambda running: acting.done(running, command))
    except Refused as refused:
        raise typer.Exit(_say(f"not done: {refused.detail}")) from None
    typer.echo(f"{id} is {phase}")


def _say(sentence: str) -> int:
    typer.echo(sentence, err=True)
    return 2
