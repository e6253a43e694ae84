"""What a service holds about a person, as data: the tables, which of their rows, and what may be shown of these.

An export, an erasure and the record of what is kept where all work from this one list.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from chassis.sealing import KeyRings
from chassis.storage import Connection

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scope:
    """The ids under which a person's data stand.

    ``persons`` are all records of that one person; ``referrals`` those about them, which only a child has; ``others``
    are persons who are known here by nothing but these referrals. An export leaves them out.
    """

    persons: tuple[str, ...]
    referrals: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def is_own(self, person_id: object) -> bool:
        """Whether it is this very person's id."""
        return person_id in self.persons


def _whole(row: Row, scope: Scope) -> Row | None:
    return row


@dataclass(frozen=True, slots=True)
class Holding:
    """Rows of one table that are about a person.

    ``about`` is the SQL condition that finds them: $1 the ids of persons, $2 those of referrals, ``t`` the table.
    ``shown`` takes out of a row what is somebody else's, or answers None where nothing is left; ``hidden`` columns
    say nothing to anybody (keys, hashes) and are never shown. Rows that are ``kept`` outlive an erasure: they hold ids.

    Of an erasure: the ids of ``enlisted`` rows never come back; ``topic`` is the compacted one on which they stand,
    ``name`` the column of another name for them; ``instead`` is what is done where rows are not simply deleted.
    """

    table: str
    words: str
    about: str
    shown: Callable[[Row, Scope], Row | None] = _whole
    hidden: tuple[str, ...] = ()
    kept: bool = False
    enlisted: bool = False
    topic: str = ""
    name: str = ""
    instead: str = ""

    @property
    def where(self) -> str:
        """The condition as part of a statement with exactly these two parameters."""
        return (
            f"FROM {self.table} t WHERE ({self.about}) AND $1::text[] IS NOT NULL AND $2::text[] IS NOT NULL"
        )

    @property
    def erase(self) -> str:
        """The statement by which an erasure does away with the rows, with these parameters."""
        return self.instead or f"DELETE {self.where}"

    async def rows(self, conn: Connection, scope: Scope) -> list[Row]:
        """What may be shown of the rows, each as a plain object."""
        found = await conn.fetch(
            f"SELECT (to_jsonb(t) - $3::text[])::text AS row {self.where}",
            list(scope.persons),
            list(scope.referrals),
            list(self.hidden),
        )
        read: list[Row] = [json.loads(row["row"]) for row in found]
        return [shown for row in read if (shown := self.shown(row, scope)) is not None]


class FilesAway(Exception):
    """Where the files about a person are kept cannot be reached: an export without them would say less than is held."""


#: Everything under which a person is known: from an id, and the referrals about them where this service cannot tell.
FindScope = Callable[[Connection, str, Sequence[str]], Awaitable[Scope]]
#: Files about a person: a name and the content, in pieces. Raises FilesAway.
Files = Callable[[asyncpg.Pool, KeyRings, Scope], AsyncIterator[tuple[str, bytes]]]


@dataclass(frozen=True, slots=True)
class Personal:
    """All that a service holds about persons. A holding stands before those that it refers to."""

    scope: FindScope
    holdings: Sequence[Holding] = ()
    files: Files | None = None
    #: Ids that follow from a referral's, and may not have been heard of yet when it is erased.
    derived: Callable[[str], Sequence[str]] = lambda _: ()
    #: What is written in the place of erased persons ($1), so that what still names them goes on.
    instead: Sequence[str] = ()
    #: Tables that hold nothing about a child or a family, each with what it holds instead.
    others: dict[str, str] = field(default_factory=dict)


#: Besides the service's own: what the chassis keeps that names somebody's ids.
READS = Holding(
    "access_log",
    "Who read it, and when: people of the council and of schools are left out by name",
    "t.subject = ANY($1) OR t.subject = ANY($2)",
    hidden=("id", "who", "correlation"),
    kept=True,
)
#: The chassis' tables, each with what it holds: ids, or what stands sealed until it has been published.
CHASSIS = {
    "outbox": "facts that wait to be published; words and persons sealed",
    "outbox_sent": "facts of the last days; words and persons sealed",
    "inbox": "ids of facts",
    "inbox_latest": "ids of facts",
    "partition_position": "how far each log was read",
    "heard_log": "which log of Kafka's each topic is",
    "dead_letter": "records that could not be applied; words and persons sealed",
    "due_work": "ids and times of what falls due",
    "once": "answers to requests: references and ids, and hashes of what was asked",
    "attempt": "ids of transactions",
    "stepped_clock": "the time of a demo",
    "operator_action": "what operators did, to which ids, and why",
    "staff_session": "sessions of people who work here",
    "sign_in": "sign-ins under way",
    "sign_in_count": "counts under keyed hashes of addresses",
    "erased": "ids of whoever was erased, and of what was about them",
    "erasure": "which erasure was done, on which ground, by whom among the services",
    "identity": "whose database it is: service, authority, prefix of topics",
    "schema_migrations": "which migrations were applied",
}
