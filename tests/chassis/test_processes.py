"""Several processes at one address: all of them serve, and they live and end together."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import httpx2
import psutil
import pytest

from chassis.processes import Place, _places, stops
from chassis.siblings import Siblings
from deploy.local import Stack
from deploy.local.ports import free_ports
from deploy.local.services import start_services

ROOT = Path(__file__).parents[2]


def until(it_is_so: Callable[[], bool], seconds: float = 30) -> None:
    ends = monotonic() + seconds
    while not it_is_so():
        assert monotonic() < ends, f"not so within {seconds:.0f} seconds"
        sleep(0.02)


@contextmanager
def _told_of_closed_terminals() -> Iterator[None]:
    """What is started here is told, although these tests themselves may run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


class Sharing:
    """The program, and what it has said so far."""

    def __init__(self, log: Path, count: int) -> None:
        self._log, self._count = log, count
        with log.open("wb") as output, _told_of_closed_terminals():
            self.program = subprocess.Popen(
                [sys.executable, "-m", "tests.chassis.sharing", str(count), "0"],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def said(self, word: str) -> list[list[str]]:
        lines = [line.split() for line in self._log.read_text().splitlines()]
        return sorted(line[1:] for line in lines if line and line[0] == word)

    @property
    def listening(self) -> list[int]:
        """The ids of the processes once all of them listen."""
        until(lambda: len(self.said("listening")) == self._count or self.program.poll() is not None)
        assert self.program.poll() is None, self._log.read_text()
        return [int(id) for _, id, _ in self.said("listening")]

    @property
    def port(self) -> int:
        (port,) = {port for *_, port in self.said("listening")}
        return int(port)

    def ask(self, line: str) -> str:
        with self.asked(line) as connection:
            return _all_of(connection)

    def asked(self, line: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        connection.sendall(f"{line}\n".encode())
        return connection

    def ends(self) -> int:
        return self.program.wait(20)


def _all_of(connection: socket.socket) -> str:
    return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.fixture
def sharing(tmp_path: Path) -> Iterator[Callable[[int], Sharing]]:
    started: list[Sharing] = []

    def start(count: int) -> Sharing:
        started.append(Sharing(tmp_path / f"{len(started)}.log", count))
        return started[-1]

    yield start
    for each in started:
        with suppress(ProcessLookupError):
            each.program.kill()
        each.program.wait()


def test_all_processes_answer_at_one_address(sharing: Callable[[int], Sharing]) -> None:
    three = sharing(3)
    assert len(set(three.listening)) == 3
    assert {three.ask("who").strip() for _ in range(60)} == {"0", "1", "2"}


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_is_handed_on_and_what_is_under_way_is_answered(
    sharing: Callable[[int], Sharing], sign: signal.Signals
) -> None:
    two = sharing(2)
    assert two.listening
    waiting = [two.asked("wait") for _ in range(8)]
    until(lambda: len(two.said("waits")) == len(waiting))
    two.program.send_signal(sign)
    assert {_all_of(each).strip() for each in waiting} <= {"0", "1"}
    assert two.ends() == 0
    assert len(two.said("ended")) == 2


def test_a_closed_terminal_ends_it_in_order_unless_nohup_was_asked_for() -> None:
    with _told_of_closed_terminals():
        assert signal.SIGHUP in stops()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        assert stops() == [signal.SIGTERM, signal.SIGINT]


def test_when_one_dies_the_others_end_in_order_and_its_status_is_told(
    sharing: Callable[[int], Sharing],
) -> None:
    three = sharing(3)
    os.kill(three.listening[1], signal.SIGKILL)
    assert three.ends() == 128 + signal.SIGKILL
    assert three.said("ended") == [["0"], ["2"]]


def test_the_worst_status_is_told(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    assert two.listening
    two.ask("end 3")
    assert two.ends() == 3
    assert len(two.said("ended")) == 2


def test_when_the_parent_is_killed_all_end(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    assert two.listening
    two.program.kill()
    until(lambda: len(two.said("ended")) == 2)


def test_an_address_that_another_program_has_is_refused(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    assert two.listening
    asked = [sys.executable, "-m", "tests.chassis.sharing", "2", str(two.port)]
    other = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
    assert "Address already in use" in other.stderr
    assert other.returncode == 1


def test_an_address_is_held_before_anybody_listens_there() -> None:
    (free_port,) = free_ports(1)
    asked = [sys.executable, "-m", "tests.chassis.sharing", "2", str(free_port)]
    with _places(2, "127.0.0.1", free_port):
        other = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT)
    assert "Address already in use" in other.stderr
    with _places(2, "127.0.0.1", free_port), _places(2, "127.0.0.2", free_port):
        pass


def test_a_folder_whose_path_is_too_long_for_sockets_is_named(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    asked = [sys.executable, "-m", "tests.chassis.sharing", "2", "0"]
    env = {**os.environ, "TMPDIR": str(deep)}
    other = subprocess.run(asked, capture_output=True, text=True, cwd=ROOT, env=env)
    assert "name a short one" in other.stderr


def test_one_that_hangs_is_killed_when_the_others_have_ended(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    assert two.listening
    two.asked("stick")
    sleep(0.2)
    two.program.terminate()
    assert two.ends() == 128 + signal.SIGKILL
    assert len(two.said("ended")) == 1


def test_one_that_hangs_does_not_outlive_a_parent_that_was_killed(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    pids = two.listening
    two.asked("stick")
    sleep(0.2)
    two.program.kill()
    until(lambda: not any(map(psutil.pid_exists, pids)))


def test_whoever_is_asked_tells_the_metrics_of_all(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    assert two.listening
    told = two.ask("metrics")
    assert 'fingerpost_relayed_total{process="0"} 1.0' in told
    assert 'fingerpost_relayed_total{process="1"} 2.0' in told
    assert told.count("# TYPE fingerpost_relayed_total counter") == 1
    assert "fingerpost_http_seconds_bucket" not in told


def test_one_that_does_not_answer_is_left_out_of_the_metrics(sharing: Callable[[int], Sharing]) -> None:
    two = sharing(2)
    _, second = two.listening
    os.kill(second, signal.SIGSTOP)
    try:
        asked = [two.asked("metrics") for _ in range(8)]  # some of them wait for the other one
        told = next(text for each in asked if (text := _in_time(each)))
    finally:
        os.kill(second, signal.SIGCONT)
    assert 'fingerpost_relayed_total{process="0"} 1.0' in told
    assert 'process="1"' not in told


async def test_one_that_is_cut_off_is_left_out_of_the_metrics_and_counted(tmp_path: Path) -> None:
    async def cut_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'fingerpost_relayed_total{of="')
        writer.close()

    there = str(tmp_path / "1.sock")
    with socket.socket() as nothing:
        place = Place(0, nothing, nothing, {0: "", 1: there}, 0)
        async with await asyncio.start_unix_server(cut_off, there):
            told = (await Siblings(place).exposition()).decode()
    assert 'process="1"' not in told
    assert 'fingerpost_siblings_left_out_total{process="0"} 1.0' in told


def _in_time(connection: socket.socket) -> str:
    connection.settimeout(3)
    with suppress(TimeoutError):
        return _all_of(connection)
    return ""


@pytest.mark.slow
def test_a_service_serves_its_requests_with_two_processes(stack: Stack, tmp_path: Path) -> None:
    with start_services(stack, prefix="two.", names=("panels",), folder=tmp_path) as town:
        town.stop()
        town.panels.options = ["--processes", "2"]
        town.panels.start(role="web")
        until(lambda: 'process="1"' in _metrics(town.panels.url, town.headers("operator")))
        assert 'fingerpost_outbox_rows{process="0"}' in _metrics(town.panels.url, town.headers("operator"))
        town.panels.stop()
        assert town.panels.exit_status == 0


def _metrics(url: str, headers: dict[str, str]) -> str:
    return httpx2.get(f"{url}/metrics", headers=headers).text
