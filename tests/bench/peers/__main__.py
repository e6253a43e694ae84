"""`python -m tests.bench.peers`: Fingerpost and its peers at the same work, and under the same kills."""

import argparse
import asyncio
import logging
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from deploy.kafka import apply_topics
from deploy.kafka.topics import Topic
from deploy.local import Stack, StackError, start_stack
from deploy.local.ports import HOST, free_ports
from deploy.local.services import start_services
from deploy.local.supervisor import Supervisor
from tests.bench.load import LoadFailed
from tests.bench.peers import results
from tests.bench.peers.environment import environment, version_of
from tests.bench.peers.kills import Schedule, killed
from tests.bench.peers.measure import Effort, measure
from tests.bench.peers.ours import Fingerpost
from tests.bench.peers.peer import Peer, Subject
from tests.bench.peers.provider import Provider
from tests.bench.peers.recipes import RECIPES, REDIS_IS_THERE, Redis
from tests.bench.systems import ENVIRONMENT

FULL = Effort(burst_seconds=6, constant_seconds=6, tries=4)
QUICK = Effort(burst_seconds=2, constant_seconds=2, tries=2)
SCHEDULE = Schedule(referrals=500, rate=30, gap=1.7)
OURS = "fingerpost"
_TOPICS = [
    Topic(name=name, purpose="a peer's", partitions=12, cleanup="delete", retention_days=1)
    for name in ("received.v1", "decided.v1")
]
#: Over real SMTP, with leases as short as the redelivery that the peers are granted.
_MAIL = {"NOTIFICATIONS_LEASE_SECONDS": "12", "NOTIFICATIONS_SMTP_SECONDS": "2"}


class Run:
    """One run on one stack."""

    def __init__(self, stack: Stack, folder: Path, console: Console, effort: Effort) -> None:
        self._stack, self._folder, self._console, self._effort = stack, folder, console, effort

    def peer(self, name: str) -> Iterator[results.Result]:
        """One peer, measured and killed."""
        recipe = RECIPES[name]
        version = ", ".join(f"{package} {version_of(package)}" for package in recipe.packages)
        blank = results.Result(recipe.name, recipe.setting, version, notes=recipe.notes)
        if recipe.needs_redis and not REDIS_IS_THERE:
            missing = "not run: it needs redis-server (Debian, Ubuntu: apt install redis-server)"
            yield replace(blank, notes=missing)
            return
        programs = environment(self._console)
        with self._supervised(name) as (supervisor, provider), ExitStack() as ending:
            redis = Redis(supervisor, self._folder / name / "redis", safest=recipe.setting == "safest")
            if recipe.needs_redis:
                redis.start()
                ending.callback(redis.stop)
            settings = self._settings(redis.port)
            if recipe.needs_kafka:
                asyncio.run(apply_topics(self._stack.bootstrap, settings["PEER_PREFIX"], topics=_TOPICS))
            peer = Peer(recipe, self._stack, settings, programs, provider, supervisor, self._folder / name)
            yield self._killed(self._measured(blank, peer, redis), peer, provider)

    def ours(self) -> Iterator[results.Result]:
        """Fingerpost: as fast as with a wait in the sender itself, and over SMTP, where it is killed too."""
        blank = results.Result(
            "Fingerpost", "as delivered", "this one", notes="the provider is a wait of 20 ms"
        )
        prefix = f"peer{secrets.token_hex(3)}."
        with start_services(self._stack, prefix=prefix, env=ENVIRONMENT, folder=self._folder / OURS) as town:
            town.stop()
            waiting = self._measured(blank, Fingerpost(town))
        mail = {"notifications": {**ENVIRONMENT["notifications"], **_MAIL}}
        with (
            self._supervised("provider") as (_, provider),
            start_services(
                self._stack,
                prefix=prefix.replace(".", "mail."),
                env=mail,
                smtp=(HOST, provider.smtp_port),
                folder=self._folder / "over-smtp",
            ) as town,
        ):
            town.stop()
            subject = Fingerpost(town)
            over = self._measured(
                replace(blank, setting="over SMTP", notes="a mail for each message"), subject
            )
            over = self._killed(over, subject, provider)
        same = {name: getattr(over, name) for name in ("acknowledged", "lost", "doubled", "held")}
        yield replace(waiting, **same, notes=f"{waiting.notes}; kills as counted over SMTP")
        yield over

    @contextmanager
    def _supervised(self, name: str) -> Iterator[tuple[Supervisor, Provider]]:
        (self._folder / name).mkdir(parents=True)
        supervisor = Supervisor(self._folder / name, temporary=False)
        try:
            provider = Provider(supervisor, self._folder / name)
            provider.start()
            yield supervisor, provider
        finally:
            supervisor.close()

    def _settings(self, redis_port: int) -> dict[str, str]:
        return {
            "PEER_PORT": str(free_ports(1)[0]),
            "PEER_PREFIX": f"peer{secrets.token_hex(3)}.",
            "PEER_KAFKA": ",".join(self._stack.bootstrap),
            "PEER_REDIS": f"redis://{HOST}:{redis_port}/0",
        }

    def _measured(
        self, result: results.Result, subject: Subject, redis: Redis | None = None
    ) -> results.Result:
        self._console.print(f"[dim]{result.name}, {result.setting}: how fast")
        try:
            speed = measure(subject, self._effort, lambda: self._servers(redis))
        except (LoadFailed, StackError) as error:
            return replace(result, notes=f"{result.notes}; not measured: {error}")
        note = (
            ""
            if speed.rate
            else "; no rate tried had a p99 below a second, p50 and p99 are those of the last"
        )
        return replace(
            result,
            rate=speed.rate,
            burst=speed.burst,
            p50_ms=speed.p50_ms,
            p99_ms=speed.p99_ms,
            cpu_ms=speed.cpu_ms,
            servers_cpu_ms=speed.servers_cpu_ms,
            notes=result.notes + note,
        )

    def _killed(self, result: results.Result, subject: Subject, provider: Provider) -> results.Result:
        self._console.print(f"[dim]{result.name}, {result.setting}: while its processes are killed")
        try:
            toll = killed(subject, provider, SCHEDULE)
        except (LoadFailed, StackError) as error:
            return replace(result, notes=f"{result.notes}; not counted: {error}")
        return replace(
            result, acknowledged=toll.acknowledged, lost=toll.lost, doubled=toll.doubled, held=toll.held
        )

    def _servers(self, redis: Redis | None) -> float | None:
        with suppress(StackError):
            used = self._stack.database.cpu_seconds() + sum(b.cpu_seconds() for b in self._stack.brokers)
            return used + (redis.cpu_seconds() if redis else 0.0)
        return None


def main() -> None:
    """Runs the comparison and prints its table; slow is not an error."""
    arguments = _parser().parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a fresh broker's coordinator takes a moment
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    console, found = Console(width=max(140, Console().width)), list[results.Result]()
    with tempfile.TemporaryDirectory(prefix="fingerpost-peers-") as temporary, start_stack() as stack:
        machine = results.machine(stack)
        console.print(machine, highlight=False)
        run = Run(stack, arguments.logs or Path(temporary), console, QUICK if arguments.quick else FULL)
        for name in arguments.only or (OURS, *RECIPES):
            for result in run.ours() if name == OURS else run.peer(name):
                found.append(result)
                if arguments.results:  # after each, so that a run cut short leaves what it found
                    results.write(arguments.results, found, machine)
    results.show(console, found)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run: trust its counts, not its rates")
    parser.add_argument(
        "--only",
        action="append",
        choices=(OURS, *RECIPES),
        metavar="NAME",
        help=f"{OURS}, {', '.join(RECIPES)}",
    )
    parser.add_argument("--results", type=Path, metavar="FILE", help="write the table as JSON too")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the processes' logs here")
    return parser


if __name__ == "__main__":
    main()
