"""The one place that decides who may see or do what with cases and sittings: a table of roles, and one question.

For what a panel's own data name somebody, as who may chair it, they stand in the place of the table (`Named`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, cast, get_args

from chassis.actors import Actor, Restricted
from schemas.staff_v1 import Role

Action = Literal[
    "case:see", "case:complete", "case:coordinate", "case:decide", "case:chair", "case:answer",
    "figures:see", "return:make", "what-if:try", "placement:see", "placement:coordinate", "places:keep",
]  # fmt: skip
ACTIONS: tuple[Action, ...] = get_args(Action)

_FINDS_PLACES: frozenset[Action] = frozenset({"placement:see", "placement:coordinate"})
_KEEPS_PLACES: frozenset[Action] = frozenset({"placement:see", "places:keep"})

#: A panel's role counts for its own panel, or for all where it is limited to none.
TABLE: Mapping[Role, frozenset[Action]] = {
    "ehc-coordinator": frozenset({"case:see", "case:complete", *_FINDS_PLACES}),
    "panel-coordinator": frozenset(
        {"case:see", "case:complete", "case:coordinate", "figures:see", *_FINDS_PLACES, *_KEEPS_PLACES}
    ),
    "panel-member": frozenset({"case:see"}),
    "chair": frozenset({"case:see", "case:chair"}),
    "deciding-officer": frozenset({"case:see", "case:decide", "figures:see", "placement:see"}),
    # what is escalated; the figures; the return to the department
    "service-manager": frozenset(
        {"case:see", "case:answer", "figures:see", "return:make", "what-if:try", *_KEEPS_PLACES}
    ),
}


#: By panel, the roles that its own data name for an action; for it they stand in the place of the table.
Named = Mapping[str, Mapping[Action, frozenset[Role]]]
_NOBODY_NAMED: Named = {}


@dataclass(frozen=True, slots=True)
class Subject:
    """A panel's work, as far as it matters here; ``only`` are those to whom a restricted case opens, else None."""

    panel: str
    only: frozenset[str] | None = None


class Guarded(Protocol):
    """What a panel works on: a case, or a child's way to a place."""

    @property
    def panel(self) -> str: ...
    @property
    def restricted(self) -> bool: ...


def subject_of(case: Guarded, restriction: Restricted | None, now: datetime) -> Subject:
    """A case as `may` is asked about it. One that began restricted opens to nobody until it is told to whom."""
    if restriction is None:
        return Subject(case.panel, frozenset() if case.restricted else None)
    return Subject(case.panel, restriction.opens_to(now))


def may(actor: Actor, action: Action, subject: Subject | None = None, named: Named = _NOBODY_NAMED) -> bool:
    """Whether ``actor`` may do this to ``subject``; without one, whether there is anything they may do it to."""
    if subject is None:
        panels = panels_of(actor, action, named)
        return panels is None or bool(panels)
    if subject.only is not None and actor.id not in subject.only:
        return False
    return any(
        one.scope in (None, subject.panel) and one.role in roles_for(action, subject.panel, named)
        for one in actor.grants
    )


def roles_for(action: Action, panel: str, named: Named = _NOBODY_NAMED) -> frozenset[Role]:
    """The roles that may do this with the work of a panel."""
    of_all = frozenset(role for role, actions in TABLE.items() if action in actions)
    return named.get(panel, {}).get(action, of_all)


def sees_cases(role: str) -> bool:
    """Whether this role has to do with cases at all."""
    return "case:see" in TABLE.get(cast(Role, role), ())


def panels_of(actor: Actor, action: Action, named: Named = _NOBODY_NAMED) -> frozenset[str] | None:
    """The panels to whose cases ``actor`` may do this; None is all of them."""
    known = {panel for panel, actions in named.items() if action in actions}
    if known:
        return frozenset(panel for panel in known if may(actor, action, Subject(panel), named))
    scopes = {one.scope for one in actor.grants if action in TABLE.get(cast(Role, one.role), ())}
    return None if None in scopes else frozenset(scope for scope in scopes if scope)


def allows(actor: Actor, action: str, named: Named = _NOBODY_NAMED) -> bool:
    """The same for an action by its name, to anything at all: what the door of a route asks."""
    return action in ACTIONS and may(actor, action, named=named)


def open_to_programs(subject: Subject) -> bool:
    """Whether programs see a case: a restricted one opens to people who are named, and so to no program."""
    return subject.only is None
