"""Commands about files that the store has lost: which they are, and giving them up."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import typer

from chassis.decision import Refused
from chassis.operations import audit
from chassis.operations.console import By, Reason, WithRunning, refused
from chassis.service import Running
from services.referrals import storage
from services.referrals.domain.evidence import GiveUpFile, State, StoredFile
from services.referrals.settings import Settings
from services.referrals.vault import StoreAway, Vault

_KEPT: list[State] = ["quarantined", "clean"]
_AT_ONCE = 200
_AWAY = "the place where uploaded files are kept cannot be reached, or does not bear its mark: bring it back first"
All = Annotated[bool, typer.Option("--all", help="also those that were found clean; each is read whole")]
Files = Annotated[list[str], typer.Argument(help="the files' ids, as `check` or the log names them")]
Yes = Annotated[bool, typer.Option("--yes", help="do it; without, only what would be given up is said")]


def add(app: typer.Typer, with_running: WithRunning) -> None:
    """Adds ``evidence check`` and ``evidence give-up``."""
    evidence = typer.Typer(no_args_is_help=True, help="Uploaded files that the store has lost.")
    app.add_typer(evidence, name="evidence")

    @evidence.command("check")
    def check_command(all_: All = False) -> None:
        """Read the files that wait for the scanner, and name those of which the store has nothing, or not the whole."""
        try:
            lines = with_running(lambda running: _lost(running, all_))
        except StoreAway:
            raise refused(f"nothing was read: {_AWAY}") from None
        for line in lines or ["all can be read"]:
            typer.echo(line)

    @evidence.command("give-up")
    def give_up_command(files: Files, by: By, reason: Reason = "", yes: Yes = False) -> None:
        """Give files up that nobody can read any more: whoever looks at the paper is told to send the file again."""
        try:
            lines = with_running(lambda running: _given_up(running, files, by, reason, yes))
        except StoreAway:
            raise refused(f"nothing was given up: {_AWAY}") from None
        except audit.ReasonMissing as error:
            raise refused(f"nothing was given up: {error}") from None
        for line in lines:
            typer.echo(line)
        if not yes:
            typer.echo("Nothing was done: say --yes to do it")


def _vault(running: Running) -> Vault:
    settings = running.settings
    assert isinstance(settings, Settings)
    if not settings.evidence_store:
        raise refused("no files are kept here: REFERRALS_EVIDENCE_STORE is not set")
    return Vault.at(settings.evidence_store, running.seals)


async def _lost(running: Running, all_: bool) -> list[str]:
    vault = _vault(running)
    return [
        f"{file.id}  {await _whose(running, file)}: {why}"
        async for file in _kept(running, _KEPT if all_ else _KEPT[:1])
        if (why := await vault.trouble(file.object, file.key))
    ]


async def _kept(running: Running, states: list[State]) -> AsyncIterator[StoredFile]:
    last = ""
    while True:
        async with running.pool.acquire() as conn:
            files = await storage.kept_after(conn, states, last, _AT_ONCE)
        if not files:
            return
        for file in files:
            yield file
        last = files[-1].id


async def _whose(running: Running, file: StoredFile) -> str:
    async with running.pool.acquire() as conn:
        referral = await storage.by_id(conn, file.referral_id) if file.referral_id else None
    return f"school {file.urn}, {referral.reference if referral else 'a form that was not sent yet'}"


async def _given_up(running: Running, ids: Sequence[str], by: str, reason: str, yes: bool) -> list[str]:
    vault = _vault(running)
    await vault.check()
    if not yes:
        return [await _one(running, vault, id, yes=False) for id in ids]
    async with running.pool.acquire() as conn:
        action = await audit.record(conn, by, "evidence give-up", " ".join(ids), reason)
    lines = [await _one(running, vault, id, yes=True) for id in ids]
    async with running.pool.acquire() as conn:
        await audit.ended(conn, action, "; ".join(lines))
    return lines


async def _one(running: Running, vault: Vault, id: str, *, yes: bool) -> str:
    """What was done with a file, or would be. One that can be read is never given up."""
    async with running.pool.acquire() as conn:
        file = await storage.file_of(conn, id)
        sent_with, following = await storage.belonging(conn, id)
    if file is None or file.state not in _KEPT:
        return f"{id}  stays: no such file is kept here; copy its id letter by letter"
    why = await vault.trouble(file.object, file.key)
    if why is None:
        return f"{id}  stays: it can be read"
    whose = await _whose(running, file)
    if not yes:
        return f"{id}  would be given up, {whose}: {why}"
    try:
        await running.runner.command(GiveUpFile(id, sent_with, following))
    except Refused as refusal:
        return f"{id}  stays: {refusal.detail}"
    return f"{id}  given up, {whose}: {why}"
