"""The record of reads in words, as it can be given to a family or an auditor: who, as what, what and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from chassis.calendar import LONDON
from chassis.csv_table import csv_table
from chassis.storage import Connection
from services.referrals.domain.book import Book
from services.referrals.domain.staff.members import Staff
from services.referrals.domain.staff.tokens import ApiToken
from services.referrals.domain.staff.words import role_words, scope_words
from services.referrals.storage import access_log, staff, tokens
from services.referrals.storage.access_log import About, Read

_WHAT = {
    "referral": "Read the referral",
    "child": "Read the child's page",
    "evidence": "Opened a file",
    "access-log": "Looked at this record",
    "glass": "Opened the restricted case",
    "search": "Found the child by a search",
    "draft": "Read the form before it was sent",
    "person-export": "Took a copy of all that is held, to hand it on",
    "upload": "Looked a list through before it was sent",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One reading in words. ``when`` is London time to the second."""

    when: str
    who: str
    role: str
    what: str
    referral: str


async def disclosed(conn: Connection, book: Book, about: Sequence[About]) -> list[Line]:
    """Everything that was read of these things, the latest first."""
    found = await access_log.reads(conn, [each.id for each in about])
    people = await staff.people(conn, _ids(found, "staff:"))
    systems = await tokens.named(conn, _ids(found, "token:"))
    references = {each.id: each.reference or "" for each in about}
    return [
        Line(_when(read.at), *_who(read, people, systems, book), _what(read), references[read.subject])
        for read in found
    ]


def as_csv(lines: Iterable[Line]) -> str:
    """The same as a table."""
    names = [field.name for field in fields(Line)]
    return csv_table([names, *([getattr(line, name) for name in names] for line in lines)])


def _ids(found: Iterable[Read], kind: str) -> set[str]:
    return {read.who.removeprefix(kind) for read in found if read.who.startswith(kind)}


def _who(read: Read, people: dict[str, Staff], systems: dict[str, ApiToken], book: Book) -> tuple[str, str]:
    kind, _, id = read.who.partition(":")
    if kind == "staff" and id in people:
        return people[id].name, _roles(people[id], read.at, book)
    if kind == "token" and id in systems:
        return systems[id].name, f"System of {scope_words(systems[id].urn, book)}"
    return read.who, "Program"


def _roles(person: Staff, at: datetime, book: Book) -> str:
    return "; ".join(
        dict.fromkeys(role_words(g.role, g.scope, book) for g in person.grants if g.was_held_at(at))
    )


def _what(read: Read) -> str:
    return _WHAT.get(read.what, read.what)


def _when(moment: datetime) -> str:
    return moment.astimezone(LONDON).strftime("%Y-%m-%d %H:%M:%S")
