"""``python -m services.notifications``: serve, migrate, dead letters, the messages that wait, and who read what."""

import typer

from chassis.cli import main
from chassis.operations import reads_command
from chassis.operations.console import WithRunning
from services.notifications import held, wording
from services.notifications.app import build
from services.notifications.reads import readables
from services.notifications.settings import Settings


def extend(commands: typer.Typer, with_running: WithRunning) -> None:
    """The service's own commands."""
    held.commands(commands, with_running)
    _of_notify(commands)
    reads_command.add(commands, with_running, readables)
    commands.command("check-words")(wording.check)


def _of_notify(commands: typer.Typer) -> None:
    """``notify check``. Notify's client takes memory, and not every council sends by it: loaded when asked for."""
    notify = typer.Typer(no_args_is_help=True, help="The council's account at GOV.UK Notify.")
    commands.add_typer(notify, name="notify")

    @notify.callback()
    def group() -> None:
        """So that ``check`` is a word of its own."""

    @notify.command("check")
    def check() -> None:
        """Ask Notify whether each way's template is there and holds the right placeholders."""
        from services.notifications import accounts

        accounts.check()


if __name__ == "__main__":
    main(build, Settings, extend)
