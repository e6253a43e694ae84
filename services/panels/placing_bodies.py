"""The bodies that the HTTP API takes about placements and places."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from schemas.codes import Helped
from schemas.places_v1 import AcceptedBy, EndReason, NotTaken, OutReason, PlaceKind
from services.panels.bodies import Body, Day, Id, Words

#: The version that the caller looked at; 409 where it has moved on. None: whatever it is now.
Seen = Annotated[StrictInt | None, Field(ge=0, le=1_000_000)]
Number = Annotated[StrictInt, Field(ge=0, le=2000)]


class Asked(Body):
    """A school to ask, by its URN."""

    setting: Id
    seen: Seen = None


class Reminded(Body):
    """That a school is reminded."""

    seen: Seen = None


class Offered(Body):
    """A place; ``because``: why, where the school has not said yes or has none free.

    ``differs_because``: why one of another kind than was agreed.
    """

    setting: Id
    kind: PlaceKind
    starts_on: Day
    reply_by: Day
    because: Words | None = None
    differs_because: Words | None = None
    seen: Seen = None


class GoingOn(Body):
    """Why what was begun goes on, although another kind of place is agreed by now."""

    because: Words
    seen: Seen = None


class Accepted(Body):
    """Who took it, and on which day."""

    accepted_by: AcceptedBy
    accepted_on: Day
    seen: Seen = None


class NotTakenUp(Body):
    """Why the place is not taken."""

    reason: NotTaken
    seen: Seen = None


class Settled(Body):
    """The first day; ``because`` as for an offer."""

    starts_on: Day
    because: Words | None = None
    seen: Seen = None


class Begun(Body):
    """Since when the child is there; ``early``: yes, though that is before the first day that was settled."""

    started_on: Day
    early: StrictBool = False
    seen: Seen = None


class LookedAt(Body):
    """The last day of a short placement, after its review, and whether it helped so far."""

    ends_on: Day
    helped: Helped | None = None
    because: Words | None = None
    seen: Seen = None


class Over(Body):
    """Why it ended, and its last day."""

    reason: EndReason
    ended_on: Day
    seen: Seen = None


class Spell(Body):
    """Places that are out of use, both days included."""

    count: Number
    reason: OutReason
    from_on: Day
    until_on: Day | None = None


class More(Body):
    """Places that are added on a day."""

    count: Number
    from_on: Day


class Counted(Body):
    """All numbers of a kind of places; ``because``: why more may be kept than there are."""

    number: Number
    out_of_use: tuple[Spell, ...] = Field((), max_length=20)
    coming: tuple[More, ...] = Field((), max_length=20)
    because: Words | None = None
    seen: Seen = None
