"""Apache Kafka as local processes: one broker, or a real cluster of three."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from aiokafka.errors import KafkaError

from deploy.local.asking import describe_cluster
from deploy.local.errors import StackError
from deploy.local.formatted import format_as_before, is_formatted, keep_format, new_id
from deploy.local.ports import HOST, accepts, on_free_ports
from deploy.local.process import ServerProcess
from deploy.local.supervisor import Supervisor

# Small and quick to start rather than fast for days; and nothing written outside the stack's folder.
_JVM_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx640m", "-XX:-UsePerfData")
#: Of an archive of classes that is not whole, or not of these jars, Java says nothing and does without.
_FROM_ARCHIVE = ("-XX:+VerifySharedSpaces", "-Xlog:aot*=off,cds*=off")
_LOGGING = tuple(
    f"-Dorg.slf4j.simpleLogger.{setting}"
    for setting in ("defaultLogLevel=warn", "showDateTime=true", "dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS")
)

# The session is shorter than Kafka's 9 seconds: a killed broker is taken back only once its old session ended.
_PROPERTIES = """\
process.roles=broker,controller
node.id={node_id}
controller.quorum.voters={voters}
listeners={listeners}
advertised.listeners={advertised}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map={protocols}
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor={replicas}
min.insync.replicas={in_sync}
unclean.leader.election.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=5
offsets.topic.replication.factor={replicas}
transaction.state.log.num.partitions=5
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=5
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={in_sync}
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=4000
log.cleaner.dedupe.buffer.size=16777216
"""


@dataclass(frozen=True)
class Listener:
    """One more way in to every broker, for clients that come through something in between, such as a proxy.

    ``advertised`` are the addresses ("host:port") at which those clients find broker 1, 2, …. ``settings`` are
    further lines of the brokers' configuration.
    """

    name: str
    advertised: tuple[str, ...]
    protocol: Literal["PLAINTEXT", "SSL"] = "PLAINTEXT"
    settings: str = ""


@dataclass(frozen=True)
class KafkaSoftware:
    """What a broker runs on."""

    java: Path
    jars: list[Path]
    #: Where its classes are kept for a quick start once somebody has done so: `deploy.local.archive`.
    archive: Path | None = None
    #: Further flags for Java.
    flags: tuple[str, ...] = ()

    def command(self, main_class: str, *arguments: str, temporary: Path) -> list[str]:
        """Return the command for one of Kafka's programs, which unpacks native libraries in `temporary`."""
        scratch = f"-Djava.io.tmpdir={temporary}"
        flags = (*_JVM_FLAGS, *self._from_archive(), *self.flags, *_LOGGING, scratch)
        return [str(self.java), *flags, main_class, *arguments]

    def environment(self) -> Mapping[str, str]:
        """Return the environment of such a command; the class path is too long for a command line."""
        return {"CLASSPATH": os.pathsep.join(map(str, self.jars))}

    def _from_archive(self) -> tuple[str, ...]:
        there = self.archive is not None and self.archive.exists()
        return (f"-XX:AOTCache={self.archive}", *_FROM_ARCHIVE) if there else ()


class Broker(ServerProcess):
    """One broker, a controller of the quorum at the same time."""

    def __init__(
        self, node_id: int, cluster_id: str, software: KafkaSoftware, supervisor: Supervisor, home: Path
    ) -> None:
        """Describe the broker `node_id` of the cluster, its data under `home`. Nothing runs yet."""
        folder = home / f"kafka-{node_id}"
        super().__init__(f"Kafka broker {node_id}", supervisor, folder)
        self.node_id = node_id
        self.cluster_id = cluster_id
        self.port = 0
        #: Where the broker really listens for those who come by a further listener, by its name.
        self.ways_in: dict[str, str] = {}
        self._software = software
        self._temporary = folder / "tmp"
        for made in (folder, self._temporary):
            made.mkdir(mode=0o700, exist_ok=True)

    @property
    def address(self) -> str:
        """Where clients find the broker: "host:port"."""
        return f"{HOST}:{self.port}"

    def configure(
        self,
        ports: list[int],
        controller_ports: list[int],
        further: Mapping[Listener, int] = MappingProxyType({}),
    ) -> None:
        """Write the broker's configuration, given the ports of all brokers and its own of further listeners."""
        self.port = ports[self.node_id - 1]
        self.ways_in = {listener.name: f"{HOST}:{port}" for listener, port in further.items()}
        advertised = {
            "PLAINTEXT": self.address,
            **{each.name: each.advertised[self.node_id - 1] for each in further},
        }
        controller = {"CONTROLLER": f"{HOST}:{controller_ports[self.node_id - 1]}"}
        listening = {"PLAINTEXT": self.address, **self.ways_in, **controller}
        protocols = {each.name: each.protocol for each in further}
        # A static quorum: a dynamic one would write the ports into the data, and they change between runs.
        voters = ",".join(
            f"{node_id}@{HOST}:{port}" for node_id, port in enumerate(controller_ports, start=1)
        )
        self._configuration.write_text(
            _PROPERTIES.format(
                node_id=self.node_id,
                voters=voters,
                listeners=_joined(listening),
                advertised=_joined(advertised),
                protocols=",".join(f"{name}:{protocols.get(name, 'PLAINTEXT')}" for name in listening),
                data=self.folder / "data",
                replicas=len(ports),
                in_sync=2 if len(ports) == 3 else 1,
            )
            + "".join(f"{each.settings}\n" for each in further)
        )

    def format(self) -> None:
        """Prepare the data folder for the cluster if that is still to do. Raises StackError on failure."""
        data = self.folder / "data"
        if is_formatted(data) or format_as_before(data, self.cluster_id, self.node_id):
            return
        format_it = (
            "kafka.tools.StorageTool",
            "format",
            "-t",
            self.cluster_id,
            "-c",
            str(self._configuration),
        )
        self._supervisor.run(self._command(*format_it), self.folder / "format.log", self.environment())
        keep_format(data)

    def command(self) -> Sequence[str]:
        """Return the command that runs the broker."""
        return self._command("kafka.Kafka", str(self._configuration))

    def environment(self) -> Mapping[str, str]:
        """Return the class path."""
        return self._software.environment()

    def is_ready(self) -> bool:
        """Say whether this broker answers as a member of its cluster."""
        if not accepts(self.address):
            return False
        try:
            cluster = describe_cluster([self.address])
        except KafkaError:
            return False
        return cluster.cluster_id == self.cluster_id and self.node_id in cluster.brokers

    @property
    def _configuration(self) -> Path:
        return self.folder / "server.properties"

    def _command(self, main_class: str, *arguments: str) -> list[str]:
        return self._software.command(main_class, *arguments, temporary=self._temporary)


def start_brokers(
    count: int,
    software: KafkaSoftware,
    supervisor: Supervisor,
    home: Path,
    listeners: Sequence[Listener] = (),
) -> list[Broker]:
    """Start `count` brokers with their data in `home` and wait until they form one cluster.

    `listeners` are further ways in, beside the direct one.
    Data left there by an earlier run are taken up again. Raises StackError where the brokers do not start, or
    `home` holds a cluster of another size.
    """
    before = len(list(home.glob("kafka-*")))
    if before not in (0, count):
        raise StackError(
            f"{home} holds a cluster of {before}, not {count}: name another folder, or delete it."
        )
    cluster_id = _cluster_id(home / "cluster-id")
    brokers = [Broker(node_id, cluster_id, software, supervisor, home) for node_id in range(1, count + 1)]

    def start(ports: list[int]) -> list[Broker]:
        try:
            _start_together(brokers, ports, listeners)
        except StackError:
            for broker in brokers:
                broker.kill()
            raise
        return brokers

    return on_free_ports((2 + len(listeners)) * count, start)


def _start_together(brokers: list[Broker], ports: list[int], listeners: Sequence[Listener]) -> None:
    """Give each broker its share of `ports`, which hold one for every listener of every broker."""
    count = len(brokers)
    direct, controllers, *others = (ports[n : n + count] for n in range(0, len(ports), count))
    for place, broker in enumerate(brokers):
        further = {each: its[place] for each, its in zip(listeners, others, strict=True)}
        broker.configure(direct, controllers, further)
    with ThreadPoolExecutor() as together:
        list(together.map(Broker.format, brokers))
    for broker in brokers:
        broker.start(wait=False)
    for broker in brokers:
        broker.wait_until_ready()


def _joined(addresses: Mapping[str, str]) -> str:
    return ",".join(f"{name}://{address}" for name, address in addresses.items())


def _cluster_id(kept: Path) -> str:
    """Return the id kept from an earlier run, or a new one."""
    if not kept.exists():
        kept.write_text(new_id())
    return kept.read_text()
