"""An operator: runs a service's commands as a process, as a person would, and sees what they print."""

import asyncio
import io
import os
import runpy
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from unittest import mock

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.services import Town
from tests.support.commands import printed


def ask(town: Town, name: str, *command: str, status: int = 0) -> str:
    """What ``python -m services.<name> <command>`` prints; it must end with ``status``."""
    env = {**os.environ, **town.services[name].environment()}
    return printed(name, *command, env=env, status=status)


def ask_here(town: Town, name: str, *command: str) -> str:
    """The same within this process: what was loaded once is not loaded for each command anew. It must end well."""
    said = io.StringIO()
    environment = {**os.environ, **town.services[name].environment()}
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "argv", [f"services.{name}", *command]),
        redirect_stdout(said),
        redirect_stderr(said),
    ):
        status = _ended_with(f"services.{name}")
    assert status in (0, None), f"status {status}\n{said.getvalue()}"
    return said.getvalue()


def _ended_with(module: str) -> object:
    # Another test of this process may have imported it by its name: then it is not run as a program without a warning.
    sys.modules.pop(f"{module}.__main__", None)
    try:
        runpy.run_module(module, run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return None


def ask_together(town: Town, *asked: tuple[str, ...], status: int = 0) -> list[str]:
    """What several commands print that run at the same time; each is (service, command, …)."""
    with ThreadPoolExecutor(len(asked)) as operators:
        return list(operators.map(lambda command: ask(town, *command, status=status), asked))


def ends(town: Town) -> dict[str, int]:
    """How much there is on each topic of the town: the sum of its partitions' end offsets."""
    return asyncio.run(_ends(town))


async def _ends(town: Town) -> dict[str, int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=town.stack.bootstrap)
    reader = AIOKafkaConsumer(bootstrap_servers=town.stack.bootstrap, group_id=f"{town.prefix}ends")
    await admin.start()
    await reader.start()
    try:
        names = [name for name in await reader.topics() if name.startswith(town.prefix)]
        found = await admin.describe_topics(names)
        places = [TopicPartition(t["topic"], p["partition"]) for t in found for p in t["partitions"]]
        totals: dict[str, int] = dict.fromkeys(names, 0)
        for place, end in (await reader.end_offsets(places)).items():
            totals[place.topic] += end
        return totals
    finally:
        await reader.stop()
        await admin.close()
