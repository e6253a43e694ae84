"""The peers: how each is run, in which setting, and what a reader should know of it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.ports import HOST, accepts, free_ports
from deploy.local.process import ServerProcess
from deploy.local.supervisor import Supervisor
from tests.bench.peers.peer import Recipe

REDIS_IS_THERE = shutil.which("redis-server") is not None
_CELERY = "tests.bench.peers.apps.celery_django"
#: Processes of each Celery worker, and so its sends in flight: a choice for two processors, not a measured best.
_POOL = 8


def _celery(programs: Path, module: str, port: str) -> Mapping[str, list[str]]:
    worker = [str(programs / "celery"), "--skip-checks", "-A", _CELERY, "worker"]
    door = [
        "--bind",
        f"{HOST}:{port}",
        "--workers",
        "1",
        "--threads",
        "16",
        "--keep-alive",
        "60",
        "--no-control-socket",
    ]
    return {
        "prepare": [str(programs / "python"), "-m", _CELERY],
        "web": [str(programs / "gunicorn"), *door, f"{_CELERY}:application"],
        "panels": [*worker, "-Q", "panels", "-n", "panels", "-c", str(_POOL)],
        "notifications": [*worker, "-Q", "notifications", "-n", "notifications", "-c", str(_POOL)],
    }


RECIPES = {
    "faststream": Recipe(
        "FastStream",
        "default",
        ("faststream", "aiokafka"),
        "fast_stream",
        "a record at a time, published after the commit; offsets committed before the work (ACK_FIRST)",
        needs_kafka=True,
    ),
    "faststream-safest": Recipe(
        "FastStream",
        "safest",
        ("faststream", "aiokafka"),
        "fast_stream",
        "NACK_ON_ERROR, acks=all, idempotent producer; 12 sends in flight, one for each partition",
        patience=20,
        needs_kafka=True,
    ),
    "procrastinate": Recipe(
        "procrastinate",
        "safest",
        ("procrastinate",),
        "procrastinate_app",
        "jobs deferred in the transaction of the rows; stalled jobs retried 30 s after the last heartbeat",
        patience=50,
    ),
    "dbos": Recipe(
        "DBOS",
        "safest",
        ("dbos",),
        "dbos_app",
        "workflow enqueued in the transaction of the rows; each executor takes up its own when it starts again",
        patience=15,
    ),
    "celery": Recipe(
        "Celery with Django",
        "default",
        ("celery", "django", "redis"),
        "celery_django",
        f"on_commit, acknowledged before the work; {_POOL} sends in flight; Redis as it comes",
        commands=_celery,
        needs_redis=True,
    ),
    "celery-safest": Recipe(
        "Celery with Django",
        "safest",
        ("celery", "django", "redis"),
        "celery_django",
        f"on_commit, acks_late, reject_on_worker_lost, visibility 10 s; {_POOL} sends in flight; Redis with fsync",
        patience=25,
        commands=_celery,
        needs_redis=True,
    ),
}


class Redis(ServerProcess):
    """The system's Redis, as it comes or writing every command to its disk."""

    def __init__(self, supervisor: Supervisor, folder: Path, *, safest: bool) -> None:
        super().__init__("Redis", supervisor, folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self._safest = free_ports(1)[0], safest

    def command(self) -> Sequence[str]:
        where = ["--port", str(self.port), "--bind", HOST, "--dir", str(self.folder)]
        safely = ["--appendonly", "yes", "--appendfsync", "always"] if self._safest else []
        return ["redis-server", *where, *safely]

    def is_ready(self) -> bool:
        return accepts(f"{HOST}:{self.port}")
