"""Which Python `make` takes where there are several. Slow ones are real ones that trace each allocation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "choose_python.sh"
_MINE = f"python{sys.version_info.major}.{sys.version_info.minor}"


def _python(folder: Path, name: str, *options: str) -> Path:
    """An interpreter that calls itself by this path, started with ``options``."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    said = f"import sys; sys.executable = '{path}'"
    path.write_text(
        f'#!/bin/sh\nshift\ncode=$1; shift\nexec {sys.executable} {" ".join(options)} -c "{said}\n$code" "$@"\n'
    )
    path.chmod(0o755)
    return path


def _old(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\nexit 1\n")
    (folder / name).chmod(0o755)


def _chosen(names: list[str], *folders: Path) -> str:
    path = os.pathsep.join([*map(str, folders), "/usr/bin", "/bin"])
    done = subprocess.run(
        ["sh", SCRIPT, *names], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    return _python(tmp_path / "built-in-haste", "python3", "-X tracemalloc")


def test_of_two_of_the_same_version_the_quicker_one_is_taken_though_it_comes_later(
    tmp_path: Path, slow: Path
) -> None:
    quick = _python(tmp_path / "from-the-system", _MINE)
    found = _chosen(["python3"] * 2, slow.parent, quick.parent)
    assert found, "this one, or one of the machine's own that is quicker still"
    assert Path(found).parent != slow.parent


def test_one_that_is_named_is_taken_however_slow_it_is(slow: Path) -> None:
    assert _chosen([str(slow)], slow.parent) == str(slow)


def test_one_that_is_too_old_is_passed_over(tmp_path: Path, slow: Path) -> None:
    _old(tmp_path / "old", "python3")
    found = _chosen(["python3", str(slow)], tmp_path / "old")
    assert found
    assert Path(found).parent != tmp_path / "old"


def test_where_none_serves_nothing_is_chosen(tmp_path: Path) -> None:
    assert _chosen(["no-such-python"], tmp_path) == ""
