"""What every page looks like: one layout, GOV.UK's components under the council's own name, the built assets."""

from fastapi import APIRouter

from chassis.web.look import assets, statements
from chassis.web.look.assets import Assets
from chassis.web.look.errors import ErrorPages
from chassis.web.look.page import Link, Look, Navigation

__all__ = ["OPEN_PATHS", "Assets", "ErrorPages", "Link", "Look", "Navigation", "routers"]

#: Routes of every service that need no token.
OPEN_PATHS = (*assets.OPEN_PATHS, *statements.OPEN_PATHS)


def routers(look: Look, files: Assets) -> list[APIRouter]:
    """What every service answers besides its own pages: the built files, and the statements of the foot."""
    return [files.router(), statements.router(look)]
