"""Services as forks of a program that has imported them: what starts them sees no difference."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local.supervisor import Supervisor
from tests.local.helpers import wait_until
from tests.support.forked import Fork, Forks


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path, temporary=False)
    yield made
    made.close()


def test_a_service_that_lacks_settings_says_so_in_its_log_and_ends_with_its_status(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "panels.log"
    command = [sys.executable, "-m", "services.panels", "serve"]
    one = supervisor.spawn(command, log)
    other = supervisor.spawn(command, log, {"PANELS_DATABASE": "postgresql://panels@127.0.0.1/panels"})
    assert isinstance(one, Fork)
    assert [one.wait(30), other.wait(30), one.poll()] == [2, 2, 2]
    said = log.read_text()
    assert said.count("PANELS_DATABASE is missing") == 1, "each has the surroundings that it was given"
    assert said.count("PANELS_KAFKA is missing") == 2


def test_whatever_else_is_started_is_a_process_as_ever(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "said.log"
    assert supervisor.spawn([sys.executable, "-c", "print('here')"], log).wait(30) == 0
    assert log.read_text() == "here\n"


def test_who_names_the_same_folder_shares_a_program_that_ends_once_none_of_them_is_left() -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, other = Forks(Path(folder)), Forks(Path(folder))
        programs = {_ended(forks, folder) for forks in (one, other, one)}
        (program,) = programs
        one.close()
        assert _ended(other, folder) == program
        other.close()
        wait_until(lambda: program.status() == psutil.STATUS_ZOMBIE)  # it is this process's to bury
        later = Forks(Path(folder))
        assert _ended(later, folder) != program
        later.close()


def _ended(forks: Forks, folder: str) -> psutil.Process:
    """Of what a service that shows its commands was forked; it has ended."""
    with tempfile.NamedTemporaryFile(dir=folder) as output:
        given: dict[str, Any] = {"stdout": output, "env": {}, "process_group": 0}
        fork = forks.started([sys.executable, "-m", "services.panels", "--help"], **given)
        program = psutil.Process(fork.pid).parent()
        assert fork.wait(30) == 0
        assert "serve" in Path(output.name).read_text()
    assert program is not None
    return program
