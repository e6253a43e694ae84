"""What the panels service says once a child needs a place: of the child's way to it, and of the places of a setting.

Ids, codes and dates only. ``setting`` is a school's URN, or the code of an Education Support Centre. The way of one
child is told under ``placement_id``; which places a setting has, and which of them are kept, under ``places_id``.
"""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from schemas.codes import Area, Helped, Need, Phase, ProvisionType
from schemas.envelope import Event
from schemas.topics import PANELS

PlaceKind = Literal[
    "special-school",
    "specialist-resource-provision",
    "hearing-impairment-base",
    "education-support-centre",
    "other",
]
CanMeet = Literal["yes", "with-conditions", "no"]
NotTaken = Literal["family-declined", "setting-cannot", "authority-withdrew"]
EndReason = Literal[
    "returned", "moved-away", "moved-on", "family-withdrew", "decision-corrected", "place-not-needed"
]
OutReason = Literal["building-work", "staffing", "safety", "other"]
AcceptedBy = Literal["parent-or-carer", "young-person"]


class Whose(BaseModel):
    """Whose place it is, as its panel or the Centre knows the child. ``panel`` is whose work it is: one's code."""

    model_config = ConfigDict(frozen=True)

    reference: str
    panel: str
    child_id: str
    urn: str
    area: Area
    phase: Phase
    need: Need
    restricted: bool = False


class PlaceAwaited(Event, type="place.awaited.v1", topic=PANELS, key="placement_id"):
    """The authority agreed to a provision, and a place in it has to be found.

    ``next_phases``: into which phase the child changes, where such a change is ahead; None where that was not said.
    """

    placement_id: str
    referral_id: str
    case_id: str
    whose: Whose
    provision: ProvisionType
    awaited_at: AwareDatetime
    next_step_by: date
    next_phases: tuple[Phase, ...] | None = None


class PlaceAgreedAnew(Event, type="place.agreed-anew.v1", topic=PANELS, key="placement_id"):
    """What was agreed was corrected once a place was offered, or a person said that what was begun goes on.

    ``to_decide``: schools were asked for another kind of place, or one is offered, and nobody has said that it fits.
    """

    placement_id: str
    referral_id: str
    provision: ProvisionType
    to_decide: bool
    at: AwareDatetime


class PlaceConsulted(Event, type="place.consulted.v1", topic=PANELS, key="placement_id"):
    """A school is asked whether it can meet the child's needs."""

    placement_id: str
    referral_id: str
    consultation_id: str
    setting: str
    consulted_at: AwareDatetime
    answer_by: date


class PlaceAnswered(Event, type="place.answered.v1", topic=PANELS, key="placement_id"):
    """A school that was asked has answered; why, and on which conditions, are words and stay with the panels."""

    placement_id: str
    referral_id: str
    consultation_id: str
    setting: str
    can_meet: CanMeet
    earliest_start_on: date | None = None
    answered_at: AwareDatetime


class PlaceOffered(Event, type="place.offered.v1", topic=PANELS, key="placement_id"):
    """A place is offered to the family and kept for the child from ``starts_on``."""

    placement_id: str
    referral_id: str
    setting: str
    kind: PlaceKind
    offered_at: AwareDatetime
    starts_on: date
    reply_by: date


class PlaceDeclined(Event, type="place.declined.v1", topic=PANELS, key="placement_id"):
    """The place that was offered is not taken; the child waits for another one."""

    placement_id: str
    referral_id: str
    reason: NotTaken
    declined_at: AwareDatetime


class PlaceAccepted(Event, type="place.accepted.v1", topic=PANELS, key="placement_id"):
    """The family has taken the place that was offered."""

    placement_id: str
    referral_id: str
    accepted_at: AwareDatetime
    accepted_by: AcceptedBy
    accepted_on: date
    starts_on: date


class PlacementConfirmed(Event, type="placement.confirmed.v1", topic=PANELS, key="placement_id"):
    """The first day is settled. A short placement has a planned end and a day on which it is looked at again.

    ``whose`` is there where the placement begins with this: nobody waited for it.
    """

    placement_id: str
    referral_id: str
    setting: str
    kind: PlaceKind
    confirmed_at: AwareDatetime
    starts_on: date
    short: bool = False
    review_on: date | None = None
    ends_on: date | None = None
    returns_on: date | None = None
    whose: Whose | None = None


class PlacementStarted(Event, type="placement.started.v1", topic=PANELS, key="placement_id"):
    """The child is there; from a short placement it goes back to its school on ``returns_on``."""

    placement_id: str
    referral_id: str
    started_at: AwareDatetime
    started_on: date
    review_on: date | None = None
    returns_on: date | None = None


class PlacementReviewed(Event, type="placement.reviewed.v1", topic=PANELS, key="placement_id"):
    """A short placement was looked at on its review: did it help so far? None: nobody said. It ends on ``ends_on``."""

    placement_id: str
    referral_id: str
    reviewed_at: AwareDatetime
    reviewed_on: date
    helped: Helped | None = None
    ends_on: date
    returns_on: date


class PlacementEnded(Event, type="placement.ended.v1", topic=PANELS, key="placement_id"):
    """The placement is over; ``returns_on`` is the day on which the child is back at its school, if it goes back.

    ``began`` is False where it ended before the child was there.
    """

    placement_id: str
    referral_id: str
    reason: EndReason
    ended_at: AwareDatetime
    ended_on: date
    returns_on: date | None = None
    began: bool = True


class SupportAwaited(Event, type="support.awaited.v1", topic=PANELS, key="placement_id"):
    """The authority agreed to support in a mainstream school, ``setting``; from which day on is to be settled."""

    placement_id: str
    referral_id: str
    case_id: str
    whose: Whose
    setting: str
    awaited_at: AwareDatetime
    next_step_by: date


class SupportSettled(Event, type="support.settled.v1", topic=PANELS, key="placement_id"):
    """The day from which support is given in a mainstream school is settled."""

    placement_id: str
    referral_id: str
    setting: str
    settled_at: AwareDatetime
    starts_on: date


class SupportStarted(Event, type="support.started.v1", topic=PANELS, key="placement_id"):
    """Support is given in a mainstream school since ``started_on``."""

    placement_id: str
    referral_id: str
    started_at: AwareDatetime
    started_on: date


class SupportEnded(Event, type="support.ended.v1", topic=PANELS, key="placement_id"):
    """Support in a mainstream school is over, or will not begin: ``began`` is False."""

    placement_id: str
    referral_id: str
    reason: EndReason
    ended_at: AwareDatetime
    ended_on: date
    began: bool = True


class OutOfUse(BaseModel):
    """Places that cannot be used from ``from_on`` to ``until_on``, both included; None: until further notice."""

    model_config = ConfigDict(frozen=True)

    count: int
    reason: OutReason
    from_on: date
    until_on: date | None = None


class Coming(BaseModel):
    """Places that are added on a day."""

    model_config = ConfigDict(frozen=True)

    count: int
    from_on: date


class PlacesCounted(Event, type="places.counted.v1", topic=PANELS, key="places_id"):
    """How many places of a kind a setting has, which of them are out of use, and which are coming."""

    places_id: str
    setting: str
    kind: PlaceKind
    number: int
    out_of_use: tuple[OutOfUse, ...] = ()
    coming: tuple[Coming, ...] = ()
    counted_at: AwareDatetime


class PlaceKept(Event, type="place.kept.v1", topic=PANELS, key="places_id"):
    """A place is a child's from ``from_on`` to ``until_on``, both included; None: until further notice.

    ``beyond``: it is more than the setting has, for a reason that is kept with the panels.
    """

    places_id: str
    setting: str
    kind: PlaceKind
    placement_id: str
    from_on: date
    until_on: date | None = None
    beyond: bool = False
    kept_at: AwareDatetime


class PlaceFreed(Event, type="place.freed.v1", topic=PANELS, key="places_id"):
    """A place is free again after ``last_on``; None: it was never used."""

    places_id: str
    placement_id: str
    last_on: date | None = None
    freed_at: AwareDatetime
