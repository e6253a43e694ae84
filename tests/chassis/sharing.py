"""A program of several processes at one address, for tests: each answers a line with its number.

``python -m tests.chassis.sharing COUNT PORT``. A line ``wait`` is answered after half a second, and ``end 3`` ends the
process with that status. ``stick`` lets it hang for good.
"""

import asyncio
import os
import sys
import time

from chassis import metrics
from chassis.processes import Place, in_several
from chassis.siblings import Siblings

#: How long they may take to end.
SECONDS = 3.0


def work(place: Place) -> int:
    """One of the processes."""
    return asyncio.run(_work(place))


async def _work(place: Place) -> int:
    stopping, status = asyncio.Event(), [0]
    loop, siblings = asyncio.get_running_loop(), Siblings(place)
    loop.add_signal_handler(15, stopping.set)
    metrics.RELAYED.inc(place.number + 1)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readline()).decode().split()
        if asked[0] == "wait":
            _say(f"waits {place.number}")
            await asyncio.sleep(0.5)
        if asked[0] == "end":
            status[0] = int(asked[1])
            stopping.set()
        if asked[0] == "stick":
            _hang()
        told = await siblings.exposition() if asked[0] == "metrics" else f"{place.number}\n".encode()
        writer.write(told)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, sock=place.door)
    _say(f"listening {place.number} {os.getpid()} {place.door.getsockname()[1]}")
    await siblings.answer(stopping)
    server.close()
    await asyncio.sleep(0.7)  # for whoever waits
    _say(f"ended {place.number}")
    return status[0]


def _hang() -> None:
    time.sleep(1000)


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # at once, as a whole: the others write there, too


if __name__ == "__main__":
    sys.exit(in_several(int(sys.argv[1]), "127.0.0.1", int(sys.argv[2]), work, SECONDS))
