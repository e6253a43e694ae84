"""What a bare process is told: addresses, and the sizes measured on the real services in the same run."""

import os
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import TypeAdapter

#: What the load shows at the door of the bare pipeline.
TOKEN = "load"
Role = Literal["referrals", "panels", "notifications"]


@dataclass(frozen=True)
class Sizes:
    """Bytes: of each event's value and headers by the event's type, of each state row by its table.

    ``counts`` is how many headers an event has.
    """

    values: dict[str, int]
    headers: dict[str, int]
    counts: dict[str, int]
    rows: dict[str, int]


@dataclass(frozen=True)
class Plan:
    """The setting of one bare process."""

    role: Role
    dsn: str
    kafka: list[str]
    prefix: str
    port: int
    sizes: Sizes
    group: int = 100
    lanes: int = 2
    provider_seconds: float = 0.02
    door_only: bool = False
    #: As one writes it first: asyncio's own loop and FastAPI's own route, without what made the services' door quicker.
    plain: bool = False

    def dump(self) -> str:
        """As the environment variable BARE_PLAN."""
        return _PLAN.dump_json(self).decode()

    @classmethod
    def load(cls) -> Self:
        """From the environment."""
        return _PLAN.validate_json(os.environ["BARE_PLAN"])  # type: ignore[return-value]


_PLAN = TypeAdapter(Plan)
