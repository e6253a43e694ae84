"""What the operators' commands share: running against the service's database, and how they speak."""

import getpass
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer
import typer.core

from chassis.outages import AWAY, why
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


#: What a command is told in a sentence, for a traceback helps nobody.
_BREAKS_OFF: tuple[type[BaseException], ...] = (KeyboardInterrupt, *AWAY)


def refused(sentence: str, status: int = 2) -> typer.Exit:
    """Says on the error output why nothing was done; raise what this answers."""
    typer.echo(sentence, err=True)
    return typer.Exit(status)


class Plain(typer.core.TyperGroup):
    """Commands that an outage or Ctrl-C ends with a sentence. A service that is served writes its log instead."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command that was named."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever reads what it prints has gone, as `head` does: that is no outage
        except _BREAKS_OFF as error:
            if ctx.invoked_subcommand == "serve":
                raise
            raise _broken_off(error) from None


def _broken_off(error: BaseException) -> typer.Exit:
    if isinstance(error, KeyboardInterrupt):
        return refused("broken off by hand: what was done stays done. Run the command again", 130)
    return refused(f"broken off: {why(error)}. Mend that, then run the command again")
