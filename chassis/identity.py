"""Whose a database is: the service, the authority and the topics that it was begun with. It is held to them.

With another authority or topic prefix, by mistake, all would look well: facts would go to topics that nobody hears,
under a name that no recovery knows, and what the others say on the former ones would never be heard.
"""

from dataclasses import astuple, dataclass, fields

import asyncpg

from chassis.settings import ServiceSettings
from chassis.storage import Connection


class AnothersDatabase(Exception):
    """The database was begun with another identity; the text says which setting differs and what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A service of an authority, whose topics have this prefix."""

    service: str
    authority: str
    topic_prefix: str

    @classmethod
    def of(cls, service: str, settings: ServiceSettings) -> "Identity":
        """The one that ``service`` has by its settings."""
        return cls(service, settings.authority, settings.topic_prefix)

    def __str__(self) -> str:
        prefix = self.topic_prefix or "none"
        return f"{self.service}, authority {self.authority}, topic prefix {prefix}"


async def hold_to(conn: Connection | asyncpg.Pool, ours: Identity) -> None:
    """Notes ``ours`` in a database that has no identity yet. Raises AnothersDatabase where it has another.

    For a service that starts. A command only compares: typed with other settings, it would name the database for good.
    """
    if await noted(conn) is None:
        await conn.execute(_NOTE, *astuple(ours))
    await compare(conn, ours)


async def compare(conn: Connection | asyncpg.Pool, ours: Identity) -> None:
    """Raises AnothersDatabase where the database has another identity; one that has none is left without."""
    theirs = await noted(conn)
    if theirs is not None and theirs != ours:
        raise AnothersDatabase(_sentence(ours, theirs))


async def noted(conn: Connection | asyncpg.Pool) -> Identity | None:
    """The identity that the database was begun with; None where its service has never started."""
    row = await conn.fetchrow(_NOTED)
    return None if row is None else Identity(*row)


async def change(conn: Connection, ours: Identity) -> None:
    """Gives the database the identity ``ours``, in the caller's transaction."""
    await conn.execute(_CHANGE, *astuple(ours))


def _sentence(ours: Identity, theirs: Identity) -> str:
    prefix = ours.service.upper()
    if theirs.service != ours.service:
        return f"this database is the one of {theirs}: name the right one in {prefix}_DATABASE"
    differ = [
        f"{prefix}_{field.name.upper()} is {getattr(ours, field.name) or 'empty'}, but this database was begun with "
        f"{getattr(theirs, field.name) or 'an empty one'}"
        for field in fields(ours)
        if getattr(ours, field.name) != getattr(theirs, field.name)
    ]
    return f"{'; '.join(differ)}: put that right, or {prefix}_DATABASE. If it is meant so, see the command `adopt`"


_NOTED = "SELECT service, authority, topic_prefix FROM identity"
_NOTE = "INSERT INTO identity (service, authority, topic_prefix) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_CHANGE = (
    "INSERT INTO identity (service, authority, topic_prefix) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET "
    "service = EXCLUDED.service, authority = EXCLUDED.authority, topic_prefix = EXCLUDED.topic_prefix, "
    "noted_at = clock_timestamp()"
)
