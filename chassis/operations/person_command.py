"""``person export``: what is held about one person, for whoever has a right to it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from chassis.operations import audit
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.operations.exporting import Export, NobodyKnown, export
from chassis.persons import FilesAway
from chassis.service import Running

_NAME = "person"
Out = Annotated[
    Path, typer.Option("--out", help="the archive to write, such as person.zip; must not exist yet")
]
Referral = Annotated[
    list[str] | None,
    typer.Option("--referral", help="a referral's id, for a child whom this service cannot tell by it"),
]


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``person export``."""
    group(app).command("export")(_exporter(with_running))


def group(app: typer.Typer) -> typer.Typer:
    """The commands about one person; made where there are none yet."""
    for each in app.registered_groups:
        if each.name == _NAME and each.typer_instance is not None:
            return each.typer_instance
    person = typer.Typer(no_args_is_help=True, help="What is held about one person.")
    app.add_typer(person, name=_NAME)
    return person


def _exporter(with_running: WithRunning) -> Callable[..., None]:
    def export_command(id: str, out: Out, by: By, reason: Reason, referral: Referral = None) -> None:
        """Everything held here about the person with this id, as a zip to read. Recorded as a reading."""
        if not out.parent.is_dir():
            raise refused(f"not written: there is no folder {out.parent}; make it, or name another")
        if not os.access(out.parent, os.W_OK):
            raise refused(f"not written: nobody may write into the folder {out.parent}; name another")
        if out.exists():
            raise refused(f"not written: there is a file {out.name} already; name another")
        try:
            done: Export = with_running(lambda running: _exported(running, id, referral or [], by, reason))
        except NobodyKnown:
            raise refused(
                "Nothing is held here under this id: copy it from the child's page, letter by letter."
            ) from None
        except audit.ReasonMissing as error:
            raise refused(f"not written: {error}") from None
        except FilesAway:
            raise refused(
                "not written: the files cannot be reached where they are kept; do it again when they can"
            ) from None
        _write(out, done.archive)
        typer.echo(
            f"wrote {done.rows} records and {done.files} files to {out}: read it before you hand it on"
        )
        if done.scope.referrals:
            asked = " ".join(f"--referral {each}" for each in done.scope.referrals)
            typer.echo(f"for the other services: person export {id} {asked} --out …")

    return export_command


def _write(out: Path, archive: bytes) -> None:
    """Writes it for this user alone. Where there is no room for all of it, nothing of it stays."""
    file = os.open(out, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with open(file, "wb") as opened:
            opened.write(archive)
    except OSError:
        out.unlink()
        raise


async def _exported(running: Running, id: str, referrals: list[str], by: str, why: str) -> Export:
    async with running.pool.acquire() as conn:
        action = await audit.record(conn, by, "person export", id, why)
    done = await export(running, id, referrals, by)
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, f"{done.rows} records, {done.files} files")
    return done
