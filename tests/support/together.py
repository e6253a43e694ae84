"""Several processes that run the tests beside each other, on one Kafka and one PostgreSQL (`make test`).

The first process gives out the tests and starts the servers, while the others still collect.
"""

import fcntl
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from deploy.local import Stack, StackError, start_stack
from deploy.local.given import KAFKA_VARIABLE, POSTGRES_VARIABLE

SECONDS = 240.0
#: Where the servers are, once they run.
_ADDRESSES = "addresses.json"
#: Their tests break and mend servers that one process has started for all of them.
_KEPT_TOGETHER = {"tests/local/test_faults.py": "tests/local/test_stack.py"}


class SharedStack:
    """The servers of a run with several processes, and the ``folder`` in which these find what they share."""

    def __init__(self) -> None:
        """Starts them, in a thread."""
        self._folder = tempfile.TemporaryDirectory(prefix="fingerpost-run-")
        self.folder = Path(self._folder.name)
        self._threads = ThreadPoolExecutor(1)
        self._starting = self._threads.submit(self._start)

    def _start(self) -> Stack | None:
        try:
            stack = start_stack(durable=False)
        except StackError as error:
            self._say({"failed": str(error)})
            return None
        self._say({KAFKA_VARIABLE: ",".join(stack.bootstrap), POSTGRES_VARIABLE: stack.postgres})
        return stack

    def _say(self, what: dict[str, str]) -> None:
        half = self.folder / "half"
        half.write_text(json.dumps(what), encoding="utf-8")
        half.replace(self.folder / _ADDRESSES)

    def close(self) -> None:
        """Stops them."""
        stack = self._starting.result()
        if stack is not None:
            stack.close()
        self._threads.shutdown()
        self._folder.cleanup()


_SHARED = pytest.StashKey[SharedStack]()


def folder_of_the_run(config: pytest.Config) -> Path | None:
    """What all processes of this run share lies there; None in the first one, and where it is the only one."""
    folder = getattr(config, "workerinput", {}).get("folder")
    return Path(folder) if folder else None


@contextmanager
def stack_of_the_run(config: pytest.Config) -> Iterator[Stack]:
    """The stack that all processes of this run share, or one of its own where it is the only one."""
    with pytest.MonkeyPatch.context() as environment:
        folder = folder_of_the_run(config)
        for name, value in _told(folder / _ADDRESSES).items() if folder else ():
            environment.setenv(name, value)
        stack = start_stack(durable=False)
    with stack:
        yield stack


def _told(file: Path) -> dict[str, str]:
    deadline = time.monotonic() + SECONDS
    while not file.exists():
        if time.monotonic() > deadline:
            raise StackError(f"Kafka and PostgreSQL did not start within {SECONDS:.0f} seconds.")
        time.sleep(0.1)
    told: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    if "failed" in told:
        raise StackError(told["failed"])
    return told


def unit_of(nodeid: str) -> str:
    """The name of what is given out with this test: its file, or the first of several files."""
    file = nodeid.split("::", 1)[0]
    return _KEPT_TOGETHER.get(file, file)


class WholeFiles(LoadScopeScheduling):  # type: ignore[misc]
    """Gives out whole files, since what a module's tests share is costly, in the order in which they were collected.

    Those with tests marked slow stand in the first part, and the smallest at the end: nobody waits for one of them.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before the other processes are started."""
    if session.config.pluginmanager.has_plugin("dsession"):
        session.config.stash[_SHARED] = SharedStack()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """After the other processes have ended."""
    shared = session.config.stash.get(_SHARED, None)
    if shared is not None:
        shared.close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells another process what it needs."""
    node.workerinput["folder"] = str(node.config.stash[_SHARED].folder)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """One process at a time imports a file of tests: what it compiles for that, the others find compiled."""
    folder = folder_of_the_run(collector.config)
    if folder is None or not isinstance(collector, pytest.Module):
        return (yield)
    with (folder / sha256(str(collector.path).encode()).hexdigest()).open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> WholeFiles:
    """Who gets which tests."""
    config.option.loadscopereorder = False
    return WholeFiles(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two processes more than processors: much of what is tested waits."""
    return min(8, (os.cpu_count() or 1) + 2)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with slow tests by turns with those that have most tests, where several processes run.

    Slow ones mostly wait, for Kafka or a browser: were all of them first, the processors would wait with them. All of
    the processes have to come to the same order.
    """
    if hasattr(config, "workerinput"):
        slow = {item.path: None for item in items if item.get_closest_marker("slow")}  # in their order
        tests = Counter(item.path for item in items if item.path not in slow)
        turns = {file: 2 * place for place, file in enumerate(slow)}
        turns |= {file: 2 * place + 1 for place, (file, _) in enumerate(tests.most_common())}
        items.sort(key=lambda item: turns[item.path])
