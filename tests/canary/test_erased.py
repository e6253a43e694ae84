"""Of an erased child nothing is left anywhere: not after a replay, not after a restored backup, not after compaction.

Beside the child with the planted values another one is referred, of whom everything stays.
"""

import asyncio
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis.sealing import CannotOpen, KeyRings, RingKey
from deploy.local import Stack
from deploy.local.services import ServiceProcess, Town, start_services
from schemas.topics import ALL, BY_NAME
from tests.canary.drive import Driver
from tests.canary.hunter import Hunter
from tests.canary.places import Place
from tests.canary.plants import CANARIES, canary_form, canary_placement
from tests.faults.oracle import drain
from tests.operations.operator import ask_here
from tests.operations.test_recovery import copy, name_of
from tests.support.forms import a_form
from tests.support.mail import MailSink
from tests.support.topics import records

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

MONDAY = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
#: What a family does on its page; no form of a school has these.
OF_FAMILIES = {
    "family's words": "he comes home snufflewrecked every Thursday",
    "corrected e-mail": "zqcorrected.5518",
}
#: What another family wrote after the backup was made.
AFTER_THE_BACKUP = "she is glimmerglad since half-term"
HUNTER = Hunter(CANARIES | OF_FAMILIES)
MANAGERS = ("ada@staff.example", "tom@staff.example")
COMPACTED = [topic.name for topic in ALL if topic.order == "latest-version"]
CLEANED_WITHIN = 90.0
#: The cleaner of a broker looks for work every 15 s; here, at once.
_LOOKS_AT_ONCE = {"log.cleaner.backoff.ms": "200"}
_AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "100",
    "min.cleanable.dirty.ratio": "0.001",
    "max.compaction.lag.ms": "1",
    "delete.retention.ms": "1",
}
_TABLES = (
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
)


@dataclass
class Erased:
    """What was found in each place, and what there was before anybody was erased."""

    before: list[Place] = field(default_factory=list)
    after: dict[str, list[Place]] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    words_of_others: dict[str, list[str]] = field(default_factory=dict)
    uncleaned: list[Place] = field(default_factory=list)
    said: str = ""


def opened(town: Town, topic: str, value: bytes | None) -> bytes:
    """A sealed value as those read it who have its key; any other as it is."""
    if not value or topic not in town.credentials.rings:
        return value or b""
    keys = [RingKey.model_validate(each) for each in town.credentials.rings[topic]]
    try:
        return KeyRings({topic: keys}).open(topic, value)
    except CannotOpen:
        return value


async def _in_database(town: Town, name: str, dsn: str) -> list[Place]:
    conn, found = await asyncpg.connect(dsn), list[Place]()
    try:
        for row in await conn.fetch(_TABLES):
            table = row["relname"]
            found += [
                (f"{table} of {name}", each["t"])
                for each in await conn.fetch(f"SELECT t::text FROM {table} t")
            ]
        for table in ("outbox", "outbox_sent", "dead_letter"):
            for each in await conn.fetch(f"SELECT topic, payload FROM {table}"):
                found += [(f"payload in {table} of {name}", opened(town, each["topic"], each["payload"]))]
    finally:
        await conn.close()
    return found


def in_databases(town: Town, where: dict[str, str] | None = None) -> list[Place]:
    """Every row of every table, sealed values opened; ``where`` are the addresses of other databases."""
    dsns = where or {name: service.dsn for name, service in town.services.items()}
    return [place for name, dsn in dsns.items() for place in asyncio.run(_in_database(town, name, dsn))]


def on_topics(town: Town, which: Iterable[str] = BY_NAME) -> list[Place]:
    """Every record of the compacted topics, opened, and of the logs of facts; or of some of them."""
    names = {town.topic(name): name for name in which}
    return [
        (f"{names[record.topic]} at {record.offset}", opened(town, names[record.topic], record.value))
        for record in asyncio.run(records(town.stack.bootstrap, names))
    ]


def value(dsn: str, query: str, *given: Any) -> Any:
    """One value of a database."""

    async def run() -> Any:
        conn = await asyncpg.connect(dsn)
        try:
            return await conn.fetchval(query, *given)
        finally:
            await conn.close()

    return asyncio.run(run())


def backed_up(stack: Stack, service: ServiceProcess) -> None:
    """A copy of a running service's database: for a moment the service is without it, as in any outage."""

    async def shut(name: str, is_shut: bool) -> None:
        conn = await asyncpg.connect(stack.postgres)
        try:
            await conn.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT {0 if is_shut else -1}')
            await conn.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND $2",
                name,
                is_shut,
            )
        finally:
            await conn.close()

    name = name_of(service)
    asyncio.run(shut(name, True))
    try:
        copy(stack, service, name, f"{name}_backup")
    finally:
        asyncio.run(shut(name, False))


async def _roll(town: Town) -> None:
    """Cleans at once from now on; a record at the end of each partition closes what was written before."""
    admin = AIOKafkaAdminClient(bootstrap_servers=town.stack.bootstrap)
    producer = AIOKafkaProducer(bootstrap_servers=town.stack.bootstrap)
    await admin.start()
    await producer.start()
    try:
        topics = [town.topic(name) for name in COMPACTED]
        brokers = [str(each["node_id"]) for each in (await admin.describe_cluster())["brokers"]]
        await admin.alter_configs(
            [
                *(ConfigResource(ConfigResourceType.TOPIC, name, _AT_ONCE) for name in topics),
                *(ConfigResource(ConfigResourceType.BROKER, id, _LOOKS_AT_ONCE) for id in brokers),
            ]
        )
        await asyncio.sleep(1)
        for topic in topics:
            for partition in await producer.partitions_for(topic):
                await producer.send_and_wait(topic, None, key=uuid4().bytes, partition=partition)
    finally:
        await producer.stop()
        await admin.close()


def compacted(town: Town) -> list[Place]:
    """The topics once the brokers have cleaned them, or as they are when that takes too long."""
    asyncio.run(_roll(town))
    until = time.monotonic() + CLEANED_WITHIN
    while time.monotonic() < until and any(HUNTER.hunt(*place) for place in on_topics(town, COMPACTED)):
        time.sleep(0.5)
    return on_topics(town)


def page_of(driver: Driver, address: str) -> str:
    """The private page to which the first mail to an address leads."""
    mail = next(each for each in driver.sink.mails if each.recipient.startswith(address))
    return f"/f/{mail.body.split('/f/', 1)[1].split()[0]}"


def says(driver: Driver, page: str, words: str) -> None:
    """Somebody of a family writes on their page."""
    form = {"form": str(uuid4()), "about": "worried", "words": words}
    driver.ask("notifications", "POST", f"{page}/words", data=form)


def _on_its_page(driver: Driver, page: str) -> None:
    """The family gets in with a code that was told by hand, writes, chooses, corrects its address, and was helped."""
    id = next(each.message_id for each in driver.sink.mails if page in each.body)
    reason = {"reason": CANARIES["operator's reason"]}
    told = driver.done("notifications", "POST", f"/api/messages/{id}/page-code", "operator", json=reason)
    driver.ask("notifications", "POST", f"{page}/code", data={"digits": told["code"]})
    says(driver, page, OF_FAMILIES["family's words"])
    chosen = {"channel": "email", "language": "en", "pause": "", "often": "each"}
    driver.ask("notifications", "POST", f"{page}/choices", data=chosen)
    driver.ask("notifications", "POST", f"{page}/helped", data={"helped": "no"})
    address = f"{OF_FAMILIES['corrected e-mail']}@family.example"
    driver.ask("notifications", "POST", f"{page}/contact", data={"way": "email", "address": address})
    letter = next(each for each in driver.sink.mails if each.recipient == address)
    digits = re.search(r"\b\d{6}\b|\b\d{3} \d{3}\b", letter.body)
    assert digits is not None
    driver.ask("notifications", "POST", f"{page}/contact/confirm", data={"digits": digits[0]})
    found = value(driver.town.notifications.dsn, "SELECT count(*) FROM page_opinion") + value(
        driver.town.notifications.dsn, "SELECT count(*) FROM preference"
    )
    assert found == 2, "what was posted was kept"


def _referred(driver: Driver) -> None:
    """The child is referred twice and each referral taken back; another child stays."""
    send = "/api/referrals?duplicate=continue"
    forms = [canary_form(driver.today), canary_placement(driver.today)]
    taken = [driver.done("referrals", "POST", send, "school", json=form)["reference"] for form in forms]
    driver.done("referrals", "POST", send, "school", json=a_form(2, driver.today))
    drain(driver.town, 60)
    _on_its_page(driver, page_of(driver, CANARIES["adult's e-mail"]))
    for reference in taken:
        driver.done(
            "referrals",
            "POST",
            f"/api/referrals/{reference}/withdraw",
            "school",
            json={"reason": "needs-met"},
        )
    drain(driver.town, 60)


def _erased(town: Town) -> None:
    for email in MANAGERS:
        name = email.partition("@")[0]
        who = ("--subject", name, "--name", name, "--email", email)
        ask_here(town, "referrals", "staff", "appoint-administrator", *who)
    family_name = CANARIES["child's family name"]
    child = value(
        town.referrals.dsn,
        "SELECT id FROM person WHERE state -> 'details' ->> 'family_name' = $1",
        family_name,
    )
    yes = ("--by", MANAGERS[0], "--second", MANAGERS[1], "--reason", "upheld", "--yes")
    ask_here(town, "referrals", "person", "erase", child, "--ground", "objection-upheld", *yes)
    drain(town, 60)


def _others(town: Town) -> int:
    """Persons who are still known: the other child and those around it."""
    return int(value(town.referrals.dsn, "SELECT count(*) FROM person"))


def _restored(town: Town, stack: Stack) -> None:
    town.stop()
    for service in town.services.values():
        copy(stack, service, f"{name_of(service)}_backup", name_of(service))
    for name in town.services:
        ask_here(town, name, "recover", "--reason", "disk lost")


@pytest.fixture(scope="module")
def erased(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    folder: Path = tmp_path_factory.mktemp("erased")
    with (
        MailSink() as sink,
        start_services(
            stack, prefix=f"era{uuid4().hex[:6]}.", clock_start=MONDAY, smtp=sink.address, folder=folder
        ) as town,
    ):
        yield _driven(stack, town, sink)


def _driven(stack: Stack, town: Town, sink: MailSink) -> Erased:
    found, driver = Erased(), Driver(town, sink, MONDAY.date())
    _referred(driver)
    found.before = in_databases(town) + on_topics(town)
    for service in town.services.values():
        backed_up(stack, service)
    says(driver, _page_of_another(driver), AFTER_THE_BACKUP)
    _erased(town)
    found.said = ask_here(town, "referrals", "person", "erasures")
    found.after["the databases"] = in_databases(town)
    found.others["the databases"] = _others(town)
    found.after["databases that were rebuilt"] = _rebuilt(stack, town)
    _restored(town, stack)
    found.after["databases that were restored"] = in_databases(town)
    _started(town)
    drain(town, 90)
    found.after["databases that went on after it"] = in_databases(town)
    found.words_of_others = {
        name: _words_in(town.services[name].dsn) for name in ("notifications", "referrals")
    }
    found.others["databases that went on after it"] = _others(town)
    town.stop()
    found.uncleaned = on_topics(town)
    found.after["the topics"] = compacted(town)
    return found


def _page_of_another(driver: Driver) -> str:
    own = (CANARIES["adult's e-mail"], OF_FAMILIES["corrected e-mail"])
    others = (each.recipient for each in driver.sink.mails if not each.recipient.startswith(own))
    return page_of(driver, next(others))


def _words_in(dsn: str) -> list[str]:
    """What families wrote, as a database has it."""
    return list(value(dsn, "SELECT array_agg(state ->> 'words') FROM family_words") or ())


def _started(town: Town) -> None:
    for service in town.services.values():
        service.start(wait=False)
    for service in town.services.values():
        service.wait_until_ready()


def _rebuilt(stack: Stack, town: Town) -> list[Place]:
    """Every topic is read again from its beginning, before anything was cleaned from it."""
    made = {name: f"empty_{uuid4().hex[:10]}" for name in town.services}
    into = {name: stack.create_database(each, each, uuid4().hex) for name, each in made.items()}
    for name in town.services:
        ask_here(town, name, "rebuild", "--into", into[name], "--verify")
    return in_databases(town, into)


PLACES = (
    "the databases",
    "databases that were rebuilt",
    "databases that were restored",
    "databases that went on after it",
    "the topics",
)
#: Values that this run plants nowhere.
_UNUSED = {
    "advice",
    "reasons of the decision",
    "refused adult's e-mail",
    "deferred adult's e-mail",
}


def test_everything_was_there_before(erased: Erased) -> None:
    seen = {sighting.canary for place in erased.before for sighting in HUNTER.hunt(*place)}
    assert seen == {*CANARIES, *OF_FAMILIES} - _UNUSED


@pytest.mark.parametrize("where", PLACES)
def test_no_planted_value_is_left_in(erased: Erased, where: str) -> None:
    found = {str(sighting) for place in erased.after[where] for sighting in HUNTER.hunt(*place)}
    assert found == set()
    assert len(erased.after[where]) > 10


def test_the_topics_held_them_until_the_brokers_cleaned_them(erased: Erased) -> None:
    seen = {sighting.canary for place in erased.uncleaned for sighting in HUNTER.hunt(*place)}
    assert "child's family name" in seen


def test_every_service_has_said_that_it_is_done(erased: Erased) -> None:
    assert "objection-upheld  done everywhere" in erased.said


def test_of_the_other_child_everything_is_left(erased: Erased) -> None:
    assert set(erased.others.values()) == {2}, erased.others


def test_what_another_family_wrote_after_the_backup_is_read_back_from_its_topic(erased: Erased) -> None:
    assert erased.words_of_others == {
        "notifications": [AFTER_THE_BACKUP],
        "referrals": [AFTER_THE_BACKUP],
    }
