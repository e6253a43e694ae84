"""Which records are one person. Stories and messages keep the id that they have, so nothing is told again."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chassis.decision import Decision, Kind
from schemas.children_v1 import PersonMerged, PersonUnmerged


class Alias(BaseModel):
    """Which record of the same person stands for this one; None where it stands for itself."""

    model_config = ConfigDict(frozen=True)

    into: str | None = None


ALIAS: Kind[Alias] = Kind("alias", Alias)


def merged(_: Alias | None, event: PersonMerged, now: datetime) -> Decision[Alias]:
    """Two records are one person."""
    return Decision(Alias(into=event.kept_id))


def unmerged(_: Alias | None, event: PersonUnmerged, now: datetime) -> Decision[Alias]:
    """They are two persons after all."""
    return Decision(Alias())
