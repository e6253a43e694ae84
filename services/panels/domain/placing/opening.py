"""Whether a school's secret link still opens its question: what closes it is told by others, at any time."""

from dataclasses import dataclass
from datetime import datetime

from chassis.actors import Restricted
from chassis.decision import World
from services.panels.domain.heard import ALIAS, Alias
from services.panels.domain.permissions import subject_of
from services.panels.domain.placing.commands import OfChild
from services.panels.domain.placing.placement import Link, Placement


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether only those who are named may read of the child, and under which record it is known by now."""

    restricted: bool
    child_id: str


def standing(
    placement: Placement, restriction: Restricted | None, alias: Alias | None, now: datetime
) -> Standing:
    """How it stands with a child: ``restriction`` of its referral, ``alias`` of its record."""
    only = subject_of(placement, restriction, now).only
    return Standing(only is not None, (alias and alias.into) or placement.child_id)


def standing_of(
    world: World, placement: Placement, command: OfChild, restriction: Restricted | None, now: datetime
) -> Standing:
    """The same, as a rule reads it."""
    return standing(placement, restriction, world.get(ALIAS, command.child_id), now)


def is_open(
    link: Link | None, placement: Placement, consultation_id: str, as_it_is: Standing, now: datetime
) -> bool:
    """Whether a link still opens this question: as long as it lasts and the child waits for a place.

    One that was given out before the referral was restricted, taken back, or joined with another child's is closed.
    """
    return (
        link is not None
        and (link.placement_id, link.consultation_id) == (placement.placement_id, consultation_id)
        and now < link.expires_at
        and placement.status == "awaiting"
        and placement.asks not in ("withdrawn", "died")
        and (link.restricted or not as_it_is.restricted)
        and (link.child_id or placement.child_id) == as_it_is.child_id
    )
