"""Apache Kafka's jars: fetched by jgo, each the very file that the committed lock names.

The lock (kafka.lock.toml, jgo's own format) holds the coordinates, version and SHA-256 of every jar. Only
what it lists is fetched, so no dependency can drift; `write_lock` renews it from the coordinates below.
"""

import fcntl
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from zipfile import ZipFile

from jgo.env import LockedDependency, LockFile
from jgo.maven import MavenContext

from deploy.local.errors import StackError

KAFKA_VERSION = "4.3.1"
#: slf4j-simple is all the logging wanted here. Further logging artefacts bring managed versions of their own,
#: which once turned kafka-clients 4.3.1 into 3.8.0: `write_lock` refuses such a mixture.
COORDINATES = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
LOCK = Path(__file__).with_name("kafka.lock.toml")
MIRROR_VARIABLE = "FINGERPOST_MAVEN"

_PARALLEL_DOWNLOADS = 6
_SECONDS_WITHOUT_AN_ANSWER = 60


def cache_folder() -> Path:
    """Return the folder for downloads: FINGERPOST_CACHE, or ~/.cache/fingerpost."""
    return Path(os.environ.get("FINGERPOST_CACHE") or Path.home() / ".cache" / "fingerpost")


def resolve_jars(lock: Path = LOCK) -> list[Path]:
    """Return the jars named by `lock`, fetching those that the cache lacks and verifying all.

    They come from Maven's public registry, or from its mirror in FINGERPOST_MAVEN. Several programs may do
    this at once. Progress is shown on stderr. Raises StackError where a jar cannot be fetched, or is not the
    one that was locked.
    """
    repository = cache_folder() / "jars"
    repository.mkdir(parents=True, exist_ok=True)
    locked = LockFile.load(lock)
    with (repository / ".lock").open("w") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        missing = [jar for jar in locked.dependencies if not _path(repository, jar).exists()]
        if missing:
            _fetch(missing, repository)
    if errors := locked.verify_checksums(repository):
        raise _not_the_locked(errors, f"Delete {repository} to fetch them afresh.")
    return [_path(repository, jar) for jar in locked.dependencies]


def write_lock(lock: Path = LOCK) -> int:
    """Resolve COORDINATES afresh, write `lock`, and return the number of jars in it.

    Raises StackError where Kafka's own jars would not all have Kafka's version.
    """
    context = _context(cache_folder() / "lock")
    direct, transitive = context.resolver.resolve([context.create_dependency(one) for one in COORDINATES])
    needed = direct + [jar for jar in transitive if jar.scope in ("compile", "runtime")]
    for jar in needed:
        if jar.groupId == "org.apache.kafka" and jar.version != KAFKA_VERSION:
            raise StackError(
                f"{jar.artifactId} came out as {jar.version}, not {KAFKA_VERSION}. See what COORDINATES adds."
            )
    LockFile.from_resolved_dependencies(needed).save(lock)
    return len(needed)


def kafka_version(jars: Iterable[Path]) -> str:
    """Return the version that Kafka's own client jar states."""
    clients = next(jar for jar in jars if jar.name.startswith("kafka-clients-"))
    with ZipFile(clients) as archive:
        properties = archive.read("kafka/kafka-version.properties").decode()
    return next(line.partition("=")[2] for line in properties.splitlines() if line.startswith("version="))


def _fetch(missing: list[LockedDependency], repository: Path) -> None:
    print(f"Fetching {len(missing)} jars of Apache Kafka (44 MB in all, once) ...", file=sys.stderr)
    fetch = partial(_fetch_one, _context(repository / ".partial"), repository)
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
        for count, path in enumerate(pool.map(fetch, missing), start=1):
            if count % 10 == 0 or count == len(missing):
                print(f"  {count} of {len(missing)}: {path.name}", file=sys.stderr)


def _fetch_one(context: MavenContext, repository: Path, jar: LockedDependency) -> Path:
    """Download beside the cache, verify, then move in: an interrupted download leaves nothing behind."""
    partial_file, final = _path(context.repo_cache, jar), _path(repository, jar)
    partial_file.unlink(missing_ok=True)
    component = context.project(jar.groupId, jar.artifactId).at_version(jar.version)
    try:
        component.artifact(jar.classifier or "", jar.packaging).resolve()
    except Exception as error:  # jgo passes on whatever requests, the file system and its own checks raise
        raise StackError(
            f"Cannot fetch {jar.artifactId} {jar.version}: {error}\n"
            f"Look at the network, behind a proxy at REQUESTS_CA_BUNDLE and {MIRROR_VARIABLE}, and try again."
        ) from error
    if errors := LockFile([jar]).verify_checksums(context.repo_cache):
        raise _not_the_locked(errors, "Try again.")
    final.parent.mkdir(parents=True, exist_ok=True)
    return partial_file.replace(final)


def _not_the_locked(errors: list[str], remedy: str) -> StackError:
    told = f"{remedy} If a jar is refused again it was changed at its source: do not run it."
    return StackError("\n  ".join(["Refused, because not the locked file:", *errors]) + f"\n{told}")


def _context(folder: Path) -> MavenContext:
    mirror = os.environ.get(MIRROR_VARIABLE)
    remotes = {"mirror": mirror.rstrip("/")} if mirror else None
    return MavenContext(repo_cache=folder, remote_repos=remotes, timeout=_SECONDS_WITHOUT_AN_ANSWER)


def _path(repository: Path, jar: LockedDependency) -> Path:
    """Return where `jar` is in a Maven repository."""
    name = "-".join(filter(None, (jar.artifactId, jar.version, jar.classifier)))
    return repository.joinpath(
        *jar.groupId.split("."), jar.artifactId, jar.version, f"{name}.{jar.packaging}"
    )
