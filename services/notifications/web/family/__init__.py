"""The families' pages: behind a private link, without an account, without JavaScript."""

from fastapi import APIRouter

from chassis.service import Running
from services.notifications.web.family import (
    choosing,
    correcting,
    dates,
    new_link,
    page,
    proof,
    saying,
    taking,
)
from services.notifications.web.family.codes import Codes
from services.notifications.web.family.showing import Showing

__all__ = ["OPEN_PATHS", "router"]

#: Routes that need no token: the link itself is the family's.
OPEN_PATHS = (
    *choosing.OPEN_PATHS,
    *correcting.OPEN_PATHS,
    *dates.OPEN_PATHS,
    *new_link.OPEN_PATHS,
    *page.OPEN_PATHS,
    *proof.OPEN_PATHS,
    *saying.OPEN_PATHS,
    *taking.OPEN_PATHS,
)


def router(running: Running) -> APIRouter:
    """All routes of families."""
    routes, showing = APIRouter(include_in_schema=False), Showing(running)
    proofs = proof.Proofs.of(showing)
    codes = Codes(running)
    new_link.add(routes, showing, codes)  # before the page, whose path it would fit
    choosing.add(routes, showing)
    correcting.add(routes, correcting.Correcting(showing, proofs, codes))
    dates.add(routes, showing, proofs)
    saying.add(routes, showing)
    taking.add(routes, showing, proofs)
    proof.add(routes, proof.Asking(showing, proofs, codes))
    page.add(routes, showing, proofs)  # the last, since it answers whatever else is asked for below a link
    return routes
