"""The one place that decides who may see or do what: a table of roles, and two questions asked of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from chassis.actors import Actor, Held
from schemas.staff_v1 import COVER, Role
from services.referrals.domain.roles import ACTIONS, GIVES, ROLES, TABLE, Action, Extent, Limit

__all__ = [
    "ACTIONS",
    "ROLES",
    "Action",
    "Actor",
    "Held",
    "Reach",
    "Subject",
    "allows",
    "gives",
    "may",
    "may_give",
    "reach",
    "shut_to",
]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is to be seen or worked on, as far as it matters here; None for what it has not.

    ``named`` are the only ones whom a restricted case opens to; empty where it is not restricted.
    ``assigned_to`` is who works on it.
    """

    urn: str | None = None
    area: str | None = None
    destination: str | None = None
    kind: str | None = None
    assigned_to: str | None = None
    named: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """What a list may show: whatever one of the fields includes, unless it is restricted to others.

    ``patches`` are pairs of an area and a kind of destination; ``kinds`` count in every area; ``assigned``
    are those whose own work is included.
    """

    staff_id: str
    everything: bool = False
    urns: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()
    destinations: frozenset[str] = frozenset()
    patches: frozenset[tuple[str, str]] = frozenset()
    kinds: frozenset[str] = frozenset()
    assigned: frozenset[str] = frozenset()

    @property
    def nothing(self) -> bool:
        """Whether no list could show anything."""
        limits = (self.urns, self.areas, self.destinations, self.patches, self.kinds, self.assigned)
        return not self.everything and not any(limits)

    def includes(self, subject: Subject) -> bool:
        """Whether this subject lies within, leaving out whether it is restricted."""
        return (
            self.everything
            or subject.urn in self.urns
            or subject.area in self.areas
            or subject.destination in self.destinations
            or (subject.area, subject.kind) in self.patches
            or subject.kind in self.kinds
            or subject.assigned_to in self.assigned
        )

    def opens(self, subject: Subject) -> bool:
        """Whether this subject lies within and is not restricted to others."""
        return self.includes(subject) and (not subject.named or self.staff_id in subject.named)


#: What somebody may do with the work that is theirs, wherever it came from.
_WITH_ONES_OWN: frozenset[Action] = frozenset({"referral:see", "referral:work", "child:see"})


def may(actor: Actor, action: Action, subject: Subject | None = None) -> bool:
    """Whether ``actor`` may do this to ``subject``; without one, whether there is anything they may do it to."""
    within = reach(actor, action)
    return not within.nothing if subject is None else within.opens(subject)


def allows(actor: Actor, action: str) -> bool:
    """The same for an action by its name, to anything at all: what the door of a route asks."""
    return action in ACTIONS and may(actor, action)


def shut_to(actor: Actor, action: Action, subject: Subject) -> bool:
    """Whether only its restriction keeps the subject from ``actor``: breaking the glass would open it."""
    within = reach(actor, action)
    return within.includes(subject) and not within.opens(subject)


def may_give(actor: Actor, role: Role, scope: str | None) -> bool:
    """Whether ``actor`` may give somebody this role, or take it from them; a headteacher, only for the school."""
    return any(
        role in GIVES.get(cast(Role, held.role), ()) and held.scope in (None, scope) for held in actor.grants
    )


def gives(actor: Actor) -> list[Role]:
    """The roles that ``actor`` may give, in the order of the list of roles."""
    return [role for role in ROLES if any(role in GIVES.get(cast(Role, h.role), ()) for h in actor.grants)]


def reach(actor: Actor, action: Action) -> Reach:
    """All that ``actor`` may do this to."""
    found = [(extent, held.scope) for held, extent in _extents(actor, action)]
    covered = {held.scope for held in actor.grants if held.role == COVER and held.scope}
    own = action in _WITH_ONES_OWN and any(extent.limit != "school" for extent, _ in found)
    return Reach(
        staff_id=actor.id,
        everything=any(extent.limit == "everything" for extent, _ in found),
        urns=_scopes(found, "school"),
        areas=_scopes(found, "area"),
        destinations=_scopes(found, "team"),
        patches=frozenset(
            (scope, kind) for extent, scope in found if extent.limit == "patch" and scope for kind in extent.kinds
        ),
        kinds=frozenset(kind for extent, _ in found if extent.limit == "kind" for kind in extent.kinds),
        assigned=frozenset({actor.id, *covered}) if own else frozenset(),
    )  # fmt: skip


def _extents(actor: Actor, action: Action) -> Iterator[tuple[Held, Extent]]:
    for held in actor.grants:
        for extent in TABLE.get(cast(Role, held.role), {}).get(action, ()):
            yield held, extent


def _scopes(found: list[tuple[Extent, str | None]], limit: Limit) -> frozenset[str]:
    return frozenset(scope for extent, scope in found if extent.limit == limit and scope)
