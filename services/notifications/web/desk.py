"""What the pages for staff are made from, and what each of them says first."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chassis import restrictions
from chassis.service import Running
from chassis.storage import Connection
from chassis.web.look import Look
from chassis.web.people import Person
from chassis.web.problems import Problem
from services.notifications import storage
from services.notifications.domain.permissions import may

Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class Reason(BaseModel):
    """Why a person decides so; kept."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: Text


@dataclass(frozen=True, slots=True)
class Desk:
    """What each page is made from."""

    running: Running
    look: Look

    async def message(self, conn: Connection, person: Person, id: str) -> dict[str, Any]:
        """One message. Raises Problem 404 where there is none that this person may see."""
        found = await storage.message(conn, id)
        if found is None or found["referral_id"] in await shut_to(self.running, conn, person):
            raise Problem(404, "unknown-message", "There is no such message among those that you may see.")
        return found

    async def notices(self, conn: Connection) -> list[str]:
        """Why families are not told at the moment: a person paused it, or a provider is away. Empty if they are."""
        pause = await storage.pause(conn)
        said = [f"All sending is paused: {pause.turns[-1].why}"] if pause.paused else []
        parts = [self.running.parts.why(part) for part in self.running.service.parts]
        away = dict.fromkeys([*filter(None, parts), *await storage.away(conn)])
        return [*said, *(f"Messages are held up: {why}." for why in away)]


async def shut_to(running: Running, conn: Connection, person: Person) -> list[str]:
    """The referrals of which this person sees no message."""
    now = running.clock.now()
    return await restrictions.shut(conn, lambda only: may(person, "message:see", only), now)
