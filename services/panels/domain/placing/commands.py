"""What people ask once a child needs a place. ``seen`` is the version that was looked at: if it has moved on, no."""

from dataclasses import dataclass
from datetime import date

from schemas.codes import Helped
from schemas.places_v1 import AcceptedBy, CanMeet, Coming, EndReason, NotTaken, OutOfUse, PlaceKind


@dataclass(frozen=True, slots=True)
class CountPlaces:
    """How many places of a kind a setting has from now on, which are out of use, which are coming.

    ``because`` is needed where more are kept for children than that.
    """

    setting: str
    kind: PlaceKind
    number: int
    by: str
    out_of_use: tuple[OutOfUse, ...] = ()
    coming: tuple[Coming, ...] = ()
    because: str = ""
    seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfChild:
    """What opens or makes a school's link, and of whom: by these others tell who may read of the child."""

    referral_id: str = ""
    child_id: str = ""


@dataclass(frozen=True, slots=True)
class Consult(OfChild):
    """A school is asked. ``link`` is the SHA-256 (64 hex digits) of the token that its link holds."""

    placement_id: str
    setting: str
    link: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Remind(OfChild):
    """A school that owes an answer is reminded, with a new link."""

    placement_id: str
    consultation_id: str
    link: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerConsultation(OfChild):
    """A school answers by its link."""

    link: str
    placement_id: str
    consultation_id: str
    can_meet: CanMeet
    reasons: str
    by: str
    conditions: str = ""
    earliest_start_on: date | None = None


@dataclass(frozen=True, slots=True)
class OfferPlace:
    """A place is kept and offered. ``because``: why, where the school did not say yes or none is free.

    ``differs_because``: why one of another kind than was agreed.
    """

    placement_id: str
    setting: str
    kind: PlaceKind
    starts_on: date
    reply_by: date
    by: str
    because: str = ""
    seen: int | None = None
    differs_because: str = ""


@dataclass(frozen=True, slots=True)
class GoOn:
    """Another kind of place is agreed by now, and what was begun goes on all the same."""

    placement_id: str
    because: str
    by: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """The family takes the place."""

    placement_id: str
    accepted_by: AcceptedBy
    accepted_on: date
    by: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class DeclineOffer:
    """The place is not taken. ``places_id`` is where it was kept."""

    placement_id: str
    places_id: str
    reason: NotTaken
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class ConfirmStart:
    """The first day is settled. ``places_id`` is where the place is kept; ``because`` as for `OfferPlace`."""

    placement_id: str
    places_id: str
    starts_on: date
    by: str
    because: str = ""
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class NoteStart:
    """The child is there since this day. ``early``: yes, though that is before the first day that was settled."""

    placement_id: str
    places_id: str
    started_on: date
    by: str
    seen: int | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class SettleSupport:
    """From this day on a mainstream school gives support."""

    placement_id: str
    starts_on: date
    by: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class NoteSupport:
    """Support is given since this day. ``early``: yes, though that is before the day that was settled."""

    placement_id: str
    started_on: date
    by: str
    seen: int | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class NoteReview:
    """A short placement was looked at: it ends on this day, as planned or later or sooner.

    ``helped``: whether it did so far; None where it is too early to say.
    """

    placement_id: str
    places_id: str
    ends_on: date
    by: str
    because: str = ""
    seen: int | None = None
    helped: Helped | None = None


@dataclass(frozen=True, slots=True)
class EndPlacement:
    """It ends. ``places_id`` is where a place is kept; empty where none is."""

    placement_id: str
    places_id: str
    reason: EndReason
    ended_on: date
    seen: int | None = None
