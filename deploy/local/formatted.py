"""A broker's data folder made ready without a Java, once Kafka's own tool has made one: that spares a start of Java.

The tool writes two files. One holds the ids of the cluster, of the broker and of the folder. The other begins the
cluster's metadata and depends on nothing but Kafka's version, so it is kept beside the archive of classes and copied.
"""

import base64
import secrets
from contextlib import suppress
from pathlib import Path

from deploy.local.jars import KAFKA_VERSION, cache_folder

_IDS, _BEGINNING = "meta.properties", "bootstrap.checkpoint"
_WITH_IDS = """\
cluster.id={cluster}
directory.id={folder}
node.id={node}
version=1
"""


def new_id() -> str:
    """Return a new id in Kafka's form: 16 bytes in URL-safe base64."""
    # The first byte is zero because an id may not begin with "-", which base64 makes of others.
    return base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")


def is_formatted(data: Path) -> bool:
    """Say whether `data` belongs to a cluster already."""
    return (data / _IDS).exists()


def format_as_before(data: Path, cluster_id: str, node_id: int) -> bool:
    """Make `data` ready for this broker of the cluster; answer False, with nothing done, where nobody kept how.

    What may not be read, in a cache of several users, was not kept either.
    """
    try:
        beginning = _kept().read_bytes()
    except OSError:
        return False
    data.mkdir(mode=0o700, exist_ok=True)
    (data / _BEGINNING).write_bytes(beginning)
    # Last: a folder without it is not formatted.
    (data / _IDS).write_text(_WITH_IDS.format(cluster=cluster_id, folder=new_id(), node=node_id))
    return True


def keep_format(data: Path) -> None:
    """Keep how Kafka's tool formatted `data`. Where the cache cannot be written the tool does it the next time too."""
    half = _kept().with_suffix(f".{secrets.token_hex(8)}")  # several programs may do this at once
    with suppress(OSError):
        half.parent.mkdir(parents=True, exist_ok=True)
        try:
            half.write_bytes((data / _BEGINNING).read_bytes())
            half.replace(_kept())
        finally:
            half.unlink(missing_ok=True)


def _kept() -> Path:
    return cache_folder() / "started" / f"kafka-{KAFKA_VERSION}.checkpoint"
