"""The command that brings in a council's list of open cases. Nobody is told of it, and it is safe to repeat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.decision import Refused
from chassis.operations.console import By, WithRunning, refused
from chassis.service import Running
from services.referrals.bulk import KINDS, Context, looked_at, looked_through
from services.referrals.domain.bulk import BadSheet, RowFault
from services.referrals.domain.intake import Book
from services.referrals.storage.uploads import Row

_SHARE = 50  # cases that one transaction takes in
_SHOWN = 50  # of a kind, in the summary
_LISTED = KINDS["open-cases"]


@dataclass(slots=True)
class Summary:
    """What became of a list: how many were added or there already, and each row that was not taken, with why."""

    added: int = 0
    there: int = 0
    refused: list[tuple[int, tuple[RowFault, ...]]] = field(default_factory=list)
    repeats: list[Row] = field(default_factory=list)

    def lines(self, dry_run: bool) -> Iterator[str]:
        """The same in words."""
        yield f"{self.added:,} {'would be added' if dry_run else 'added'}, {self.there:,} already there"
        if self.repeats:
            yield f"{len(self.repeats):,} left out, since they may be there already: --with-duplicates takes them in"
            for row in self.repeats[:_SHOWN]:
                yield f"  row {row.number}: like {', '.join(row.repeats)}"
            yield from _more(len(self.repeats))
        if self.refused:
            yield f"{len(self.refused):,} refused:"
            for number, faults in self.refused[:_SHOWN]:
                yield from (f"  row {number}, {each.column}: {each.message}" for each in faults)
            yield from _more(len(self.refused))


def _more(number: int) -> Iterator[str]:
    if number > _SHOWN:
        yield f"  … and {number - _SHOWN:,} more"


def add(app: typer.Typer, with_running: WithRunning, books: Callable[[Running], Book]) -> None:
    """The command."""

    @app.command("import-open-cases")
    def take(
        file: Annotated[Path, typer.Argument(help="the list: Excel workbook, CSV or JSON lines")],
        by: By,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
        with_duplicates: Annotated[
            bool, typer.Option("--with-duplicates", help="take in what may be there already, too")
        ] = False,
    ) -> None:
        """Bring in the cases that were open before this service was there. Nobody is told; safe to repeat."""

        async def work(running: Running) -> Summary:
            content = file.read_bytes()
            return await import_cases(running, books(running), content, by, dry_run, with_duplicates)

        try:
            summary = with_running(work)
        except OSError as error:
            raise refused(f"{file.name} cannot be read: {error.strerror}") from None
        except BadSheet as error:
            raise refused(f"{file.name}: {error}.") from None
        typer.echo("\n".join(summary.lines(dry_run)))


async def import_cases(
    running: Running,
    book: Book,
    content: bytes,
    by: str,
    dry_run: bool = False,
    with_duplicates: bool = False,
) -> Summary:
    """Takes in every right row of a list. Raises BadSheet, having changed nothing, where it is no such list."""
    async with running.pool.acquire() as conn:
        context = await Context.of(conn, book, running.clock.now())
        looked = {each.number: each for each in looked_at(context, "open-cases", content)}
        rows = await looked_through(running, conn, book, "", "open-cases", list(looked.values()))
    summary = Summary(refused=[(row.number, row.faults) for row in rows if row.state == "wrong"])
    if not with_duplicates:
        summary.repeats = [row for row in rows if row.state == "repeats"]
    taken = [
        row.number for row in rows if row.state == "right" or (with_duplicates and row.state == "repeats")
    ]
    commands = [
        (number, _LISTED.command(context, _LISTED.id("", number, case), case, by))
        for number in taken
        for case in [looked[number].checked]
    ]
    if dry_run:
        return await _rehearsed(running, commands, summary)
    for start in range(0, len(commands), _SHARE):
        await _taken(running, commands[start : start + _SHARE], summary)
    return summary


async def _rehearsed(running: Running, commands: list[tuple[int, Any]], summary: Summary) -> Summary:
    ids = {command.referral_id for _, command in commands}
    async with running.pool.acquire() as conn:
        summary.there = await conn.fetchval("SELECT count(*) FROM referral WHERE id = ANY($1)", sorted(ids))
    summary.added = len(ids) - summary.there
    summary.there += len(commands) - len(ids)
    return summary


async def _taken(running: Running, commands: list[tuple[int, Any]], summary: Summary) -> None:
    answers = await running.runner.commands([command for _, command in commands])
    for (number, _), answer in zip(commands, answers, strict=True):
        if isinstance(answer, Refused):
            faults = _LISTED.layout.faults(answer.faults, {})
            summary.refused.append(
                (number, faults or (RowFault("the whole row", answer.code, answer.detail),))
            )
        elif answer["there"]:
            summary.there += 1
        else:
            summary.added += 1
