"""Referrals that open only to people who are named, as every service keeps them, learnt from ``staff.v1``.

Who restricts what and why is the affair of the service that owns staff; here is only to whom something opens. The
table ``restriction`` is made by each service's migrations.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chassis.decision import Decision, Kind
from chassis.storage import Connection, JsonTable
from schemas.staff_v1 import OpenGlass, ReferralRestricted


class Restriction(BaseModel):
    """To whom one referral opens; nobody is named where the restriction was lifted.

    ``awaited``: it began restricted, and it has not been told yet to whom it opens.
    """

    model_config = ConfigDict(frozen=True)

    named: frozenset[str] = frozenset()
    glasses: tuple[OpenGlass, ...] = ()
    awaited: bool = False

    def opens_to(self, now: datetime) -> frozenset[str] | None:
        """Those named, and whoever has broken the glass not long ago; None where it is not restricted."""
        if self.awaited:
            return frozenset()
        broken = {glass.staff_id for glass in self.glasses if glass.until > now}
        return self.named | broken if self.named else None


RESTRICTION = Kind("restriction", Restriction)
RESTRICTIONS: JsonTable[Restriction] = JsonTable(RESTRICTION, "restriction")


def keep(_: Restriction | None, told: ReferralRestricted, now: datetime) -> Decision[Restriction]:
    """The latest word on who may open a referral."""
    return Decision(Restriction(named=frozenset(told.named), glasses=told.glasses))


def await_names(known: Restriction | None) -> Decision[Restriction]:
    """A referral began restricted: it opens to nobody until it is told to whom. That may have been told before."""
    return Decision(Restriction(awaited=True) if known is None else None)


async def restrictions_of(conn: Connection, referral_ids: Iterable[str]) -> dict[str, Restriction]:
    """What is known of these referrals; one of which nothing was ever said is left out."""
    found = await RESTRICTIONS.load(conn, sorted(set(referral_ids)), lock=False)
    return {id: stored.state for id, stored in found.items()}


async def shut(conn: Connection, opens: Callable[[frozenset[str]], bool], now: datetime) -> list[str]:
    """The referrals that are restricted, and not to somebody of whom ``opens`` says yes; for lists. They are few."""
    rows = await conn.fetch("SELECT id, state FROM restriction ORDER BY id")
    known = [(row["id"], RESTRICTIONS.read(row["state"]).opens_to(now)) for row in rows]
    return [id for id, only in known if only is not None and not opens(only)]
