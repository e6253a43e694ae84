"""No server outlives the program that started it, however that program ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local.supervisor import Supervisor
from tests.local.helpers import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

IN_A_FORK = """
import os, time
from deploy.local import start_stack
stack = start_stack()
if os.fork() == 0:
    os.close(1)
    time.sleep(15)
    os._exit(0)
print(stack.postgres, flush=True)
time.sleep(600)
"""


#: Its first thread has ended, so that it looks like a program that has; another goes on and hears no signal.
BY_ANOTHER_THREAD = """
import ctypes, signal, threading, time
for wanted in (signal.SIGTERM, signal.SIGINT):
    signal.signal(wanted, signal.SIG_IGN)
threading.Thread(target=time.sleep, args=(600,)).start()
print("running", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


Program = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def program(no_addresses: None, open_folder: Path) -> Iterator[Program]:
    """Starts a Python program in the repository, with `open_folder` for its temporary files."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "TMPDIR": str(open_folder)}
        command = [sys.executable, *arguments]
        started.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.communicate()


def descendants(program: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(program.pid).children(recursive=True)


def read_addresses(program: subprocess.Popen[str]) -> list[str]:
    assert program.stdout is not None
    return [program.stdout.readline(), program.stdout.readline()]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_program_that_is_ended_leaves_no_process_and_no_data(
    end: signal.Signals, program: Program, open_folder: Path
) -> None:
    running = program("-m", "deploy.local", "up")
    assert [line.partition("=")[0] for line in read_addresses(running)] == [
        "FINGERPOST_KAFKA",
        "FINGERPOST_POSTGRES",
    ]
    servers = descendants(running)
    assert {"java", "postgres"} <= {server.name() for server in servers}
    running.send_signal(end)
    _, alive = psutil.wait_procs(servers, timeout=20)
    assert alive == []
    wait_until(lambda: list(open_folder.glob("fingerpost-*")) == [])


def test_a_program_killed_while_its_stack_is_starting_leaves_no_process_and_no_data(
    program: Program, open_folder: Path
) -> None:
    running = program("-m", "deploy.local", "up")
    wait_until(lambda: any(server.name() == "java" for server in descendants(running)))
    servers = descendants(running)
    running.kill()
    _, alive = psutil.wait_procs(servers, timeout=20)
    assert alive == []
    wait_until(lambda: list(open_folder.glob("fingerpost-*")) == [])


def test_a_fork_that_outlives_the_killed_program_does_not_keep_its_servers(
    program: Program,
) -> None:
    running = program("-c", IN_A_FORK)
    assert running.stdout is not None
    running.stdout.readline()
    servers = [server for server in descendants(running) if server.name() in ("java", "postgres")]
    running.kill()
    _, alive = psutil.wait_procs(servers, timeout=20)
    assert alive == []


def test_a_server_whose_first_thread_has_ended_is_ended_with_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "stack"
    folder.mkdir()
    supervisor, log = Supervisor(folder, temporary=True), tmp_path / "server.log"
    server = supervisor.spawn([sys.executable, "-c", BY_ANOTHER_THREAD], log)
    wait_until(lambda: "running" in log.read_text())
    wait_until(lambda: psutil.Process(server.pid).status() == psutil.STATUS_ZOMBIE)
    assert server.poll() is None
    supervisor.close()
    assert server.wait(5) == -signal.SIGKILL
