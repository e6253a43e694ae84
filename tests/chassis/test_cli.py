"""The command line that every service has, tried as its operator would: as a process."""

import asyncio
import errno
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import typer
from aiokafka.errors import KafkaConnectionError
from typer.testing import CliRunner

from chassis.operations import rebuild
from chassis.operations.console import Plain
from deploy.local.credentials import make_credentials
from tests.chassis.counters import record, withdrawn
from tests.support.commands import printed

ROOT = Path(__file__).parents[2]


class Operator:
    """Runs the commands of the panels service against a database of its own."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        credentials = make_credentials((), {})
        self.env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PANELS_PROFILE": "test",
            "PANELS_DATABASE": dsn,
            "PANELS_KAFKA": "127.0.0.1:1",
            "PANELS_KEYRINGS": credentials.rings_of("panels"),
        }

    async def says(self, *command: str, status: int = 0) -> str:
        """What a command prints; it must end with ``status``."""
        return await asyncio.to_thread(printed, "panels", *command, env=self.env, status=status)


@pytest.fixture
async def operator(new_database: Callable[[str], Awaitable[str]]) -> Operator:
    """An operator whose database has been migrated by the command, and holds two parked records."""
    operator = Operator(await new_database("cli"))
    assert "panels:0001" in await operator.says("migrate")
    conn = await asyncpg.connect(operator.dsn)
    try:
        for version in (1, 2):
            await _park(conn, version)
    finally:
        await conn.close()
    return operator


async def _park(conn: asyncpg.Connection, version: int) -> None:
    parked = record(withdrawn("r1"), version, version, event_id=str(uuid4()))
    headers = "[" + ",".join(f'["{n}","{(v or b"").decode()}"]' for n, v in parked.headers) + "]"
    await conn.execute(
        "INSERT INTO dead_letter (topic, partition, record_at, key, version, event_type, headers, payload, reason, "
        "fingerprint) VALUES ($1, 0, $2, 'r1', $3, 'referral.withdrawn.v1', $4, $5, 'not as its contract says', 'x')",
        parked.topic,
        parked.offset,
        version,
        headers,
        b"{" if version == 1 else parked.value,
    )


@pytest.mark.slow
async def test_an_operator_sees_discards_and_redrives_dead_letters(operator: Operator) -> None:
    listed, shown, unexplained = await asyncio.gather(
        operator.says("dead-letters", "list"),
        operator.says("dead-letters", "show", "1"),
        operator.says("dead-letters", "discard", "1", "--reason", " ", status=2),
    )
    assert "not as its contract says" in listed
    assert "2  since" in listed
    assert "referral.withdrawn.v1" in shown
    assert "moved-away" not in shown, "the content is not shown"
    assert "say why" in unexplained
    assert "discarded 1" in await operator.says("dead-letters", "discard", "1", "--reason", "sent by a test")
    rehearsed, unexplained = await asyncio.gather(
        operator.says("dead-letters", "redrive", "--dry-run"),
        operator.says("dead-letters", "redrive", "--by", "me", status=2),
    )
    assert "would apply 1, and leave 0 parked; nothing was changed" in rehearsed
    assert "say why" in unexplained
    unknown, again = await asyncio.gather(
        operator.says("dead-letters", "redrive", "--fingerprint", "y", "--reason", "z", status=2),
        operator.says("dead-letters", "discard", "1", "--reason", "once more", status=2),
    )
    assert "nothing with the fingerprint y is parked: see `dead-letters list`" in unknown
    assert "dead letter 1 is not parked: see `dead-letters list`" in again
    redriven = await operator.says(
        "dead-letters", "redrive", "--by", "me", "--reason", "the first was given up"
    )
    assert "applied 1, still parked 0" in redriven
    listed = await operator.says("audit")
    assert "me  dead-letters redrive all: applied 1, still parked 0" in listed
    assert "because: sent by a test" in listed
    assert "because: z" not in listed, "what was refused was not done"


@pytest.mark.slow
async def test_a_command_whose_database_cannot_be_reached_says_so(operator: Operator) -> None:
    operator.env["PANELS_DATABASE"] = "postgresql://nobody@127.0.0.1:1/nowhere"
    for command in (("dead-letters", "list"), ("migrate",)):
        said = await operator.says(*command, status=2)
        assert "for PANELS_DATABASE: the database cannot be reached (ConnectionRefusedError)" in said
        assert "then run the command again" in said
        assert "Traceback" not in said


@pytest.mark.slow
async def test_a_service_whose_database_was_not_migrated_says_which_command_to_run(
    new_database: Callable[[str], Awaitable[str]],
) -> None:
    operator = Operator(await new_database("cli"))
    assert "run the service's `migrate` command first" in await operator.says("serve", status=2)


@pytest.mark.slow
async def test_a_service_that_waits_for_its_database_says_why_in_its_log(operator: Operator) -> None:
    operator.env["PANELS_DATABASE"] = "postgresql://nobody@127.0.0.1:1/nowhere"
    line = await first_line_of_the_service(operator)
    assert (line["event"], line["why"]) == ("database_unreachable", "the database cannot be reached")


async def first_line_of_the_service(operator: Operator) -> dict[str, Any]:
    """What a service logs first when it is started; then it is killed."""
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.panels", "serve", env=operator.env, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert service.stdout is not None
        line: dict[str, Any] = json.loads(await asyncio.wait_for(service.stdout.readline(), 60))
    finally:
        service.kill()
        await service.wait()
    return line


@pytest.mark.slow
async def test_a_database_is_named_by_the_service_that_starts_on_it_and_by_no_command_before(
    operator: Operator,
) -> None:
    operator.env["PANELS_TOPIC_PREFIX"] = "forgotten."
    await operator.says("dead-letters", "list")
    operator.env["PANELS_TOPIC_PREFIX"] = "live."
    assert (await first_line_of_the_service(operator))["event"] == "started"
    operator.env["PANELS_TOPIC_PREFIX"] = ""
    said = await operator.says("dead-letters", "list", status=2)
    assert "PANELS_TOPIC_PREFIX is empty, but this database was begun with live." in said


@pytest.mark.slow
async def test_a_service_does_not_start_with_another_authority_or_prefix_until_that_is_said_to_be_meant(
    operator: Operator,
) -> None:
    assert (await first_line_of_the_service(operator))["event"] == "started"
    operator.env["PANELS_TOPIC_PREFIX"] = "new."
    for command in ("serve", "dead-letters list"):
        said = await operator.says(*command.split(), status=2)
        assert "PANELS_TOPIC_PREFIX is new., but this database was begun with an empty one" in said
        assert "Traceback" not in said
    assert "say why" in await operator.says("adopt", status=2)
    assert "it is the one of panels, authority 919, topic prefix new." in await operator.says(
        "adopt", "--by", "me", "--reason", "other topics"
    )
    assert "me  adopt panels, authority 919, topic prefix new.: was panels," in await operator.says("audit")


@pytest.mark.parametrize(
    ("error", "sentence", "status"),
    [
        (KeyboardInterrupt(), "broken off by hand: what was done stays done. Run the command again", 130),
        (KafkaConnectionError(), "broken off: Kafka cannot be reached", 2),
        (asyncpg.DiskFullError(), "broken off: the database's disk is full", 2),
        (
            FileNotFoundError(2, "No such file or directory", "/x/y.csv"),
            "broken off: /x/y.csv: No such file",
            2,
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "a file on this machine: No space left on device",
            2,
        ),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "the database cannot be reached", 2),
    ],
)
def test_what_breaks_a_command_off_is_said_in_a_sentence(
    error: BaseException, sentence: str, status: int
) -> None:
    ended = CliRunner().invoke(_that_ends_with(error), ["import"])
    assert sentence in ended.output
    assert ended.exit_code == status


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (asyncpg.exceptions.ClientConfigurationError("no scheme"), "is no address of a database"),
        (asyncpg.InterfaceError("connection is closed"), "the database cannot be reached"),
    ],
)
async def test_a_rebuild_tells_a_wrong_address_from_a_database_that_is_away(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def migrate(*_: object) -> None:
        raise error

    monkeypatch.setattr(rebuild, "migrate", migrate)
    service: Any = SimpleNamespace(all_migrations=[])
    with pytest.raises(rebuild.CannotRebuild, match=said):
        await rebuild._migrated(service, "into")


def test_a_service_that_is_served_ends_with_the_error_itself() -> None:
    error = KafkaConnectionError()
    assert CliRunner().invoke(_that_ends_with(error), ["serve"]).exception is error


def test_who_reads_only_the_first_lines_is_told_of_no_outage() -> None:
    ended = CliRunner().invoke(_that_ends_with(BrokenPipeError(32, "Broken pipe")), ["import"])
    assert (ended.output, ended.exit_code) == ("", 1)


def _that_ends_with(error: BaseException) -> typer.Typer:
    app = typer.Typer(cls=Plain)

    def work() -> None:
        raise error

    for name in ("serve", "import"):
        app.command(name)(work)
    return app
