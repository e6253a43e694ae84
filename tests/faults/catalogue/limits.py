"""What is taken away in passing, and given back: descriptors, memory, sessions, a right to a table, room on a topic."""

import asyncio
import resource
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from random import Random
from urllib.parse import urlsplit

import psutil

from deploy.kafka import apply_topics, load_topics
from deploy.kafka.topics import Topic
from deploy.local.services import NAMES, ServiceProcess
from tests.faults import cluster
from tests.faults.catalogue.workers import end_sessions
from tests.faults.database import execute
from tests.faults.fault import NotPossibleHere, fault, happened, wait_until
from tests.faults.rig import Rig

#: The lowest limit: whatever a process has open stays open.
_NO_MORE = 4
#: As many must fail before a process is ended.
_PROBES = 3
_CANCEL = """
SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'fingerpost' AND state <> 'idle'
"""
_END = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name IN ('fingerpost', 'pulse')
"""
#: Tables that each service uses all the time.
_TABLES = ("outbox", "outbox_sent", "inbox", "partition_position")
_REFUSED = b"InsufficientPrivilegeError"
_TOPICS = ("referrals.v1", "panels.v1", "notifications.v1", "personal-details.v1", "referral-papers.v1")
_WAITS = "SELECT count(*) FROM outbox WHERE created_at < clock_timestamp() - interval '3 seconds'"


@fault("descriptors-exhausted", "a process can open no further file and no connection", cluster=False)
def descriptors_exhausted(rig: Rig, chance: Random) -> str:
    """Half of the time the database ends its sessions meanwhile: it has none then, and can open none."""
    names, seconds = chance.sample(NAMES, chance.randint(1, 2)), chance.uniform(4, 20)
    services, lost = [rig.town.services[name] for name in names], chance.random() < 0.5
    pids = [service.pid for service in services]
    with ExitStack() as limits:
        for service in services:
            limits.enter_context(_no_more_descriptors(service.pid))
            happened(not service.is_ready(), f"{service.name} lets nobody in")
            if lost:
                happened(end_sessions(service), f"{service.name} had sessions to lose")
        time.sleep(seconds)
    for service in services:
        wait_until(service.is_ready, f"{service.name} is well again by itself")
    happened([service.pid for service in services] == pids, "they lived on")
    return f"{' and '.join(names)} for {seconds:.0f} s{', sessions ended' if lost else ''}"


@contextmanager
def _no_more_descriptors(pid: int) -> Iterator[None]:
    if not hasattr(resource, "prlimit"):
        raise NotPossibleHere("no process can be given another limit while it runs")
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (_NO_MORE, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@fault("memory-short", "a process is given no more memory than it has", cluster=False)
def memory_short(rig: Rig, chance: Random) -> str:
    """It lives on, or it ends: then it is started again, without the limit.

    Or it stands still: Python waits for ever for a thread that had no memory to begin (`threading.Thread.start`). Then
    whoever probes `/health/live` ends it.
    """
    name, spare = chance.choice(NAMES), chance.choice((0, 0, 2**18, 2**20, 2**22))
    service, how = rig.town.services[name], ""
    with _no_more_memory(service.pid, spare):
        end = time.monotonic() + chance.uniform(6, 15)
        while time.monotonic() < end and service.running:
            time.sleep(0.2)
    if not service.running:
        how = ", it ended"
    elif not any(_is_live(service) for _ in range(_PROBES)):
        how = ", it stood still"
        service.kill()
    service.start(wait=False)
    wait_until(service.is_ready, f"{name} is well again")
    return f"{name}, {spare // 1024} kB left{how}"


def _is_live(service: ServiceProcess) -> bool:
    try:
        with urllib.request.urlopen(f"{service.url}/health/live", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def _no_more_memory(pid: int, spare: int) -> Iterator[None]:
    if not hasattr(resource, "prlimit"):
        raise NotPossibleHere("no process can be given another limit while it runs")
    before = resource.prlimit(pid, resource.RLIMIT_AS)
    resource.prlimit(pid, resource.RLIMIT_AS, (psutil.Process(pid).memory_info().vms + spare, before[1]))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_AS, before)


@fault(
    "sessions-ended", "every statement is cancelled, or every session ended, again and again", cluster=False
)
def sessions_ended(rig: Rig, chance: Random) -> str:
    how, statement = chance.choice((("cancelled", _CANCEL), ("ended", _END)))
    every, end, met = chance.uniform(0.02, 0.5), time.monotonic() + chance.uniform(4, 15), 0
    while time.monotonic() < end:
        met += execute(rig.stack.postgres, statement)
        time.sleep(every)
    happened(met, f"something was {how}")
    _well_again(rig)
    return f"{met} {how}, every {every:.2f} s"


@fault("rights-taken", "a service has no right to one of its tables for some seconds", cluster=False)
def rights_taken(rig: Rig, chance: Random) -> str:
    name, table, seconds = chance.choice(NAMES), chance.choice(_TABLES), chance.uniform(3, 15)
    service, login = rig.town.services[name], urlsplit(rig.town.services[name].dsn).username
    said = service.log_path.stat().st_size
    execute(service.admin_dsn, f"ALTER TABLE {table} OWNER TO CURRENT_USER", "SELECT 1")
    try:
        wait_until(lambda: _REFUSED in service.log_path.read_bytes()[said:], f"{name} was refused {table}")
        time.sleep(seconds)
    finally:
        execute(service.admin_dsn, f'ALTER TABLE {table} OWNER TO "{login}"', "SELECT 1")
    _well_again(rig)
    return f"{table} of {name} for {seconds:.0f} s"


def _well_again(rig: Rig) -> None:
    for service in rig.town.services.values():
        wait_until(service.is_ready, f"{service.name} is well again by itself")


@fault("topics-narrowed", "topics take no record any more: each is too large for them, or has too few copies")
def topics_narrowed(rig: Rig, chance: Random) -> str:
    """Put right by the command that makes the topics."""
    names, seconds = chance.sample(_TOPICS, chance.randint(1, 5)), chance.uniform(4, 25)
    narrow = chance.choice((_TooSmall, _TooFew))
    _apply(rig, [narrow(**vars(topic)) for topic in load_topics() if topic.name in names])
    broker = chance.choice(rig.stack.brokers)
    if narrow is _TooFew:
        broker.kill()
    services = rig.town.services.values()
    wait_until(lambda: any(map(_waits, services)), "facts wait in an outbox")
    time.sleep(seconds)
    if narrow is _TooFew:
        cluster.restart(rig.stack, [broker])
    _apply(rig, load_topics())
    return f"{narrow.__name__[1:]}, {', '.join(names)} for {seconds:.0f} s"


class _TooSmall(Topic):
    """Takes only records that are smaller than any."""

    def settings(self, replicas: int) -> dict[str, str]:
        return super().settings(replicas) | {"max.message.bytes": "300"}


class _TooFew(Topic):
    """Takes only records of which every broker has a copy."""

    def settings(self, replicas: int) -> dict[str, str]:
        return super().settings(replicas) | {"min.insync.replicas": "3"}


def _apply(rig: Rig, topics: Sequence[Topic]) -> None:
    asyncio.run(apply_topics(rig.stack.bootstrap, rig.town.prefix, topics=topics))


def _waits(service: ServiceProcess) -> int:
    return int(execute(service.admin_dsn, _WAITS))


@fault("killed-as-it-starts", "kill -9 of a service while it starts, again and again", cluster=False)
def killed_as_it_starts(rig: Rig, chance: Random) -> str:
    service, lived = rig.town.services[chance.choice(NAMES)], list[float]()
    service.kill()
    for _ in range(chance.randint(3, 6)):
        service.start(wait=False)
        lived.append(chance.uniform(0.3, 8))
        time.sleep(lived[-1])
        happened(service.running, f"{service.name} was killed and had not ended")
        service.kill()
    return f"{service.name} after {', '.join(f'{seconds:.1f}' for seconds in lived)} s"
