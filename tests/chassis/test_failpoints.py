"""A failpoint kills the process, only where a test asked for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chassis import failpoints

PROGRAM = """
from chassis.failpoints import arm, failpoint
arm("test", ["own-point"])
for n in range(5):
    failpoint("after-commit")
    failpoint("own-point")
    print(n, flush=True)
"""


def run(tmp_path: Path, **env: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "FINGERPOST_FAILPOINT_REACHED": str(tmp_path / "reached"), **env},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    reached = tmp_path / "reached"
    return done.returncode, done.stdout, reached.read_text() if reached.exists() else ""


def test_without_being_asked_nothing_happens(tmp_path: Path) -> None:
    assert run(tmp_path) == (0, "0\n1\n2\n3\n4\n", "")


def test_the_process_dies_at_the_point_and_leaves_proof(tmp_path: Path) -> None:
    assert run(tmp_path, FINGERPOST_FAILPOINT="own-point") == (-9, "", "own-point\n")


def test_the_third_time_can_be_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, FINGERPOST_FAILPOINT="after-commit:3") == (-9, "0\n1\n", "after-commit\n")


@pytest.mark.parametrize("profile", ["production", "demo"])
def test_only_the_profile_test_may_be_armed(profile: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        failpoints.arm(profile, env={"FINGERPOST_FAILPOINT": "after-commit"})
    assert "only the profile test allows" in capfd.readouterr().err


@pytest.mark.parametrize("asked", ["nowhere", "after-commit:0", "after-commit:x", ":3"])
def test_a_point_that_does_not_exist_is_refused(asked: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        failpoints.arm("test", env={"FINGERPOST_FAILPOINT": asked})
    assert "names no point: write one of after-commit" in capfd.readouterr().err
