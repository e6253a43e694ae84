"""Only the very jars that were locked are used, from wherever they come."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from jgo.env import LockedDependency, LockFile

from deploy.local import StackError
from deploy.local.jars import KAFKA_VERSION, LOCK, resolve_jars

CONTENTS = {"first": b"the first jar", "second": b"the second jar"}


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a small Maven mirror, from which jars are fetched into an empty cache."""
    folder = tmp_path / "mirror"
    for name, content in CONTENTS.items():
        path = folder / "example" / name / "1.0" / f"{name}-1.0.jar"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        path.with_suffix(".jar.sha1").write_text(hashlib.sha1(content).hexdigest())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("FINGERPOST_MAVEN", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("FINGERPOST_CACHE", str(tmp_path / "cache"))
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of both jars."""
    jars = [
        LockedDependency("example", name, "1.0", sha256=hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    ]
    LockFile(jars).save(tmp_path / "lock.toml")
    return tmp_path / "lock.toml"


def test_missing_jars_are_fetched_once_and_progress_is_shown(
    mirror: Path, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [jar.read_bytes() for jar in resolve_jars(lock)] == list(CONTENTS.values())
    assert "Fetching 2 jars" in capsys.readouterr().err
    assert len(resolve_jars(lock)) == 2
    assert capsys.readouterr().err == ""


def test_several_programs_may_fetch_at_once(mirror: Path, lock: Path) -> None:
    with ThreadPoolExecutor(8) as programs:
        for jars in programs.map(resolve_jars, [lock] * 8):
            assert [jar.read_bytes() for jar in jars] == list(CONTENTS.values())


def test_a_jar_changed_at_its_source_is_refused_and_not_kept(mirror: Path, lock: Path) -> None:
    changed = mirror / "example" / "second" / "1.0" / "second-1.0.jar"
    changed.write_bytes(b"something else")
    changed.with_suffix(".jar.sha1").write_text(hashlib.sha1(b"something else").hexdigest())
    with pytest.raises(StackError, match=r"not the locked file:\n  example:second:1\.0 checksum mismatch"):
        resolve_jars(lock)
    changed.write_bytes(CONTENTS["second"])
    changed.with_suffix(".jar.sha1").unlink()
    assert len(resolve_jars(lock)) == 2


def test_a_jar_changed_in_the_cache_is_refused_with_what_to_do(mirror: Path, lock: Path) -> None:
    resolve_jars(lock)[0].write_bytes(b"something else")
    with pytest.raises(StackError, match=r"example:first:1\.0 checksum mismatch(.|\n)*Delete .*cache.jars"):
        resolve_jars(lock)


def test_a_jar_that_cannot_be_fetched_is_named(mirror: Path, lock: Path) -> None:
    (mirror / "example" / "first" / "1.0" / "first-1.0.jar").unlink()
    with pytest.raises(StackError, match=r"Cannot fetch first 1\.0(.|\n)*Look at the network"):
        resolve_jars(lock)


def test_the_committed_lock_holds_one_version_of_kafka_a_checksum_per_jar_and_no_address() -> None:
    locked = LockFile.load(LOCK).dependencies
    kafka = [jar for jar in locked if jar.groupId == "org.apache.kafka"]
    assert {jar.version for jar in kafka} == {KAFKA_VERSION}
    assert all(jar.sha256 for jar in locked)
    assert "://" not in LOCK.read_text()
