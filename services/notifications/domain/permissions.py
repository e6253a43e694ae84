"""The one place that decides who may see or do what about messages: a table of roles, and one question."""

from collections.abc import Mapping
from typing import Literal, cast, get_args

from chassis.actors import Actor
from schemas.staff_v1 import Role

Action = Literal["message:see", "message:settle", "sending:pause", "words:see", "words:try", "opinions:see"]
ACTIONS: tuple[Action, ...] = get_args(Action)

TABLE: Mapping[Role, frozenset[Action]] = {
    "service-manager": frozenset(
        {"message:see", "message:settle", "sending:pause", "words:see", "words:try", "opinions:see"}
    ),
}


def may(actor: Actor, action: Action, only: frozenset[str] | None = None) -> bool:
    """Whether ``actor`` may do this at all; with ``only``, to what is restricted to these people, or to nobody."""
    held = any(action in TABLE.get(cast(Role, one.role), ()) for one in actor.grants)
    return held and (only is None or actor.id in only)


def allows(actor: Actor, action: str) -> bool:
    """The same for an action by its name, to anything at all: what the door of a route asks."""
    return action in ACTIONS and may(actor, action)
