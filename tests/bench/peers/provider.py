"""The fake provider: it writes down each message as it arrives, answers 20 ms later, and refuses nothing.

A process of its own, so that what it wrote down survives whatever happens to those who send. It has two doors:
a line of text over TCP, which the peers use, and SMTP, which Fingerpost uses. Both write into one ledger, a file
with a line for each message: seconds since 1970, reference.

`python -m tests.bench.peers.provider LEDGER PORT SMTP_PORT`
"""

import asyncio
import email
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from deploy.local.ports import HOST, accepts, free_ports
from deploy.local.process import ServerProcess
from deploy.local.supervisor import Supervisor
from tests.bench.peers.environment import ROOT

WAIT_SECONDS = 0.02


class Provider(ServerProcess):
    """The provider as its callers' parent sees it."""

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        super().__init__("the fake provider", supervisor, folder)
        self.port, self.smtp_port = free_ports(2)
        self._ledger = folder / "ledger"

    def command(self) -> Sequence[str]:
        ports = str(self.port), str(self.smtp_port)
        return [sys.executable, "-m", "tests.bench.peers.provider", str(self._ledger), *ports]

    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(ROOT)}

    def is_ready(self) -> bool:
        return accepts(f"{HOST}:{self.port}") and accepts(f"{HOST}:{self.smtp_port}")

    def taken(self) -> dict[str, list[float]]:
        """When each reference's messages were taken, in wall-clock seconds."""
        found: dict[str, list[float]] = {}
        whole, _, _ = self._ledger.read_text().rpartition("\n")
        for line in whole.splitlines():
            at, _, reference = line.partition(" ")
            found.setdefault(reference, []).append(float(at))
        return found


class _Ledger:
    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, reference: str) -> None:
        os.write(self._file, f"{time.time():.6f} {reference}\n".encode())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The door for lines: one message at a time on each connection."""
        try:
            while line := await reader.readline():
                self.write(line.decode().strip())
                await asyncio.sleep(WAIT_SECONDS)
                writer.write(b"taken\n")
                await writer.drain()
        except ConnectionError:
            return  # the sender was killed; what it handed over stays written down
        finally:
            writer.close()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """The door for mail, by aiosmtpd's own name."""
        self.write(email.message_from_bytes(envelope.content)["X-Fingerpost-Reference"])
        await asyncio.sleep(WAIT_SECONDS)
        return "250 taken"


async def _main(path: Path, port: int, smtp_port: int) -> None:
    ledger = _Ledger(path)
    await asyncio.start_server(ledger.serve, HOST, port, backlog=500)
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: SMTP(ledger, hostname=HOST, loop=loop), HOST, smtp_port)
    await mail.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
