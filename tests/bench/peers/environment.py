"""The peers' environment: its own packages at the locked versions, made when it is missing or out of date."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from rich.console import Console

from deploy.local.errors import StackError

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".venv-peers"
LOCK = Path(__file__).with_name("requirements.lock")
_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
_AS_LOCKED = ("--require-hashes", "--only-binary=:all:", "-r", str(LOCK))


def environment(console: Console) -> Path:
    """The folder of the peers' programs. Raises StackError with pip's own words where it cannot be made."""
    programs, made_from = FOLDER / "bin", FOLDER / ".made-from-lock"
    wanted = sha256(LOCK.read_bytes()).hexdigest()
    if made_from.exists() and made_from.read_text() == wanted:
        return programs
    console.print(f"[dim]making {FOLDER.name} for the peers; this is done once and takes a minute or two")
    _run(sys.executable, "-m", "venv", "--clear", str(FOLDER))
    (FOLDER / ".gitignore").write_text("*\n")
    with console.status("installing the peers' packages"):
        _run(str(programs / "python"), *_INSTALL, *_AS_LOCKED)
    made_from.write_text(wanted)
    return programs


def version_of(package: str) -> str:
    """The version that the lock names."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    found = [line.split()[0] for line in lines if line.startswith(f"{package}==")]
    if package == "django" and sys.version_info < (3, 12):
        found = found[:1]
    return found[-1].partition("==")[2]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(
            f"The peers' environment could not be made: {' '.join(command[:4])} said\n{done.stderr[-2000:]}"
        )
