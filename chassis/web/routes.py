"""Routes of several modules put together, each made once."""

from typing import Any

from fastapi import APIRouter


class Routes(APIRouter):
    """A router of routers. What it includes it takes as it is: with the prefix and the tags it was made with.

    FastAPI makes every route anew at each level at which it is included, and looks for it level by level when a
    request comes. A service has a hundred routes and two levels: half of the processor time of its start.
    """

    def include_router(self, router: APIRouter, **options: Any) -> None:
        """Takes over the routes of ``router``. Raises TypeError for options: the router is made with them."""
        if options or self.prefix:
            raise TypeError("Routes are taken as they are: give prefix and options to the APIRouter included")
        self.routes.extend(router.routes)
