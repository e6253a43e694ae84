"""Who acts, as far as a service's permissions look at them, and to whom what others restricted opens."""

from datetime import datetime
from typing import Protocol


class Held(Protocol):
    """A role that somebody holds today, and what it is limited to."""

    @property
    def role(self) -> str: ...
    @property
    def scope(self) -> str | None: ...


class Actor(Protocol):
    """Somebody who has signed in: `chassis.web.people.Person` is one."""

    @property
    def id(self) -> str: ...
    @property
    def grants(self) -> frozenset[Held]: ...


class Restricted(Protocol):
    """To whom a referral opens, as others told it: `chassis.restrictions.Restriction` is one."""

    def opens_to(self, now: datetime) -> frozenset[str] | None: ...
