"""Names that no name server answers for keep nobody else waiting."""

import subprocess
import sys

import pytest

_THREADS = """
import asyncio, os, sys
from types import SimpleNamespace
from chassis import cli

async def serve(*_):
    await asyncio.get_running_loop().getaddrinfo("localhost", 25)
    print(len(os.listdir("/proc/self/task")))
    return 0

cli.serve = serve
settings = SimpleNamespace(log_level="WARNING", otlp_endpoint=None, profile="test")
cli._served(SimpleNamespace(name="x", settings=settings, failpoints=(), look_ups=int(sys.argv[1])), "all")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process's threads as files")
@pytest.mark.parametrize("at_once", [0, 40, 500])
def test_a_service_has_threads_for_more_look_ups_than_ever_wait_for_a_mail_servers_name(at_once: int) -> None:
    """Half of them look up names; with libuv's own four, two that hang would be all."""
    words = [sys.executable, "-c", _THREADS, str(at_once)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 2 * (at_once + 5)
