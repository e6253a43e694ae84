"""Ids that carry the moment they were made, so that what is new stands together in every index.

An index on random ids grows everywhere at once: the larger the table, the more of its pages change after each
checkpoint, and PostgreSQL writes each of those to its log as a whole. With ids in the order of time it grows at
its end, and a row costs the same however many there are. They are cheaper to make, too.

They can be told apart and not guessed, but they tell when: nothing that opens a door is made here.
"""

from uuid_utils import UUID, uuid5, uuid7

_WITH_TIME = ("7", "8")
_VERSION = 14  # where a UUID's version stands, after its 48 bits of time


def new_id() -> str:
    """A new UUID of version 7 (RFC 9562), greater than those that this process made before."""
    return str(uuid7())


def beside(parent: str, name: str, *, within: str | None = None) -> str:
    """The one id that ``name`` has ``within`` a namespace (a UUID; the parent's own if none is given).

    It is the UUID of version 5, made one of version 8 that carries the time of ``parent``: what follows from an id
    stands beside it in indexes. Where the parent carries no time, it stays as it is.
    """
    id = str(uuid5(UUID(within or parent), name))
    if parent[_VERSION : _VERSION + 1] not in _WITH_TIME:
        return id
    return f"{parent[:_VERSION]}8{id[_VERSION + 1 :]}"
