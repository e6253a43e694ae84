"""The rig: a cluster of three, PostgreSQL, a mail server, and wires with weather between them and the services.

The town stays up over many runs while its ledger grows; `Rig.fresh` builds another one on the same servers.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from deploy.local import Stack, start_stack
from deploy.local.kafka import Listener
from deploy.local.notify import KEY, TEMPLATES, NotifyServer
from deploy.local.services import NAMES, ServiceProcess, Settings, Town, start_services
from tests.faults import cluster
from tests.faults.load import SENDERS, Load
from tests.faults.oracle import drain
from tests.support.clamd import clamd_beside
from tests.support.ledger import Ledger
from tests.support.mail import MailSink
from tests.support.proxy import Proxy, Wire

START_SECONDS = 60.0
DRAIN_SECONDS = 120.0
SHUTDOWN_SECONDS = 12
#: The shortest lease that the settings allow for a mail server that is given one second.
_HASTE = {"SMTP_SECONDS": "1", "LEASE_SECONDS": "9", "GROUP": "4"}
_BY_NOTIFY = {
    "EMAIL_BY": "notify",
    "NOTIFY_KEY": KEY,
    "NOTIFY_EMAIL_TEMPLATE": TEMPLATES["email"],
    "NOTIFY_SECONDS": "1",
}


@dataclass
class Wires:
    """One to each server for each service, so that any of them can be cut off alone.

    ``kafka`` is by service and broker; empty on a cluster that is not the rig's own.
    """

    postgres: dict[str, Wire]
    provider: Wire
    scanner: Wire
    kafka: dict[tuple[str, int], Wire] = field(default_factory=dict)

    def all(self) -> list[Wire]:
        """Every wire there is."""
        return [*self.kafka.values(), *self.postgres.values(), self.provider, self.scanner]

    def to_kafka(self, *services: str) -> list[Wire]:
        """Those of these services, or of all, to every broker."""
        return [wire for (name, _), wire in self.kafka.items() if name in (services or NAMES)]

    def to_postgres(self, *services: str) -> list[Wire]:
        """Those of these services, or of all."""
        return [self.postgres[name] for name in services or NAMES]


class Rig:
    """What a fault works on: ``town``, ``stack``, ``wires``, ``sink``, ``ledger``, ``load``, ``folder``.

    ``by_notify``: this town tells its families by GOV.UK Notify (``notify``), and not by the mail server (``sink``).
    """

    def __init__(self, stack: Stack, wires: Wires, folder: Path) -> None:
        """Made by `cluster_rig` and `small_rig`. There is no town before `fresh`."""
        self.stack, self.wires, self.folder = stack, wires, folder
        self._town = ExitStack()
        self.town: Town
        self.sink: MailSink
        self.notify: NotifyServer
        self.by_notify = False
        self.ledger: Ledger
        self.load: Load

    def fresh(self, by_notify: bool | None = None) -> None:
        """A new town with an empty ledger, in place of the one there was; the families told as there, unless said."""
        self.by_notify = self.by_notify if by_notify is None else by_notify
        self.close_town()
        self.heal_servers()
        prefix = f"rig{uuid4().hex[:6]}."
        self.sink = self._town.enter_context(MailSink(seconds=0.02))
        self.notify = self._town.enter_context(NotifyServer())
        self.wires.provider.target = self.sink.address
        self.wires.scanner.target = _address(self._town.enter_context(clamd_beside()).address)
        folder = self.folder / prefix.rstrip(".")
        folder.mkdir()
        self.town = self._town.enter_context(
            start_services(
                self.stack,
                prefix=prefix,
                smtp=self.wires.provider.address,
                senders=SENDERS,
                env={name: self._settings(name) for name in NAMES},
                folder=folder,
                clamd=_text(self.wires.scanner),
                database_at={name: _text(wire) for name, wire in self.wires.postgres.items()},
            )
        )
        self.ledger = Ledger()
        self.load = Load(self.town, self.ledger, self._first_mail_to)
        drain(self.town, DRAIN_SECONDS)

    def _settings(self, name: str) -> Settings:
        kafka = [_text(wire) for (service, _), wire in self.wires.kafka.items() if service == name]
        known = {
            "SHUTDOWN_SECONDS": str(SHUTDOWN_SECONDS),
            **(self._telling() if name == "notifications" else {}),
        }
        return {f"{name.upper()}_{key}": value for key, value in _and(known, "KAFKA", kafka).items()}

    def _telling(self) -> Settings:
        return _HASTE | (_BY_NOTIFY | {"NOTIFY_URL": self.notify.url} if self.by_notify else {})

    def _first_mail_to(self, address: str) -> str | None:
        """What the family at this address was told first, or None as long as it has heard nothing."""
        mailed = (mail.body for mail in self.sink.mails if mail.recipient == address)
        notified = (one.words["body"] for one in list(self.notify.sent) if one.to == address)
        return next(notified if self.by_notify else mailed, None)

    def clear_weather(self) -> None:
        """Every wire lets everything through."""
        for wire in self.wires.all():
            wire.heal()

    def heal_servers(self) -> None:
        """Good weather, every broker back in the cluster, PostgreSQL up."""
        self.clear_weather()
        if self.wires.kafka:  # the cluster is ours
            cluster.restore(self.stack)
            if not self.stack.database.running:
                self.stack.database.start()

    def heal(self) -> None:
        """Everything as it was before the fault, each service running; what broke stays broken in the data."""
        self.heal_servers()
        self.sink.become("well")
        self.notify.become("well")
        for service in self.town.services.values():
            service.resume()
            service.start(wait=False)
        for service in self.town.services.values():
            wait_for_start(service)

    def drain(self) -> float:
        """Waits until nothing is left to do; answers the seconds. Raises AssertionError after DRAIN_SECONDS."""
        return drain(self.town, DRAIN_SECONDS)

    @contextmanager
    def second_worker(self, name: str, role: str = "worker") -> Iterator[ServiceProcess]:
        """One more process of this service for as long as the block lasts; one for ``all`` answers HTTP, too."""
        twin = self.town.services[name].twin()
        twin.start_on_a_free_port(role)
        try:
            yield twin
        finally:
            twin.resume()
            twin.stop()

    def close_town(self) -> None:
        """Ends the town, if there is one; its logs stay where they are."""
        self._town.close()


@contextmanager
def cluster_rig(folder: Path) -> Iterator[Rig]:
    """A rig on three brokers and a PostgreSQL of its own. Has a town when the block begins."""
    folder.mkdir(parents=True, exist_ok=True)
    with Proxy() as proxy:
        kafka = {(name, node): proxy.wire() for name in NAMES for node in (1, 2, 3)}
        listeners = [
            Listener(name.upper(), tuple(_text(kafka[name, node]) for node in (1, 2, 3))) for name in NAMES
        ]
        with start_stack(3, listeners=listeners) as stack:
            for broker in stack.brokers:
                for name in NAMES:
                    kafka[name, broker.node_id].target = _address(broker.ways_in[name.upper()])
            with _with_town(Rig(stack, _wires(proxy, stack, kafka), folder)) as rig:
                yield rig


@contextmanager
def small_rig(stack: Stack, folder: Path) -> Iterator[Rig]:
    """A rig on somebody else's servers: no wires to Kafka, and no server to be harmed. Has a town."""
    with Proxy() as proxy, _with_town(Rig(stack, _wires(proxy, stack, {}), folder)) as rig:
        yield rig


@contextmanager
def _with_town(rig: Rig) -> Iterator[Rig]:
    try:
        rig.fresh()
        yield rig
    finally:
        rig.close_town()


def _wires(proxy: Proxy, stack: Stack, kafka: dict[tuple[str, int], Wire]) -> Wires:
    at = urlsplit(stack.postgres)
    server = (at.hostname or "", at.port or 5432)
    return Wires({name: proxy.wire(server) for name in NAMES}, proxy.wire(), proxy.wire(), kafka)


def wait_for_start(service: ServiceProcess) -> None:
    """Until it is ready, or has ended already."""
    end = time.monotonic() + START_SECONDS
    while service.running and not service.is_ready():
        assert time.monotonic() < end, f"{service.name} did not become ready"
        time.sleep(0.05)


def has_ended(service: ServiceProcess) -> bool:
    """Whether its process is no more."""
    return not service.running


def _and(known: Mapping[str, str], key: str, values: list[str]) -> Mapping[str, str]:
    return {**known, key: ",".join(values)} if values else known


def _text(wire: Wire) -> str:
    return f"{wire.address[0]}:{wire.address[1]}"


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)
