"""Apache Kafka's jars: fetched by jgo, each the very file that the committed lock names.

The lock (kafka.lock.toml, jgo's own format) holds the coordinates, version and SHA-256 of every jar. Only what it
lists is fetched, so that no dependency can drift; `lock` renews it from the two coordinates below.
"""

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import fasteners
from jgo.env import LockedDependency, LockFile
from jgo.maven import Artifact, MavenContext

from deploy.local.errors import StackError

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
#: slf4j-simple is all the logging wanted here. Further logging artefacts bring managed versions of their own,
#: which once turned kafka-clients 4.3.1 into 3.8.0: `lock` refuses such a mixture.
COORDINATES = (KAFKA, "org.slf4j:slf4j-simple:1.7.36")
LOCK = Path(__file__).with_name("kafka.lock.toml")

_PARALLEL_DOWNLOADS = 6


def cache_folder() -> Path:
    """Return the folder for downloads: FINGERPOST_CACHE, or ~/.cache/fingerpost."""
    return Path(os.environ.get("FINGERPOST_CACHE") or Path.home() / ".cache" / "fingerpost")


def resolve_jars(cache: Path | None = None, lock: Path = LOCK) -> list[Path]:
    """Return the jars named by `lock`, fetching those that the cache lacks and verifying all.

    Several programs may do this at once. Progress is shown on stderr. Raises StackError where a jar cannot be
    fetched, or is not the one that was locked.
    """
    repository = (cache or cache_folder()) / "jars"
    repository.mkdir(parents=True, exist_ok=True)
    locked = LockFile.load(lock)
    with fasteners.InterProcessLock(repository / ".lock"):
        missing = [jar for jar in locked.dependencies if not _path(repository, jar).exists()]
        if missing:
            _fetch(missing, repository)
    if errors := locked.verify_checksums(repository):
        raise StackError(
            "Jars in the cache are not the ones that were locked:\n  "
            + "\n  ".join(errors)
            + f"\nDelete the folder {repository} and try again. If the same jar is refused again, somebody has"
            f" changed it at its source: do not run it."
        )
    return [_path(repository, jar) for jar in locked.dependencies]


def write_lock(cache: Path | None = None, lock: Path = LOCK) -> int:
    """Resolve COORDINATES afresh, write `lock`, and return the number of jars in it.

    Raises StackError where Kafka's own jars would not all have Kafka's version.
    """
    context = MavenContext(repo_cache=(cache or cache_folder()) / "lock")
    wanted = [context.create_dependency(coordinate) for coordinate in COORDINATES]
    direct, transitive = context.resolver.resolve(wanted)
    needed = direct + [dependency for dependency in transitive if dependency.scope in ("compile", "runtime")]
    version = KAFKA.rpartition(":")[2]
    for dependency in needed:
        if dependency.groupId == "org.apache.kafka" and dependency.version != version:
            raise StackError(f"{dependency.artifactId} came out as {dependency.version}, not {version}.")
    LockFile.from_resolved_dependencies(needed).save(lock)
    return len(needed)


def kafka_version(jars: list[Path]) -> str:
    """Return the version that Kafka's own client jar states."""
    clients = next(jar for jar in jars if jar.name.startswith("kafka-clients-"))
    with ZipFile(clients) as archive:
        properties = archive.read("kafka/kafka-version.properties").decode()
    return next(line.partition("=")[2] for line in properties.splitlines() if line.startswith("version="))


def _fetch(missing: list[LockedDependency], repository: Path) -> None:
    """Download into a side folder, verify, then move into place: an interrupted download leaves nothing behind."""
    logging.getLogger("jgo").setLevel(logging.ERROR)
    context = MavenContext(repo_cache=repository / ".partial", timeout=60)
    print(f"Fetching {len(missing)} jars of Apache Kafka (44 MB in all, once) ...", file=sys.stderr)
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS) as pool:
        for count, jar in enumerate(
            pool.map(lambda jar: _fetch_one(context, jar, repository), missing), start=1
        ):
            if count % 10 == 0 or count == len(missing):
                print(f"  {count} of {len(missing)} verified, {jar.name}", file=sys.stderr)


def _fetch_one(context: MavenContext, jar: LockedDependency, repository: Path) -> Path:
    partial, final = _path(context.repo_cache, jar), _path(repository, jar)
    partial.unlink(missing_ok=True)
    artifact: Artifact = (
        context.project(jar.groupId, jar.artifactId).at_version(jar.version).artifact(jar.classifier or "")
    )
    try:
        artifact.resolve()
    except Exception as error:
        raise StackError(
            f"Cannot fetch {jar.artifactId} {jar.version}: {error}\n"
            "Look at the network (and at REQUESTS_CA_BUNDLE behind a proxy), then try again."
        ) from error
    if errors := LockFile([jar]).verify_checksums(context.repo_cache):
        raise StackError(f"Refused a jar that is not the one that was locked: {errors[0]}")
    final.parent.mkdir(parents=True, exist_ok=True)
    return partial.replace(final)


def _path(repository: Path, jar: LockedDependency) -> Path:
    name = "-".join(filter(None, (jar.artifactId, jar.version, jar.classifier)))
    return repository.joinpath(
        *jar.groupId.split("."), jar.artifactId, jar.version, f"{name}.{jar.packaging}"
    )
