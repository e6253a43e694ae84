"""The compiled style sheet and scripts: read once at the start, named by their content, cached for a year.

They are built, never committed: ``python -m chassis.web.look.build``. Without them pages come unstyled, and work.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, Request, Response

from chassis import telemetry
from chassis.web.problems import Problem

log = telemetry.get_logger(__name__)

BUILT = Path(__file__).parent / "built"
MANIFEST = "manifest.json"
#: Routes that need no token: what they answer is the same for everybody.
OPEN_PATHS = ("/assets/{name}",)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True)
class Assets:
    """The built files by the name under which they are served, and those names by the name in the source."""

    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = BUILT) -> "Assets":
        """What was built last; nothing, and a warning that says how to build, where nothing was."""
        try:
            names: dict[str, str] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return cls(names, {name: (folder / name).read_bytes() for name in names.values()})
        except (OSError, ValueError):
            log.warning("assets_missing", remedy="python -m chassis.web.look.build")
            return cls()

    def url(self, name: str) -> str | None:
        """Where the file of this name is served; None where it was not built."""
        served = self.names.get(name)
        return f"/assets/{served}" if served else None

    def router(self) -> APIRouter:
        """The route of the files."""
        routes = APIRouter(include_in_schema=False)

        @routes.api_route("/assets/{name}", methods=["GET", "HEAD"])
        async def asset(name: str, request: Request) -> Response:
            content = self.files.get(name)
            if content is None:
                raise Problem(404, "unknown-asset", "There is no such file: load the page again.")
            return Response(content, 200, _FOR_EVER, _TYPES[Path(name).suffix])

        return routes
