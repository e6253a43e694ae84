"""Services as forks of a program that has imported them: what starts them sees no difference."""

import sys
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Client, Connection, wait
from pathlib import Path
from socket import AF_UNIX, socket
from typing import Any

import psutil
import pytest

from deploy.local.supervisor import Supervisor
from tests.local.helpers import wait_until
from tests.support import fork_server
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


def test_who_comes_as_the_last_one_leaves_is_let_in_and_nobody_once_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late: list[Connection[Any, Any]] = []

    def wait_while_somebody_comes(*given: Any) -> Any:
        ready = wait(*given)
        if not late and callers:
            late.append(Client(str(door)))
            late[0].send({"ended": 1})
        return ready

    monkeypatch.setattr(fork_server, "wait", wait_while_somebody_comes)
    callers: list[Connection[Any, Any]] = []
    with tempfile.TemporaryDirectory() as folder, socket(AF_UNIX) as listening:
        door = Path(folder) / "panels"
        door.with_suffix(".lock").touch()
        listening.bind(str(door))
        listening.listen()
        Client(str(door)).close()
        requests = fork_server._requests(listening, callers)
        assert next(requests)[0] == {"ended": 1}
        late[0].close()
        assert list(requests) == []
        with pytest.raises(ConnectionRefusedError):
            Client(str(door))


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
