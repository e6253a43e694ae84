"""A service's own commands as an operator types them, in this process or in one of their own."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from chassis.operations.console import WithRunning
from chassis.service import Running
from deploy.local.supervisor import Supervisor

_SECONDS = 300


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


def printed(service: str, *words: str, env: Mapping[str, str], status: int = 0) -> str:
    """What ``python -m services.<service> <words>`` prints; ``env`` is its whole environment.

    Raises AssertionError with what it printed where it does not end with ``status``.
    """
    with tempfile.NamedTemporaryFile() as output:
        asked = Supervisor.popen(
            [sys.executable, "-m", f"services.{service}", *words],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
        ended: int = asked.wait(_SECONDS)
        said = Path(output.name).read_text(encoding="utf-8")
    assert ended == status, f"status {ended}\n{said}"
    return said
