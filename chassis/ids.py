"""Ids that carry the moment they were made, so that what is new stands together in every index.

An index on random ids grows everywhere at once: the larger the table, the more of its pages change after each
checkpoint, and PostgreSQL writes each of those to its log as a whole. With ids in the order of time it grows at
its end, and a row costs the same however many there are. They are cheaper to make, too.

They can be told apart and not guessed, but they tell when: nothing that opens a door is made here.
"""

from uuid import UUID

from uuid_utils import uuid7

_WITH_TIME = ("7", "8")
_VERSION = 14  # where a UUID's version stands, after its 48 bits of time


def new_id() -> str:
    """A new UUID of version 7 (RFC 9562), greater than those that this process made before."""
    return str(uuid7())


def beside(parent: str, id: UUID) -> str:
    """``id``, which was computed from something, as a UUID of version 8 that carries the time of ``parent``.

    So what follows from an id stands beside it in indexes. Where the parent carries no time, ``id`` as it is.
    """
    if parent[_VERSION : _VERSION + 1] not in _WITH_TIME:
        return str(id)
    return f"{parent[:_VERSION]}8{str(id)[_VERSION + 1 :]}"
