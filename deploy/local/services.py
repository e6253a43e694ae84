"""The three services as processes on a stack: for the demo, journeys, fault tests and benchmarks alike.

    with start_stack() as stack, start_services(stack, smtp=("127.0.0.1", 2525)) as town:
        httpx2.post(f"{town.referrals.url}/api/referrals", headers=town.headers("school"), json=form)
        town.referrals.kill()
        town.referrals.start()

Nothing outlives the program that started them, however it ends.
"""

import re
import secrets
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from joserfc.jwk import ECKey

from chassis import database
from deploy.kafka import apply_topics
from deploy.local.asking import run
from deploy.local.credentials import Credentials, make_credentials
from deploy.local.errors import PortTakenError
from deploy.local.ports import HOST, on_free_ports
from deploy.local.process import ServerProcess
from deploy.local.sign_in import SignInProvider
from deploy.local.stack import Stack
from deploy.local.supervisor import Supervisor

NAMES = ("referrals", "panels", "notifications")
_ROOT = Path(__file__).parents[2]
_PROBE_SECONDS = 3.0
Settings = Mapping[str, str]


class ServiceProcess(ServerProcess):
    """One service. Besides what every server process can do it has an address, a database and a log.

    ``dsn`` is its own address of its database, ``admin_dsn`` the administrator's; ``options`` go to ``serve``.
    """

    def __init__(
        self, name: str, supervisor: Supervisor, folder: Path, dsn: str, admin_dsn: str, settings: Settings
    ) -> None:
        """Describe the service; ``settings`` are environment variables. Nothing runs yet."""
        super().__init__(name, supervisor, folder)
        self.dsn, self.admin_dsn, self.port, self.role = dsn, admin_dsn, 0, "all"
        self._settings, self.options = dict(settings), list[str]()
        self._for_now: dict[str, str] = {}
        self.neighbours: Sequence[ServiceProcess] = ()

    @property
    def url(self) -> str:
        """The address of its HTTP API."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_path(self) -> Path:
        """The file that holds its log, over all of its starts."""
        return self.log

    def start(self, wait: bool = True, *, env: Settings | None = None, role: str = "all") -> None:
        """Start it, on the same port as before, and wait until it is ready.

        ``env`` holds further variables, for this start only. Raises StackError with the end of the log.
        """
        self._for_now, self.role = dict(env or {}), role
        super().start(wait)

    def command(self) -> Sequence[str]:
        """The command that serves."""
        return [sys.executable, "-m", f"services.{self.name}", "serve", "--role", self.role, *self.options]

    def environment(self) -> Settings:
        """Its settings, and where to find the code."""
        prefix = self.name.upper()
        where = {
            f"{prefix}_HOST": HOST,
            f"{prefix}_PORT": str(self.port),
            f"{prefix}_PUBLIC_URL": self.url,
            f"{prefix}_NEIGHBOURS": ", ".join(f"{each.name}={each.url}" for each in self.neighbours),
            "PYTHONPATH": str(_ROOT),
            "PYTHONDONTWRITEBYTECODE": "",  # compiled once, whatever the caller's environment says
        }
        return {**where, **self._settings, **self._for_now}

    def is_ready(self) -> bool:
        """Whether it says so itself."""
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=_PROBE_SECONDS) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError, ValueError):
            return False

    def twin(self) -> "ServiceProcess":
        """One more process of the same service, on the same database and topics. Nothing of it runs yet."""
        folder = self.folder.with_name(f"{self.name}-{secrets.token_hex(3)}")
        folder.mkdir()
        return ServiceProcess(self.name, self._supervisor, folder, self.dsn, self.admin_dsn, self._settings)

    def migrate(self) -> None:
        """Bring its database up to date, as its command ``migrate`` does, but without a process for it."""
        own = _ROOT / "services" / self.name / "migrations"
        run(database.migrate(self.dsn, database.migrations(database.CHASSIS_MIGRATIONS, own)))

    def operate(self, *command: str) -> None:
        """Run one of its operators' commands, such as ``staff load FILE``. Raises StackError with what it said."""
        whole = [sys.executable, "-m", f"services.{self.name}", *command]
        self._supervisor.run(whole, self.folder / "operator.log", self.environment())

    def start_on_a_free_port(self, role: str = "all") -> None:
        """Start it on a port that is free, and wait until it is ready."""

        def start(ports: list[int]) -> None:
            self.port = ports[0]
            self.start(role=role)

        on_free_ports(1, start)


class Town:
    """The three services of one authority, and everything that its callers need."""

    def __init__(self, stack: Stack, prefix: str, folder: Path, credentials: Credentials) -> None:
        """Join what `start_services` made; programs call that instead."""
        self.stack, self.prefix, self.folder = stack, prefix, folder
        self.credentials = credentials
        self.services: dict[str, ServiceProcess] = {}

    @property
    def referrals(self) -> ServiceProcess:
        """The referrals service."""
        return self.services["referrals"]

    @property
    def panels(self) -> ServiceProcess:
        """The panels service."""
        return self.services["panels"]

    @property
    def notifications(self) -> ServiceProcess:
        """The notifications service."""
        return self.services["notifications"]

    @property
    def tokens(self) -> Mapping[str, str]:
        """Bearer tokens: school, school:<URN>, team, co-ordinator, officer, operator, notify, driver."""
        return self.credentials.tokens

    @property
    def senders(self) -> Mapping[str, ECKey]:
        """The signing keys of school systems, by their ``ce_source``."""
        return self.credentials.senders

    @property
    def recipient(self) -> ECKey:
        """The key that submissions are sealed for (use its public part)."""
        return self.credentials.recipient

    def headers(self, caller: str) -> dict[str, str]:
        """The HTTP header that authorises this caller."""
        return {"Authorization": f"Bearer {self.tokens[caller]}"}

    def topic(self, name: str) -> str:
        """A topic's name as the cluster knows it."""
        return self.prefix + name

    def start(self, ports: Sequence[int]) -> None:
        """Start every service, each with the way to the others. Raises PortTakenError, with none of them running."""
        every = list(self.services.values())
        for service, port in zip(every, ports, strict=True):
            service.port, service.neighbours = port, [each for each in every if each is not service]
        try:
            _for_each(every, lambda service: service.start())
        except PortTakenError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every service, all at once."""
        _for_each(self.services.values(), lambda service: service.stop())


#: By the real clock, whoever tries a town at night does not wait for the morning.
_AT_ANY_HOUR = {"notifications": {"NIGHT_FROM": "00:00", "NIGHT_UNTIL": "00:00", "FREE_DAYS": "none"}}


@contextmanager
def start_services(
    stack: Stack,
    *,
    profile: Literal["demo", "test"] = "test",
    clock_start: datetime | None = None,
    smtp: tuple[str, int] | None = None,
    prefix: str = "",
    school_urns: Iterable[str] = (),
    senders: Mapping[str, Iterable[str]] | None = None,
    env: Mapping[str, Settings] | None = None,
    folder: Path | None = None,
    names: Sequence[str] = NAMES,
    database_at: Mapping[str, str] | None = None,
    sign_in: SignInProvider | None = None,
    clamd: str = "",
) -> Iterator[Town]:
    """Topics, databases, secrets and processes; ready when the block begins, gone when it ends.

    ``clock_start`` makes the business clock a stepped one that begins there. Without ``smtp`` (host, port)
    messages go to the fake provider, which only the profile test allows. ``prefix`` goes before the names of
    topics and databases, so that several towns share a stack. ``school_urns`` get a token each, ``senders`` are
    school systems by ``ce_source`` with their URNs. ``env`` adds variables by service. Logs are in ``folder``;
    without one they are temporary. ``names`` leaves services out. ``database_at`` has, by service, another
    address ("host:port") at which it is to reach PostgreSQL. ``sign_in`` is the provider that people sign in by
    (`deploy.local.sign_in`); without one nobody can. ``clamd`` ("host:port") scans what is uploaded; without one it
    stays quarantined. Raises StackError.
    """
    logs = Path(folder or tempfile.mkdtemp(prefix="fingerpost-services-"))
    supervisor = Supervisor(logs, temporary=folder is None)
    try:
        town = Town(stack, prefix, logs, make_credentials(school_urns, senders or {}))
        run(apply_topics(stack.bootstrap, prefix))
        for name in names:
            common = _settings(town, name, profile, clock_start)
            special = _special(town, name, smtp, clamd)
            people = sign_in.settings(name) if sign_in else {}
            settings = {**common, **special, **people, **(env or {}).get(name, {})}
            town.services[name] = _described(town, name, supervisor, settings, (database_at or {}).get(name))
        _for_each(town.services.values(), lambda service: service.migrate())
        on_free_ports(len(town.services), town.start)
        yield town
        town.stop()
    finally:
        supervisor.close()


def _described(
    town: Town, name: str, supervisor: Supervisor, settings: Settings, database_at: str | None
) -> ServiceProcess:
    database = f"{re.sub('[^a-z0-9]', '_', town.prefix.lower())}{name}"
    dsn = town.stack.create_database(database, database, secrets.token_urlsafe(24))
    admin = urlunsplit(urlsplit(town.stack.postgres)._replace(path=f"/{database}"))
    folder = town.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    known = {f"{name.upper()}_DATABASE": _at(dsn, database_at) if database_at else dsn, **settings}
    return ServiceProcess(name, supervisor, folder, dsn, admin, known)


def _at(dsn: str, address: str) -> str:
    """The same database and login, at another address."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{address}"))


def _settings(town: Town, name: str, profile: str, clock_start: datetime | None) -> Settings:
    """What every service is told."""
    stepped = {"CLOCK": "stepped", "CLOCK_START": clock_start.isoformat() if clock_start else ""}
    values = {
        "PROFILE": profile,
        "KAFKA": ",".join(town.stack.bootstrap),
        "TOPIC_PREFIX": town.prefix,
        "TOKENS": town.credentials.tokens_of(name),
        "KEYRINGS": town.credentials.rings_of(name),
        **(stepped if clock_start else _AT_ANY_HOUR.get(name, {})),
    }
    return {f"{name.upper()}_{key}": value for key, value in values.items()}


def _special(town: Town, name: str, smtp: tuple[str, int] | None, clamd: str) -> Settings:
    """What only this service is told."""
    if name == "referrals":
        return {
            "REFERRALS_IDENTITY_SECRET": town.credentials.identity_secret,
            "REFERRALS_SUBMISSION_KEYS": town.credentials.submission_keys(),
            "REFERRALS_SENDERS": town.credentials.registered_senders(),
            "REFERRALS_EVIDENCE_STORE": (town.folder / name / "evidence").as_uri(),
            "REFERRALS_CLAMD": clamd,
        }
    if name == "notifications" and smtp is None:
        return {"NOTIFICATIONS_CHANNEL": "fake"}
    if name == "notifications" and smtp is not None:
        return {
            "NOTIFICATIONS_SMTP_HOST": smtp[0],
            "NOTIFICATIONS_SMTP_PORT": str(smtp[1]),
            "NOTIFICATIONS_SMTP_TLS": "off",
        }
    return {}


def _for_each(services: Iterable[ServiceProcess], do: Callable[[ServiceProcess], None]) -> None:
    """Do the same with all at once; raise the first error after all have ended."""
    with ThreadPoolExecutor(len(NAMES)) as threads:
        for done in [threads.submit(do, service) for service in services]:
            done.result()
