"""The compiled style sheet and scripts: read once at the start, named by their content, cached for a year.

They are built, never committed: ``python -m deploy.assets``. Without them pages come unstyled, and work.
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

from chassis import telemetry
from chassis.settings import ServiceSettings
from chassis.web.problems import Problem

log = telemetry.get_logger(__name__)

BUILT = Path(__file__).parent / "built"
MANIFEST = "manifest.json"
#: Routes that need no token: what they answer is the same for everybody.
OPEN_PATHS = ("/assets/{name}",)
_BRAND = "brand.css"
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
            log.warning("assets_missing", effect="pages come unstyled", remedy="make assets")
            return cls()

    @classmethod
    def of(cls, settings: ServiceSettings) -> "Assets":
        """What was built, with the council's colour."""
        built = _built()
        css = f":root{{--govuk-brand-colour:{settings.brand_colour}}}".encode()
        served = f"brand.{hashlib.sha256(css).hexdigest()[:12]}.css"
        return cls({**built.names, _BRAND: served}, {**built.files, served: css})

    def url(self, name: str) -> str | None:
        """Where the file of this name is served; None where it was not built."""
        served = self.names.get(name)
        return f"/assets/{served}" if served else None

    def router(self) -> APIRouter:
        """The route of the files."""
        routes = APIRouter(include_in_schema=False)

        @routes.api_route("/assets/{name}", methods=["GET", "HEAD"])
        async def asset(name: str) -> Response:
            content = self.files.get(name)
            if content is None:
                raise Problem(404, "unknown-asset", "There is no such file: load the page again.")
            return Response(content, 200, _FOR_EVER, _TYPES[Path(name).suffix])

        return routes


@cache
def _built() -> Assets:
    return Assets.load()
