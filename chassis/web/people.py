"""People who have signed in: ``person: Annotated[Person, Depends(signed_in("queue:see"))]`` on a page's route.

The chassis knows no role by name. Who a member of staff is says the service's own `StaffBook`; what a role may do
says its `Policy`. Both are asked anew for every request, so that a role given or taken away counts at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import urlencode

from fastapi import Request

from chassis.web.problems import Problem
from chassis.web.wants import wants_page

SIGN_IN = "/sign-in"
#: Where somebody comes to who signed in beside a page that still holds what they wrote.
SIGNED_IN_AGAIN = f"{SIGN_IN}/again"


@dataclass(frozen=True, slots=True)
class Grant:
    """One role that somebody has; ``scope`` is what it is limited to, None is the whole authority."""

    role: str
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """What a service knows of a member of staff."""

    id: str
    name: str
    grants: frozenset[Grant] = frozenset()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed in. ``csrf`` is the token of all forms of their session."""

    id: str
    name: str
    grants: frozenset[Grant]
    csrf: str
    session: str = ""

    def scopes(self, role: str) -> frozenset[str | None]:
        """What this role of theirs is limited to; empty where they have it not."""
        return frozenset(grant.scope for grant in self.grants if grant.role == role)

    @property
    def who(self) -> str:
        """How logs and the record of reads name them: an id of ours, never their name."""
        return f"staff:{self.id}"


class StaffBook(Protocol):
    """Who works here, from the service's own tables. Both answer None for whoever does not, or no longer."""

    async def by_subject(self, conn: Any, subject: str) -> Member | None:
        """The member whom the provider knows by this subject."""

    async def by_id(self, conn: Any, staff_id: str) -> Member | None:
        """The member with this id of ours."""


#: Whether somebody may do an action to anything at all; to one thing, the route asks the service's domain.
Policy = Callable[[Person, str], bool]


def nothing_allowed(_: Person, __: str) -> bool:
    """The policy of a service without people."""
    return False


class Finds(Protocol):
    """Finds who asks."""

    async def person(self, request: Request) -> Person | None:
        """The person whose session the request belongs to, or None."""


@dataclass(frozen=True, slots=True)
class People:
    """What the routes of a service ask about people; in ``app.state.people``."""

    finds: Finds
    policy: Policy
    #: Scheme and host under which browsers know this service; empty where only the Host header says so.
    origin: str = ""


async def person_of(request: Request) -> Person | None:
    """Whoever has signed in, or None; found once for each request."""
    state = request.state
    if not hasattr(state, "person"):
        people: People | None = getattr(request.app.state, "people", None)
        state.person = await people.finds.person(request) if people else None
        if state.person is not None:
            state.caller = state.person.who
    found: Person | None = state.person
    return found


class SignedIn:
    """The dependency that `signed_in` makes."""

    def __init__(self, action: str | None) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Person:
        """The person. Raises Problem 303 or 401 where nobody has signed in, 403 where they may not."""
        person = await person_of(request)
        if person is None:
            raise nobody(request)
        if self.action is not None and not request.app.state.people.policy(person, self.action):
            raise Problem(
                403,
                "not-allowed",
                "Your roles do not allow this. If your work needs it, ask an administrator of this service.",
            )
        return person


def nobody(request: Request) -> Problem:
    """What somebody is answered who has not signed in: a page sends them to sign in and back again."""
    if request.method in ("GET", "HEAD") and wants_page(request):
        to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return Problem(
            303, "sign-in", "Sign in first.", headers={"Location": f"{SIGN_IN}?{urlencode({'to': to})}"}
        )
    return Problem(401, "signed-out", "You are not signed in, or no longer. Sign in, then do this again.")


@lru_cache
def signed_in(action: str | None) -> SignedIn:
    """A dependency that lets only people in whose roles allow ``action`` somewhere, or anybody where it is None."""
    return SignedIn(action)
