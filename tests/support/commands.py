"""A service's own commands as an operator types them, run against the database of a test."""

import asyncio
from collections.abc import Callable
from typing import Any

import typer
from typer.testing import CliRunner, Result

from chassis.operations.console import WithRunning
from chassis.service import Running


async def typed(running: Running, add: Callable[[typer.Typer, WithRunning], None], *words: str) -> Result:
    """What a command says. It runs in a thread; its work comes back to this loop, where the database is."""
    loop, app = asyncio.get_running_loop(), typer.Typer()

    async def done(work: Callable[[Running], Any]) -> Any:
        return await work(running)

    def with_running(work: Callable[[Running], Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(done(work), loop).result(30)

    add(app, with_running)
    app.command("other")(lambda: None)  # of one command alone typer would not ask the name
    return await asyncio.to_thread(CliRunner().invoke, app, words)
