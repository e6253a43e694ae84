"""By which ways a person can be reached, and which one comes next once another is shut."""

from collections.abc import Collection
from typing import Protocol

from chassis import postal
from schemas.notifications_v1 import Way

#: The order in which ways are tried, behind the one that the person wishes.
WAYS: tuple[Way, ...] = ("email", "text", "letter")


class Reachable(Protocol):
    """Where a person is reached by each way, as far as it is known."""

    @property
    def email(self) -> str | None: ...

    @property
    def phone(self) -> str | None: ...

    @property
    def post(self) -> tuple[str, ...]: ...


def postable(name: str, address: str | None) -> tuple[str, ...]:
    """The lines of an envelope, the postcode last; none where the address is too short, or ends without one."""
    lines = postal.lines(address)
    return (name, *lines) if lines else ()


def address(person: Reachable, way: Way) -> str:
    """Where this way leads; the lines of a letter's envelope one below the other; empty where nowhere."""
    return {"email": person.email or "", "text": person.phone or "", "letter": "\n".join(person.post)}[way]


def next_way(person: Reachable, wished: Way, open: Collection[Way], shut: Collection[Way]) -> Way | None:
    """The first way that leads somewhere, is ``open`` in this house and not ``shut``; None if there is none."""
    order = sorted(WAYS, key=lambda way: way != wished)
    return next((w for w in order if w in open and w not in shut and address(person, w)), None)
