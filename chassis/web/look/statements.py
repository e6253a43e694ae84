"""The pages behind every page's foot: accessibility, privacy, contact. A service may have templates of its own."""

from fastapi import APIRouter, Request, Response

from chassis.web.look.page import Look

#: Routes that need no token: everybody may read them.
OPEN_PATHS = ("/accessibility", "/privacy", "/contact")


def router(look: Look) -> APIRouter:
    """The routes of the statements."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/accessibility")
    async def accessibility(request: Request) -> Response:
        return look.page("accessibility.html", request)

    @routes.get("/privacy")
    async def privacy(request: Request) -> Response:
        return look.page("privacy.html", request)

    @routes.get("/contact")
    async def contact(request: Request) -> Response:
        return look.page("contact.html", request)

    return routes
