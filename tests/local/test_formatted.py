"""A broker's folder is formatted by Kafka's own tool once; from then on it is made ready in the same way without it."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.archive import archive_path
from deploy.local.formatted import format_as_before, keep_format, new_id
from deploy.local.jars import KAFKA_VERSION, resolve_jars
from deploy.local.java import find_java
from deploy.local.kafka import Broker, KafkaSoftware
from deploy.local.supervisor import Supervisor


@pytest.fixture
def supervisor(open_folder: Path) -> Iterator[Supervisor]:
    """Of programs that end with the test."""
    running = Supervisor(open_folder, temporary=True)
    yield running
    running.close()


def ids_of(data: Path) -> dict[str, str]:
    lines = (data / "meta.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_what_kafkas_tool_has_made_once_is_made_without_it_but_for_the_ids(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    software = KafkaSoftware(find_java(), resolve_jars(), archive_path())
    monkeypatch.setenv("FINGERPOST_CACHE", str(tmp_path / "cache"))
    made = {}
    for name, using in ("tool", software), ("kept", replace(software, java=tmp_path / "no-java")):
        home = tmp_path / name
        home.mkdir()
        broker = Broker(1, new_id(), using, supervisor, home)
        broker.configure([1], [2])
        broker.format()
        made[name] = broker.folder / "data"
    by_tool, as_kept = (sorted(path.name for path in made[name].iterdir()) for name in made)
    assert by_tool == as_kept == ["bootstrap.checkpoint", "meta.properties"]
    first, second = (ids_of(made[name]) for name in made)
    assert first.keys() == second.keys()
    differing = {name for name in first if first[name] != second[name]}
    assert differing == {"cluster.id", "directory.id"}
    assert {len(second[name]) for name in differing} == {22}


def test_a_cache_that_cannot_be_written_leaves_it_to_the_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bootstrap.checkpoint").touch()
    monkeypatch.setenv("FINGERPOST_CACHE", str(tmp_path / "bootstrap.checkpoint"))
    keep_format(tmp_path)
    assert not format_as_before(tmp_path / "data", new_id(), 1)
    assert not (tmp_path / "data").exists()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the cache keeps what Kafka's tool made."""
    monkeypatch.setenv("FINGERPOST_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "started" / f"kafka-{KAFKA_VERSION}.checkpoint"


def test_what_is_kept_may_be_read_by_whoever_may_read_the_rest_of_the_cache(
    tmp_path: Path, kept: Path
) -> None:
    made_by_tool = tmp_path / "bootstrap.checkpoint"
    made_by_tool.touch()
    keep_format(tmp_path)
    assert stat.S_IMODE(kept.stat().st_mode) == stat.S_IMODE(made_by_tool.stat().st_mode)


def test_what_cannot_be_read_leaves_it_to_the_tool(tmp_path: Path, kept: Path) -> None:
    kept.mkdir(parents=True)
    assert not format_as_before(tmp_path / "data", new_id(), 1)
    assert not (tmp_path / "data").exists()


def test_what_cannot_be_kept_leaves_nothing_behind(tmp_path: Path, kept: Path) -> None:
    (tmp_path / "bootstrap.checkpoint").touch()
    kept.mkdir(parents=True)
    keep_format(tmp_path)
    assert list(kept.parent.iterdir()) == [kept]
