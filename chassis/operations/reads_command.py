"""``access-log``: who read what about a referral in this service, for a family or an auditor."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

import asyncpg
import typer

from chassis.calendar import LONDON
from chassis.csv_table import csv_table
from chassis.operations.console import WithRunning, connected, refused
from chassis.staff import COLLEAGUES
from chassis.storage import Connection

_HEADER = ("when", "who", "roles", "what")
_READS = """
SELECT l.at, l.who, words.words, s.state
FROM unnest($1::text[], $2::text[], $3::text[]) AS words(what, id, words)
JOIN access_log l ON l.what = words.what AND l.subject = words.id
LEFT JOIN staff s ON l.who = 'staff:' || s.id
ORDER BY l.at DESC, l.id DESC
"""


@dataclass(frozen=True, slots=True)
class Readable:
    """Something about a child that can be read here: as the record of reads calls it, its id, and in words."""

    what: str
    id: str
    words: str


#: What can be read here of the referral with this reference; nothing where none is known.
Readables = Callable[[Connection, str], Awaitable[Sequence[Readable]]]


def add(app: typer.Typer, with_running: WithRunning, readables: Readables) -> None:
    """Adds ``access-log --referral REFERENCE``."""

    @app.command("access-log")
    def access_log(
        referral: Annotated[str, typer.Option(help="a referral's reference, such as 823A-JCTY-TG28")],
    ) -> None:
        """Who read what about a referral here and when, as CSV: for a family, or for an auditor."""
        about = with_running(connected(lambda conn: readables(conn, referral.strip().upper())))
        if not about:
            raise refused(
                "Nothing is known here of a referral with this reference: check it letter by letter."
            )
        typer.echo(with_running(connected(lambda conn: _table(conn, about))), nl=False)


async def _table(conn: Connection, about: Iterable[Readable]) -> str:
    whats, ids, words = zip(*((each.what, each.id, each.words) for each in about), strict=True)
    rows = await conn.fetch(_READS, list(whats), list(ids), list(words))
    return csv_table([_HEADER, *(_line(row) for row in rows)])


def _line(row: asyncpg.Record) -> tuple[str, ...]:
    when = row["at"].astimezone(LONDON).strftime("%Y-%m-%d %H:%M:%S")
    if row["state"] is None:
        return when, row["who"], "a program", row["words"]
    person = COLLEAGUES.read(row["state"])
    return when, person.name, ", ".join(dict.fromkeys(grant.role for grant in person.grants)), row["words"]
