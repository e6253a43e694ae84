"""What every peer shares: its settings from the environment, its tables, its way to the fake provider."""

import asyncio
import json
import os
import socket
import threading
from typing import Any

DSN = os.environ["PEER_DSN"]
PORT = int(os.environ["PEER_PORT"])
PREFIX = os.environ["PEER_PREFIX"]
KAFKA = os.environ["PEER_KAFKA"].split(",")
REDIS = os.environ["PEER_REDIS"]
SAFE = os.environ["PEER_SETTING"] == "safest"
PROVIDER = ("127.0.0.1", int(os.environ["PEER_PROVIDER_PORT"]))
#: Sends in flight, where a peer can have so many.
AT_ONCE = 200

SCHEMA = """
CREATE TABLE IF NOT EXISTS referral (id text PRIMARY KEY, form json NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL, referral_id text NOT NULL, payload json NOT NULL);
CREATE TABLE IF NOT EXISTS panel_case (id text PRIMARY KEY, decision json NOT NULL);
CREATE TABLE IF NOT EXISTS message (id text PRIMARY KEY, state text NOT NULL, sent_at timestamptz);
"""


def decision(form: dict[str, Any]) -> str:
    """What the panel says of a form, as JSON."""
    placement = form["placement"]
    return json.dumps({"provision": placement["provision"], "agreed": placement["papers_complete"]})


class Provider:
    """Hands messages to the fake provider over connections that are kept, as many as are needed at once."""

    def __init__(self) -> None:
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def send(self, reference: str) -> None:
        """Returns once the provider said yes. Raises ConnectionError where it does not."""
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(*PROVIDER)
        writer.write(reference.encode() + b"\n")
        if not await reader.readline():
            raise ConnectionError("the provider hung up")
        self._idle.append((reader, writer))


_THREAD = threading.local()


def send(reference: str) -> None:
    """The same for code that is not asynchronous: one connection a thread."""
    if not hasattr(_THREAD, "file"):
        _THREAD.file = socket.create_connection(PROVIDER).makefile("rwb")
    _THREAD.file.write(reference.encode() + b"\n")
    _THREAD.file.flush()
    if not _THREAD.file.readline():
        raise ConnectionError("the provider hung up")
