"""Many referrals in one file: uploaded, looked through, confirmed, and followed until every row is done."""

from typing import Annotated

from fastapi import APIRouter, Depends

from chassis.web.people import Person, signed_in
from chassis.web.routes import Routes
from services.referrals.web.bulk import following, taking
from services.referrals.web.bulk.following import LIVE, counts_of
from services.referrals.web.bulk.places import PLACES, TASKS, UPLOADS
from services.referrals.web.desk import Desk

__all__ = ["LIVE", "TASKS", "UPLOADS", "counts_of", "router"]


def router(desk: Desk) -> APIRouter:
    """The routes of both kinds of lists."""
    routes = Routes()
    for place in PLACES:
        of_place = APIRouter(prefix=place.path, include_in_schema=False)
        uploading = Annotated[Person, Depends(signed_in(place.action))]
        taking.add_to(of_place, desk, place, uploading)
        following.add_to(of_place, desk, place, uploading)
        routes.include_router(of_place)
    return routes
