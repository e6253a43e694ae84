"""Names that no name server answers for keep nobody else waiting."""

import subprocess
import sys

import pytest

_THREADS = """
import asyncio, os, uvloop
from chassis.cli import look_up_beside_others

async def main():
    await asyncio.get_running_loop().getaddrinfo("localhost", 25)
    print(len(os.listdir("/proc/self/task")))

look_up_beside_others()
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows a process's threads as files")
def test_a_process_has_threads_for_more_look_ups_than_ever_wait_for_a_mail_servers_name() -> None:
    """Half of them look up names; with libuv's own four, two that hang would be all."""
    done = subprocess.run([sys.executable, "-c", _THREADS], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 2 * 40
