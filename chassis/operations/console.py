"""What the operators' commands share: running against the service's database, and how they speak."""

import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from chassis.service import Running
from chassis.storage import Connection

#: Runs work against the service's database and answers what it answers.
WithRunning = Callable[[Callable[[Running], Awaitable[Any]]], Any]

By = Annotated[str, typer.Option("--by", help="who decides this; recorded", default_factory=getpass.getuser)]
Reason = Annotated[str, typer.Option("--reason", help="why; recorded")]


def connected(work: Callable[[Connection], Awaitable[Any]]) -> Callable[[Running], Awaitable[Any]]:
    """The same work, given a connection."""

    async def on_a_connection(running: Running) -> Any:
        async with running.pool.acquire() as conn:
            return await work(conn)

    return on_a_connection


def refused(sentence: str, status: int = 2) -> typer.Exit:
    """Says on the error output why nothing was done; raise what this answers."""
    typer.echo(sentence, err=True)
    return typer.Exit(status)
