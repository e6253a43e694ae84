"""The placement: one child's way from the decision, or from the Centre's yes, to a place and its end."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from chassis.decision import Kind, Refused
from chassis.ids import beside
from schemas.codes import Area, Helped, Need, Phase, ProvisionType
from schemas.places_v1 import AcceptedBy, CanMeet, EndReason, NotTaken, PlaceKind, Whose
from services.panels.domain.cases.case import case_id_of

Asks = Literal["started", "review", "withdrawn", "corrected", "kind", "died"]
Status = Literal["awaiting", "offered", "accepted", "confirmed", "started", "ended"]

#: What is due for a placement: its first day, the day on which it is looked at again, the day after its last.
STARTS, REVIEW, ENDS = "placement-starts", "placement-review", "placement-ends"
#: The provisions for which a place has to be found, and of which kind it is.
KIND_OF: dict[ProvisionType, PlaceKind] = {
    "special-school": "special-school",
    "specialist-resource-provision": "specialist-resource-provision",
    "other": "other",
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Answer(_Part):
    """What a school answered; ``reasons`` and ``conditions`` are words and stay here. ``by`` is who wrote them."""

    can_meet: CanMeet
    reasons: str
    conditions: str = ""
    earliest_start_on: date | None = None
    by: str
    answered_at: datetime


class Consultation(_Part):
    """A school that was asked; ``reminded`` are the days on which it was reminded.

    ``provision`` is what was agreed then; None where nobody noted it.
    ``link_lost``: its link went with a database that was lost, and opens nothing any more.
    """

    consultation_id: str
    setting: str
    provision: ProvisionType | None = None
    asked_at: datetime
    asked_on: date
    answer_by: date
    reminded: tuple[date, ...] = ()
    link_lost: bool = False
    answer: Answer | None = None


class Offer(_Part):
    """A place that is kept for the child. ``because``: why this one, where the school said no or had none free.

    ``differs_because``: why one of another kind than was agreed.
    """

    places_id: str
    setting: str
    kind: PlaceKind
    starts_on: date
    offered_at: datetime
    reply_by: date
    because: str = ""
    differs_because: str = ""
    by: str = ""
    declined: NotTaken | None = None


class Acceptance(_Part):
    """Who took the place, on which day, and who noted it."""

    by: AcceptedBy
    accepted_on: date
    noted_by: str


class Ended(_Part):
    """Why and when it ended, and when the child is back at its school."""

    reason: EndReason
    ended_on: date
    returns_on: date | None
    at: datetime


class Look(_Part):
    """What a short placement's review brought: whether it helped so far, None where nobody said, and on which day."""

    on: date
    helped: Helped | None = None


class Step(_Part):
    """One line of its history; ``why`` in the words of whoever did it, where that needed a reason."""

    at: datetime
    state: str
    why: str = ""


class Placement(_Part):
    """The state. ``short`` is a place at an Education Support Centre, which no panel hears.

    ``panel`` is whose work it is: the panel's code, or the Centre's. ``offer`` is the one that stands; those that were
    not taken are in ``not_taken``. ``asks``: what a person is asked to say by now. ``next_phases``: into which phase
    it changes, where that is ahead; None where nobody noted whether it is. ``support_at``: the school that
    gives support, where that was agreed and no place has to be found.
    """

    placement_id: str
    referral_id: str
    reference: str
    short: bool = False
    panel: str
    child_id: str
    urn: str
    area: Area
    phase: Phase
    next_phases: tuple[Phase, ...] | None = None
    need: Need
    provision: ProvisionType | None = None
    support_at: str | None = None
    restricted: bool = False
    status: Status
    awaited_at: datetime
    next_step_by: date | None = None
    consultations: tuple[Consultation, ...] = ()
    offer: Offer | None = None
    not_taken: tuple[Offer, ...] = ()
    acceptance: Acceptance | None = None
    review_on: date | None = None
    ends_on: date | None = None
    returns_on: date | None = None
    starts_on: date | None = None
    started_on: date | None = None
    ended: Ended | None = None
    asks: Asks | None = None
    reviews: tuple[Look, ...] = ()
    history: tuple[Step, ...] = ()

    @property
    def version(self) -> int:
        """How often it has moved on: what somebody who acts on it had before them."""
        return len(self.history)

    @property
    def still_asked(self) -> Asks | None:
        """What is asked until somebody decides it, whatever day comes and whatever else is done with the placement."""
        return self.asks if self.asks in ("withdrawn", "corrected", "kind", "died") else None

    @property
    def whose(self) -> Whose:
        """Whose it is, for others."""
        return Whose(**{name: getattr(self, name) for name in Whose.model_fields})

    @property
    def unanswered(self) -> tuple[Consultation, ...]:
        """The schools that owe an answer."""
        return tuple(each for each in self.consultations if each.answer is None)

    def noted(self, what: str, now: datetime, why: str = "", **changes: Any) -> "Placement":
        """The placement after something happened, with the line in its history."""
        history = (*self.history, Step(at=now, state=what, why=why))
        return self.model_copy(update={"history": history, **changes})

    def moved_to(self, status: Status, now: datetime, why: str = "", **changes: Any) -> "Placement":
        """The placement in its next state."""
        return self.noted(status, now, why, status=status, **changes)

    @property
    def asks_no_kind(self) -> Asks | None:
        """What is asked once somebody has chosen anew, knowing what is agreed by now."""
        return None if self.asks == "kind" else self.asks

    def with_consultation(self, changed: Consultation) -> tuple[Consultation, ...]:
        """Its consultations with this one in the place of the one that has its id."""
        return tuple(
            changed if each.consultation_id == changed.consultation_id else each
            for each in self.consultations
        )


PLACEMENT: Kind[Placement] = Kind("placement", Placement)


class Request(Whose):
    """A referral in the queue of an Education Support Centre: what another service told of it, for its place."""


#: By the id of the referral.
REQUEST: Kind[Request] = Kind("centre-request", Request)


class Link(_Part):
    """A school's secret link, under the SHA-256 of its token: which question it opens, and until when.

    ``restricted`` and ``child_id`` say how it stood with the child when the link was given out: whether only those
    who are named could read of it, and under which record it was known (empty: its own).
    """

    placement_id: str
    consultation_id: str
    expires_at: datetime
    restricted: bool = False
    child_id: str = ""


LINK: Kind[Link] = Kind("consultation-link", Link)


def placement_id_of(case_id: str) -> str:
    """The id of a case's placement: at most one per case, computed and never stored apart.

    What somebody sent instead of an id stays what it is: there is no such case, and no placement of it.
    """
    try:
        return beside(case_id, "placement")
    except ValueError:
        return case_id


def placement_id_of_referral(referral_id: str) -> str:
    """The same by the referral, which is how a short placement is known before it is one."""
    return placement_id_of(case_id_of(referral_id))


def known(placement: Placement | None) -> Placement:
    """The placement. Raises Refused where there is none."""
    if placement is None:
        raise Refused(
            "unknown-placement", "There is no placement with this id. Look it up under /api/placements."
        )
    return placement


def as_seen(placement: Placement | None, seen: int | None, *states: Status) -> Placement:
    """The placement as whoever acts saw it, in this `Placement.version` if they say which, and in one of ``states``.

    Raises Refused where there is none, where somebody moved it on meanwhile, or where it stands elsewhere.
    """
    placement = known(placement)
    if seen is not None and seen != placement.version:
        raise Refused(
            "changed-meanwhile",
            f"Somebody else was quicker: the placement is {placement.status} by now. Nothing of yours was done. "
            "Look at it again, then decide.",
        )
    if placement.status not in states:
        raise Refused("not-now", f"The placement is {placement.status}: this cannot be done with it now.")
    return placement


def waiting_for_a_place(placement: Placement | None, seen: int | None) -> Placement:
    """The same for a child that waits for a place. Raises Refused also where support was agreed, or it has died."""
    placement = as_seen(placement, seen, "awaiting")
    if placement.asks == "died":
        raise Refused("child-died", "The child has died: please end this.")
    if placement.support_at is not None:
        raise Refused("no-place-needed", "Support at a school was agreed: no place has to be found.")
    return placement
