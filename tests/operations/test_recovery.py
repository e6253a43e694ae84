"""Every service's database is lost and restored from an older backup, while Kafka and the mail server went on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from deploy.local import Stack
from deploy.local.errors import StackError
from deploy.local.services import ServiceProcess, Town, start_services
from tests.faults.load import SENDERS, Load, Pace
from tests.faults.oracle import drain, examine
from tests.operations.operator import ask, ask_together
from tests.operations.test_rebuild import sql
from tests.support.ledger import Ledger
from tests.support.mail import MailSink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def town(stack: Stack, sink: MailSink, tmp_path: Path) -> Iterator[Town]:
    with start_services(
        stack, prefix=f"lost{uuid4().hex[:6]}.", smtp=sink.address, folder=tmp_path, senders=SENDERS
    ) as running:
        yield running


def copy(stack: Stack, service: ServiceProcess, source: str, target: str) -> None:
    """Makes the database ``target`` as a copy of ``source``; nobody may be connected to that."""

    async def run() -> None:
        conn = await asyncpg.connect(stack.postgres)
        try:
            await conn.execute(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)')
            owner = name_of(service)
            await conn.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" OWNER "{owner}"')
        finally:
            await conn.close()

    asyncio.run(run())


def name_of(service: ServiceProcess) -> str:
    return urlsplit(service.dsn).path.removeprefix("/")


def test_after_a_recovery_nothing_is_lost_told_twice_or_given_the_same_version(
    stack: Stack, town: Town, sink: MailSink
) -> None:
    ledger = Ledger()
    load = Load(town, ledger)
    load.run(Pace(8, submits=3), lambda: True)
    drain(town, 120)
    town.stop()
    for service in town.services.values():
        copy(stack, service, name_of(service), f"{name_of(service)}_backup")
        service.start(wait=False)
    for service in town.services.values():
        service.wait_until_ready()
    load.run(Pace(8, submits=3), lambda: True)
    drain(town, 120)
    mails = len(sink.mails)
    assert mails > 20

    town.stop()
    for service in town.services.values():
        copy(stack, service, f"{name_of(service)}_backup", name_of(service))
    with pytest.raises(StackError, match="restore a newer backup"):
        town.referrals.start()
    for said in ask_together(town, *[(name, "recover", "--reason", "disk lost") for name in town.services]):
        assert "the service may write again" in said
    for said in ask_together(town, *[(name, "audit") for name in town.services]):
        assert "because: disk lost" in said
    for service in town.services.values():
        service.start(wait=False)
    for service in town.services.values():
        service.wait_until_ready()
    drain(town, 120)
    assert len(sink.mails) == mails, "nobody is told again"
    assert "stop it first" in ask(town, "panels", "recover", "--reason", "by mistake", status=2)
    load.run(Pace(3), lambda: True)
    drain(town, 120)
    findings = examine(town, ledger, sink)
    assert findings.broken == []
    assert (findings.lost, findings.doubled) == (0, 0)
    assert sql(town.notifications.dsn, "SELECT count(*) AS n FROM message WHERE phase = 'held'")[0]["n"] == 0
