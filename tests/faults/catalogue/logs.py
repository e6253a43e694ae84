"""What happens to a log itself: its records are deleted unread; it is deleted and made anew; it is given partitions."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from random import Random

from deploy.local.services import NAMES, ServiceProcess
from schemas.services import SERVICES
from schemas.topics import PARTITIONS
from tests.faults import operator
from tests.faults.database import execute
from tests.faults.fault import NotBroughtAbout, fault, wait_until
from tests.faults.rig import Rig, has_ended
from tests.support.topics import emptied, ends, made_anew, widened

#: Who hears them has to have every record.
_LOGS = {"referrals.v1": "referrals", "panels.v1": "panels"}
_READ = "SELECT coalesce(sum(next_offset), 0) FROM partition_position WHERE topic = '{}'"
_CUT_OFF, _MADE_ANEW = b"begins at ", b"deleted and made anew"
_UNPUBLISHED = "SELECT count(*) FROM outbox"
_ENDS_SECONDS = 90.0


@fault(
    "log-cut-off",
    "a log's records are deleted before a service has read them: it ends, and an operator has them said again",
    cluster=False,
)
def log_cut_off(rig: Rig, chance: Random) -> str:
    """The service was stopped when they came, or frozen in the middle of reading."""
    topic, frozen = chance.choice(sorted(_LOGS)), chance.random() < 0.5
    hearers = operator.hearers(topic)
    writer = rig.town.services[_LOGS[topic]]
    # Not whoever lets families in: nothing new would be said while that one stands still.
    victim = rig.town.services[chance.choice([name for name in hearers if name != "referrals"])]
    (ServiceProcess.pause if frozen else ServiceProcess.stop)(victim)
    wait_until(lambda: _unread(rig, victim, topic), f"something was said that {victim.name} has not read")
    time.sleep(chance.uniform(0, 3))
    writer.stop()
    unread, said = _unread(rig, victim, topic), victim.log_path.stat().st_size
    asyncio.run(emptied(rig.stack.bootstrap, rig.town.topic(topic)))
    victim.resume()
    victim.start(wait=False)
    _ends_and_says_so(victim, _CUT_OFF, said)
    for name in hearers:
        rig.town.services[name].stop()
    why = ("--reason", "its records were deleted")
    operator.command(writer, "publish-again", topic, *why)
    for name in hearers:
        operator.command(rig.town.services[name], "read-again", topic, "--without-beginning", *why)
    return f"{unread} of {topic}, {victim.name} {'frozen' if frozen else 'stopped'}"


@fault(
    "topic-made-anew",
    "a topic is deleted and made anew: whoever hears it ends, and an operator has it said and read again",
    cluster=False,
)
def topic_made_anew(rig: Rig, chance: Random) -> str:
    """Half of the time nobody reads it before it has grown again: where it ends then shows nothing."""
    topic, grown = chance.choice(sorted(_LOGS)), chance.random() < 0.5
    writer, hearers = rig.town.services[_LOGS[topic]], [rig.town.services[n] for n in operator.hearers(topic)]
    wait_until(lambda: all(_read(each, topic) for each in hearers), f"all have read of {topic}")
    why = ("--reason", "it was deleted by mistake")
    writer.stop()  # what it said meanwhile would stand before what it has said before
    for each in hearers if grown else ():
        each.stop()
    said = {each.name: each.log_path.stat().st_size for each in hearers}
    asyncio.run(made_anew(rig.stack.bootstrap, rig.town.prefix, topic))
    operator.command(writer, "publish-again", topic, *why)
    if grown:
        writer.start(wait=False)
        wait_until(lambda: not execute(writer.admin_dsn, _UNPUBLISHED), f"{topic} is as long as it was", 90)
    for each in hearers:
        each.start(wait=False)
        _ends_and_says_so(each, _MADE_ANEW, said[each.name])
    writer.stop()
    for each in hearers:
        operator.command(each, "read-again", *why)
    return f"{topic}, {'grown again' if grown else 'empty'}"


@fault(
    "partitions-added",
    "topics are given more partitions while everybody uses them",
    cluster=False,
    spoils=True,
)
def partitions_added(rig: Rig, chance: Random) -> str:
    """Clients hear of it when they are made anew, and else within minutes: so there are both, and all do in the end."""
    said = sorted({topic.name for name in NAMES for topic in SERVICES[name].says})
    counts = {
        name: chance.randint(PARTITIONS + 1, 31) for name in chance.sample(said, chance.randint(2, len(said)))
    }
    for name, count in counts.items():
        asyncio.run(widened(rig.stack.bootstrap, rig.town.topic(name), count))
    for name in chance.sample(NAMES, 3):
        time.sleep(chance.uniform(0.5, 4))
        service = rig.town.services[name]
        chance.choice((ServiceProcess.stop, ServiceProcess.kill))(service)
        service.start(wait=False)
        wait_until(service.is_ready, f"{name} is back")
    time.sleep(chance.uniform(2, 6))
    _others_are_empty(rig, counts)
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _others_are_empty(rig: Rig, counts: Mapping[str, int]) -> None:
    """Raises RuntimeError: a key that went elsewhere has lost its order, and what erases it."""
    found = asyncio.run(ends(rig.stack.bootstrap, [rig.town.topic(name) for name in counts]))
    if used := sorted(place for place, end in found.items() if place[1] >= PARTITIONS and end):
        raise RuntimeError(f"keys have moved to {len(used)} partitions that were added")


def _ends_and_says_so(victim: ServiceProcess, why: bytes, said: int) -> None:
    """Raises RuntimeError: this is not about whether the fault was real but about a promise."""
    try:
        wait_until(partial(has_ended, victim), f"{victim.name} ended", _ENDS_SECONDS)
    except NotBroughtAbout:
        raise RuntimeError(f"{victim.name} goes on although it has not read everything") from None
    if victim.exit_status != 1 or why not in victim.log_path.read_bytes()[said:]:
        raise RuntimeError(f"{victim.name} ended with {victim.exit_status} and does not say why")


def _read(service: ServiceProcess, topic: str) -> int:
    return int(execute(service.admin_dsn, _READ.format(topic)))


def _unread(rig: Rig, service: ServiceProcess, topic: str) -> int:
    end = sum(asyncio.run(ends(rig.stack.bootstrap, [rig.town.topic(topic)])).values())
    return end - _read(service, topic)
