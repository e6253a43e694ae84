"""``python -m services.notifications``: serve, migrate, dead letters, the messages that wait, and who read what."""

import typer

from chassis.cli import main
from chassis.operations import reads_command
from chassis.operations.console import WithRunning
from services.notifications import accounts, held, wording
from services.notifications.app import build
from services.notifications.reads import readables
from services.notifications.settings import Settings


def extend(commands: typer.Typer, with_running: WithRunning) -> None:
    """The service's own commands."""
    held.commands(commands, with_running)
    accounts.commands(commands)
    reads_command.add(commands, with_running, readables)
    commands.command("check-words")(wording.check)


if __name__ == "__main__":
    main(build, Settings, extend)
