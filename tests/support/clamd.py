"""A stand-in for ClamAV's clamd that speaks its INSTREAM and PING, and finds the EICAR test string."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from anyio.from_thread import start_blocking_portal

#: The harmless string that every virus scanner finds (eicar.org), in two halves so that none finds this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class FakeClamd:
    """Where it listens, and what it was shown."""

    def __init__(self) -> None:
        self.address = ""
        self.seen: list[int] = []
        self.largest_frame = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readline()
        if command == b"nPING\n":
            writer.write(b"PONG\n")
        else:
            try:
                found = await self._stream(reader)
            except asyncio.IncompleteReadError:
                writer.close()  # the file was cut off
                return
            self.seen.append(len(found))
            writer.write(b"stream: Eicar-Test FOUND\n" if EICAR in found else b"stream: OK\n")
        await writer.drain()
        writer.close()

    async def _stream(self, reader: asyncio.StreamReader) -> bytes:
        found = b""
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            self.largest_frame = max(self.largest_frame, size)
            found += await reader.readexactly(size)
        return found


@asynccontextmanager
async def fake_clamd() -> AsyncIterator[FakeClamd]:
    """One that listens on a free port."""
    fake = FakeClamd()
    server = await asyncio.start_server(fake.answer, "127.0.0.1", 0)
    fake.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield fake


@contextmanager
def clamd_beside() -> Iterator[FakeClamd]:
    """The same in a thread, for whoever has no event loop."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(fake_clamd()) as fake:
        yield fake
