"""The head of an answer goes over the wire together with its body.

uvicorn writes them one after the other, and each write is a call of the system, a packet, and something that wakes
the client: together a twelfth of what a form costs.
"""

import asyncio
from typing import Any


class Whole:
    """A transport that keeps one write until the next, but never beyond the present turn of the loop."""

    def __init__(self, transport: Any) -> None:
        self._transport, self._held = transport, b""
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held + data)
        else:
            self._held = data
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Sends what is held, if anybody is still there."""
        held, self._held = self._held, b""
        if held and not self._transport.is_closing():
            self._transport.write(held)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def get_write_buffer_size(self) -> int:
        self.flush()
        size: int = self._transport.get_write_buffer_size()
        return size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
