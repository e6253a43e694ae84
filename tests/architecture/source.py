"""The repository as text: what the architecture's tests read, copy and run."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from schemas.services import SERVICES

ROOT = Path(__file__).parents[2]
PRODUCT = ("schemas", "chassis", "services")
SERVICE_NAMES = tuple(SERVICES)

_NO_CACHES = shutil.ignore_patterns("__pycache__", "*.pyc")


def modules(*folders: str) -> list[Path]:
    """Every Python file in these folders, relative to the root."""
    return sorted(path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def imports(module: ast.Module) -> Iterator[str]:
    """The full name of everything that the module imports, wherever in it; only absolute imports are used."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import relative to its module: write the whole name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def copy(target: Path, *paths: str) -> None:
    """Copy these files and folders of the repository to ``target``."""
    for path in paths:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target / path, ignore=_NO_CACHES)
        else:
            shutil.copy(ROOT / path, target / path)


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder``, which is then the only place outside the packages to import from."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        command,
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in ``folder``."""
    return run(folder, sys.executable, *arguments)


def tool(name: str) -> str:
    """The path of a tool that was installed beside this Python."""
    return str(Path(sys.executable).parent / name)
