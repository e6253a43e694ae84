"""The services by name: what the menus of the others call each, and for whom it has pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from schemas.staff_v1 import Role


@dataclass(frozen=True, slots=True)
class Place:
    """``title`` is what menus call it; ``roles`` are those whose table of roles there lets them open something."""

    title: str
    roles: frozenset[Role]


_OF_PANELS: frozenset[Role] = frozenset({"panel-member", "chair", "deciding-officer"})

#: Each service tells its own menu from its own table of roles; this is what the others know of it.
PLACES: Mapping[str, Place] = {
    "referrals": Place("Referrals", frozenset(get_args(Role)) - _OF_PANELS),
    "panels": Place("Panels", _OF_PANELS | {"ehc-coordinator", "panel-coordinator", "service-manager"}),
    "notifications": Place("Messages", frozenset({"service-manager"})),
}
