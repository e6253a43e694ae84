"""Sets documents as tagged PDF (PDF/UA-1, ISO 14289-1) from a template and from data.

Data reaches the template as data, never as markup: nothing that somebody wrote can become a command. The fonts are the
typesetter's own; nothing is fetched.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.typesetting.printable import printable
from chassis.web.problems import Problem

_SETTER = Path(__file__).parent / "setter.py"
_SECONDS = 30.0
#: All that the process is told of its surroundings: no secret of the service is among them.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


TOO_MANY = Problem(
    503,
    "too-many-documents",
    "Many documents are asked for just now, and they are made one by one. Ask again in half a minute.",
    headers={"Retry-After": "30"},
)


class NotSet(Exception):
    """The document cannot be set; it names the template only, since the reason may quote what somebody wrote."""


class Typesetter:
    """Sets one document at a time, each in a process of its own: see `chassis.typesetting.setter`."""

    #: So many documents are asked for at once, the one that is being set among them: a full pack waits with its words.
    MOST = 8

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._one, self._asked = asyncio.Lock(), 0

    async def typeset(self, template: str, data: Mapping[str, Any], made_at: datetime) -> bytes:
        """The PDF of ``template`` (``pack`` is the file ``pack.typ``) with this data.

        Raises NotSet, and Problem 503 where many wait.
        """
        if self._asked >= self.MOST:
            raise TOO_MANY
        self._asked += 1
        try:
            return await self._in_turn(template, data, made_at)
        finally:
            self._asked -= 1

    async def _in_turn(self, template: str, data: Mapping[str, Any], made_at: datetime) -> bytes:
        path = self._templates / f"{template}.typ"
        asked = {"template": str(path), "data": printable(dict(data)), "made_at": made_at.isoformat()}
        async with self._one:
            made = await _set(json.dumps(asked).encode())
        if made is None:
            raise NotSet(f"the template {template} could not be set with what it was given")
        return made


async def _set(asked: bytes) -> bytes | None:
    surroundings = {name: os.environ[name] for name in _KEPT if name in os.environ}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_SETTER), stdin=PIPE, stdout=PIPE, stderr=DEVNULL,
        env={**surroundings, "RAYON_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        made, _ = await asyncio.wait_for(child.communicate(asked), _SECONDS)
    except TimeoutError:
        return None
    finally:  # also when whoever asked has gone away
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return made if child.returncode == 0 else None
