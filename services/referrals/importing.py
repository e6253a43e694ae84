"""The command that brings in a council's list of open cases. Nobody is told of it, and it is safe to repeat."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.decision import Refused
from chassis.ids import new_id
from chassis.once import Item
from chassis.operations.console import By, WithRunning, refused
from chassis.outbox import Meta
from chassis.service import Running
from services.referrals.bulk import KINDS, Context, looked_at, looked_through
from services.referrals.domain.book import Book
from services.referrals.domain.bulk import BadSheet, RowFault
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
    take = _rehearsed if dry_run else _done
    for (number, _), answer in zip(
        commands, await take(running, [each for _, each in commands]), strict=True
    ):
        _note(summary, number, answer)
    return summary


async def _done(running: Running, commands: Sequence[Any]) -> list[Any]:
    """What each is answered, or why it is refused."""
    answers: list[Any] = []
    for start in range(0, len(commands), _SHARE):
        answers += await running.runner.commands(commands[start : start + _SHARE])
    return answers


async def _rehearsed(running: Running, commands: Sequence[Any]) -> list[Any]:
    """The same, by a transaction that leaves nothing behind."""
    items = [Item(command, Meta(new_id())) for command in commands]
    async with running.pool.acquire() as conn:
        attempt = conn.transaction()
        await attempt.start()
        try:
            for start in range(0, len(items), _SHARE):
                await running.work.run(conn, items[start : start + _SHARE])
        finally:
            await attempt.rollback()
    failed = next((each.error for each in items if each.error and not isinstance(each.error, Refused)), None)
    if failed is not None:
        raise failed
    return [each.error or each.answer for each in items]


def _note(summary: Summary, number: int, answer: Any) -> None:
    if isinstance(answer, Refused):
        faults = _LISTED.layout.faults(answer.faults, {})
        summary.refused.append((number, faults or (RowFault("the whole row", answer.code, answer.detail),)))
    elif answer["there"]:
        summary.there += 1
    else:
        summary.added += 1
