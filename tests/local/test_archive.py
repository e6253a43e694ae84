"""Kafka starts from an archive of its classes where there is one, and all the same where there is none."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.archive import archive_path, make_archive
from deploy.local.jars import resolve_jars
from deploy.local.java import find_java
from deploy.local.kafka import KafkaSoftware
from deploy.local.supervisor import Supervisor
from tests.local.helpers import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def supervisor(open_folder: Path) -> Iterator[Supervisor]:
    """Of servers that end with the test."""
    running = Supervisor(open_folder, temporary=True)
    yield running
    running.close()


def software(archive: Path | None, *flags: str) -> KafkaSoftware:
    return KafkaSoftware(find_java(), resolve_jars(), archive, flags)


def a_program_of_kafka(using: KafkaSoftware, folder: Path) -> subprocess.CompletedProcess[str]:
    """One that writes a new id, 22 characters long."""
    command = using.command("kafka.tools.StorageTool", "random-uuid", temporary=folder)
    environment = {**os.environ, **using.environment()}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.skipif(archive_path() is None, reason="the machine's own Java makes none")
def test_an_archive_is_there_once_a_stack_has_made_it_and_java_starts_from_it(
    supervisor: Supervisor, open_folder: Path
) -> None:
    archive = archive_path()
    assert archive is not None
    make_archive(software(archive), supervisor, open_folder / "archive")
    wait_until(archive.exists, 240)
    done = a_program_of_kafka(software(archive, "-XX:AOTMode=on"), open_folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_of_an_archive_that_is_none_kafka_says_nothing_and_starts(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.aot"
    spoilt.write_bytes(b"no archive at all" * 1000)
    done = a_program_of_kafka(software(spoilt), tmp_path)
    assert (done.returncode, len(done.stdout.strip()), done.stderr) == (0, 22, "")


def test_an_archive_is_named_to_java_once_it_is_there(tmp_path: Path) -> None:
    using = software(tmp_path / "kafka.aot")
    named = f"-XX:AOTCache={using.archive}"
    assert named not in using.command("kafka.Kafka", temporary=tmp_path)
    (tmp_path / "kafka.aot").touch()
    assert named in using.command("kafka.Kafka", temporary=tmp_path)
    assert named not in replace(using, archive=None).command("kafka.Kafka", temporary=tmp_path)


def test_a_folder_that_cannot_be_written_leaves_kafka_without_an_archive(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    make_archive(software(tmp_path / "file" / "kafka.aot"), supervisor, tmp_path / "home").join()
    assert not (tmp_path / "home").exists()


def test_a_java_of_the_machines_own_has_no_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert archive_path() is None
