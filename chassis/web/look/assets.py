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
OPEN_PATHS = ("/assets/{name}", "/favicon.ico")
_BRAND, _MARK = "brand.css", "mark.svg"
#: What browsers show beside a page's title, in the council's colour: a post with two arms that point the way.
_DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="{}"/>'
    '<path fill="#fff" d="M14.5 3h3v26h-3zM6 6h15l4.5 4-4.5 4H6zM26 16H11l-4.5 4 4.5 4h15z"/></svg>'
)
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}


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
        """What was built, with what is in the council's colour."""
        built = _built()
        own = {
            _BRAND: f":root{{--govuk-brand-colour:{settings.brand_colour}}}".encode(),
            _MARK: _DRAWN.format(settings.brand_colour).encode(),
        }
        served = {name: _by_content(name, content) for name, content in own.items()}
        return cls(built.names | served, built.files | {served[name]: own[name] for name in own})

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

        @routes.api_route("/favicon.ico", methods=["GET", "HEAD"])
        async def mark() -> Response:
            """Asked for by browsers that read no page before, such as for a file."""
            content = self.files.get(self.names.get(_MARK, ""), b"")
            return Response(content, 200 if content else 204, _FOR_A_DAY, _TYPES[".svg"])

        return routes


def _by_content(name: str, content: bytes) -> str:
    """The name under which a file is served, another one for each content."""
    stem, _, kind = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{kind}"


@cache
def _built() -> Assets:
    return Assets.load()
