"""What stands on the topics and should not: records that no service can apply, from outsiders or by mistake."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from random import Random
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from schemas.contracts import contracts
from schemas.envelope import Envelope
from schemas.services import SERVICES
from schemas.topics import BY_NAME, REFERRAL_SUBMISSIONS, REFERRALS, Topic
from tests.faults import operator
from tests.faults.fault import fault, happened, wait_until
from tests.faults.rig import Rig
from tests.support.odd import RawHeaders, send_raw

#: The types of events of each topic; a topic that nobody hears, or that has no types yet, is left out.
TYPES = {
    contract.topic.name: [each.ce_type for each in contracts() if each.topic == contract.topic]
    for contract in contracts()
    if operator.hearers(contract.topic.name)
}
PARKED_SECONDS = 120.0
_BIG, _TOO_BIG = 800_000, 3 * 2**20
_SOURCE = "/somebody/else"


@dataclass(frozen=True)
class Odd:
    """One record as it goes onto the wire, and where. ``parked`` if it is not merely passed over."""

    topic: Topic
    partition: int
    key: bytes | None
    value: bytes | None
    headers: RawHeaders
    parked: bool = True

    def saying(self, **attributes: bytes) -> "Odd":
        """The same with other attributes of its envelope."""
        changed = {f"ce_{name}".encode(): value for name, value in attributes.items()}
        return replace(self, headers=[(name, changed.get(name, value)) for name, value in self.headers])

    @property
    def streams(self) -> set[tuple[str, str]]:
        """Topic and key, also as the inbox shortens it."""
        key = (self.key or b"").decode("utf-8", "replace")
        return {(self.topic.name, key), (self.topic.name, key[:500])}

    def ignored(self) -> "Odd":
        """The same, where it is nothing wrong on a topic of events; outsiders may send one thing only."""
        return replace(self, parked=self.topic.order == "once")


#: What makes a record odd. It is given one that is well formed but for its value: an object without fields.
KINDS: dict[str, Callable[[Odd, Random], Odd]] = {
    "not JSON": lambda odd, chance: replace(odd, value=chance.randbytes(200)),
    "wrong schema": lambda odd, _: odd,
    "oversized": lambda odd, _: replace(odd, value=b"x" * _BIG),
    "unknown type": lambda odd, _: odd.saying(type=b"fact.of.tomorrow.v7").ignored(),
    "type of another topic": lambda odd, _: odd.saying(type=_foreign(odd.topic)),
    "unknown version of the envelope": lambda odd, _: odd.saying(specversion=b"2.0"),
    "impossible version": lambda odd, chance: (
        odd.saying(streamversion=chance.choice((b"0", b"-1", b"eleven", b"9" * 30)))
        if odd.topic.order != "once"
        else odd
    ),
    "no headers": lambda odd, _: replace(odd, headers=[]),
    "header that is no text": lambda odd, _: odd.saying(type=b"\xff\xfe"),
    "header whose name is no text": lambda odd, _: replace(odd, headers=[*odd.headers, (b"\xff\xfe", b"x")]),
    "header without a value": lambda odd, _: replace(
        odd, headers=[(name, None if name == b"ce_type" else value) for name, value in odd.headers]
    ),
    "tombstone": lambda odd, _: replace(odd, value=None).ignored(),
    "bare tombstone": lambda odd, _: replace(odd, value=None, headers=[]),
    # A broker takes no record without a key onto a compacted topic.
    "no key": lambda odd, _: replace(odd, key=b"" if odd.topic.order == "latest-version" else None),
    "empty key": lambda odd, _: replace(odd, key=b""),
    "key that is no text": lambda odd, _: replace(odd, key=b"\xff\xfe"),
    "endless key": lambda odd, _: replace(odd, key=b"k" * 20_000),
}


def _foreign(topic: Topic) -> bytes:
    others = set(TYPES) - {topic.name, REFERRAL_SUBMISSIONS.name}  # that one's is no event's
    return TYPES[min(others)][0].encode()


def _base(name: str, chance: Random) -> Odd:
    """A fact in a stream of its own, so that no family's facts have to wait behind it."""
    topic = BY_NAME[name]
    key = f"odd-{chance.getrandbits(48):012x}"
    envelope = Envelope(
        id=str(UUID(int=chance.getrandbits(128), version=4)),
        type=chance.choice(_known_to_all(name)),
        source=_SOURCE,
        time=datetime.now(UTC),
        key=key,
        version=None if topic.order == "once" else 1,
    )
    headers = [(name.encode(), value) for name, value in envelope.headers()]
    return Odd(topic, chance.randrange(12), key.encode(), b"{}", headers)


def _known_to_all(topic: str) -> list[str]:
    """The types of a topic that everybody who hears it knows: what is odd about others, some never see."""
    if BY_NAME[topic].order == "once":  # an outsider's are no events
        return TYPES[topic]
    known = frozenset.intersection(*map(operator.known_types, operator.hearers(topic)))
    return [each for each in TYPES[topic] if each in known]


@fault("odd-records", "records that nobody can read are written onto the topics", cluster=False)
def odd_records(rig: Rig, chance: Random) -> str:
    kinds = chance.sample(sorted(KINDS), chance.randint(5, len(KINDS)))
    odd = [KINDS[kind](_base(chance.choice(sorted(TYPES)), chance), chance) for kind in kinds]
    places = asyncio.run(_written(rig, odd))
    rig.ledger.odd |= {stream for each in odd for stream in each.streams}
    for name in SERVICES:
        wanted = {place for place, each in places.items() if _concerns(name, each)}
        are_parked = partial(_are_parked, rig, name, wanted)
        wait_until(are_parked, f"{name} parked {len(wanted)}", PARKED_SECONDS)
        operator.discard(
            rig.town, name, [e for e in operator.parked(rig.town.services[name]) if e.place in wanted]
        )
    return ", ".join(sorted({f"{kind} on {each.topic.name}" for kind, each in zip(kinds, odd, strict=True)}))


def _concerns(name: str, odd: Odd) -> bool:
    return odd.parked and name in operator.hearers(odd.topic.name)


def _are_parked(rig: Rig, name: str, wanted: set[tuple[str, int, int]]) -> bool:
    return wanted <= {letter.place for letter in operator.parked(rig.town.services[name])}


async def _written(rig: Rig, odd: Sequence[Odd]) -> dict[tuple[str, int, int], Odd]:
    """Where each of them stands. What is larger than the cluster takes it must refuse."""
    producer = AIOKafkaProducer(
        bootstrap_servers=rig.stack.bootstrap, acks="all", max_request_size=2 * _TOO_BIG
    )
    await producer.start()
    places = {}
    try:
        happened(
            await _is_refused(producer, rig.town.topic(odd[0].topic.name)), "what is too large was refused"
        )
        for each in odd:
            topic = rig.town.topic(each.topic.name)
            at = await send_raw(producer, topic, each.partition, each.key, each.value, each.headers)
            places[each.topic.name, each.partition, at] = each
    finally:
        await producer.stop()
    return places


async def _is_refused(producer: AIOKafkaProducer, topic: str) -> bool:
    try:
        await producer.send_and_wait(topic, b"x" * _TOO_BIG, partition=0)
    except MessageSizeTooLargeError:
        return True
    return False


@fault("poison-in-a-stream", "a record that nobody can read stands among a family's own facts", cluster=False)
def poison_in_a_stream(rig: Rig, chance: Random) -> str:
    """What follows in that stream waits behind it, until an operator gives it up and lets the others go on."""
    wait_until(lambda: any(family.referral_id for family in rig.ledger.families), "somebody referred")
    known = [family.referral_id for family in rig.ledger.families if family.referral_id]
    keys = chance.sample(known[-20:], min(len(known), chance.randint(1, 4)))
    asyncio.run(_poisoned(rig, keys))
    hearers = operator.hearers(REFERRALS.name)
    waiting = 0
    for name in hearers:
        is_parked = partial(lambda name: len(_poison(rig, name, keys)) >= len(keys), name)
        wait_until(is_parked, f"{name} parked it", PARKED_SECONDS)
    for name in hearers:
        operator.discard(rig.town, name, _poison(rig, name, keys))
        waiting += len(operator.parked(rig.town.services[name]))
        operator.redrive(rig.town, name)
    return f"{len(keys)} streams, {waiting} facts waited"


def _poison(rig: Rig, name: str, keys: Sequence[str]) -> list[operator.Letter]:
    found = operator.parked(rig.town.services[name])
    return [each for each in found if each.key in keys and each.fingerprint.startswith("envelope")]


async def _poisoned(rig: Rig, keys: Sequence[str]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=rig.stack.bootstrap, acks="all")
    await producer.start()
    try:
        for key in keys:
            await producer.send_and_wait(rig.town.topic(REFERRALS.name), b"poison", key=key.encode())
    finally:
        await producer.stop()
