"""Every place in which no planted value may stand, read as whoever breaks in would read it."""

import asyncio
import json
from collections.abc import Iterator

import asyncpg
import httpx2

from chassis.sealing import KeyRings, RingKey
from deploy.local.errors import StackError
from deploy.local.services import Town
from services.referrals.vault import RING, Vault
from tests.support.mail import Mail
from tests.support.submissions import Written
from tests.support.topics import names, records

Place = tuple[str, bytes | str]

#: Tables of the chassis, each with what is read of a row. None of them may hold a person's data in clear.
_TABLES = {
    "outbox": "SELECT topic || ' ' || key || ' ' || headers::text, payload FROM outbox",
    "outbox_sent": "SELECT topic || ' ' || key || ' ' || headers::text, payload FROM outbox_sent",
    "once": "SELECT scope || ' ' || coalesce(answer::text, ''), body_hash FROM once",
    "access_log": "SELECT access_log::text, NULL::bytea FROM access_log",
    "due_work": "SELECT due_work::text, NULL::bytea FROM due_work",
    "inbox": "SELECT inbox::text, NULL::bytea FROM inbox",
}
#: Where persons, their words and the names of staff are at home, by service: nobody else reads these databases.
_AT_HOME = {
    "referrals": {"person", "papers", "draft", "enquiry", "evidence", "staff"},
    "panels": {"child", "referral_words", "placement_case", "staff"},
    "notifications": {"contact", "reasons", "agreed_actions", "message", "staff"},
}
_DEAD = "SELECT topic, key, headers::text AS headers, payload, reason, fingerprint, note, event_type FROM dead_letter"


def on_topics(town: Town, planted: list[Written]) -> Iterator[Place]:
    """Every record of every topic: key, headers and value, unpacked; but for those that the test wrote."""
    ours = {(town.topic(topic), key, value) for topic, key, value, _ in planted}
    topics = asyncio.run(names(town.stack.bootstrap, town.prefix))
    for record in asyncio.run(records(town.stack.bootstrap, topics)):
        if (record.topic, record.key, record.value) in ours:
            continue
        place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        yield f"key of {place}", record.key or b""
        yield f"value of {place}", record.value or b""
        for name, value in record.headers:
            yield f"header {name} of {place}", name.encode() + b"=" + (value or b"")


def in_logs(town: Town) -> Iterator[Place]:
    """The services' own logs, and PostgreSQL's where it runs here."""
    for folder in town.folder.iterdir():
        for path in folder.glob("*.log"):
            yield f"{folder.name}/{path.name}", path.read_bytes()
    try:
        yield "PostgreSQL's log", town.stack.database.log.read_bytes()
    except StackError:
        return  # it is not ours, so its log is not here


def in_metrics(town: Town) -> Iterator[Place]:
    """What Prometheus would collect."""
    for name, service in town.services.items():
        answer = httpx2.get(f"{service.url}/metrics", headers=town.headers("operator"), timeout=20)
        assert answer.status_code == 200
        yield f"metrics of {name}", answer.text


def in_tables(town: Town, planted: list[Written]) -> Iterator[Place]:
    """The chassis' tables; of dead letters that the test made of planted values, all but the record itself."""
    return iter(asyncio.run(_in_tables(town, planted)))


async def _in_tables(town: Town, planted: list[Written]) -> list[Place]:
    found: list[Place] = []
    ours = {(topic, value) for topic, _, value, _ in planted}
    for name, service in town.services.items():
        conn = await asyncpg.connect(service.dsn)
        try:
            for table, query in _TABLES.items():
                for text, payload in await conn.fetch(query):
                    found += [(f"{table} of {name}", text), (f"payload in {table} of {name}", payload or b"")]
            for row in await conn.fetch(_DEAD):
                place = f"dead letter of {name} from {row['topic']}"
                found += [
                    (
                        f"reason of a {place}",
                        f"{row['reason']} {row['fingerprint']} {row['note']} {row['event_type']}",
                    )
                ]
                if (row["topic"], row["payload"]) not in ours:
                    found += [
                        (place, f"{row['key']} {row['headers']}"),
                        (f"payload of a {place}", row["payload"]),
                    ]
        finally:
            await conn.close()
    return found


def in_other_tables(town: Town) -> Iterator[Place]:
    """Every row of every table but the chassis' and those in which persons' data are at home."""
    return iter(asyncio.run(_in_other_tables(town)))


async def _in_other_tables(town: Town) -> list[Place]:
    found: list[Place] = []
    for name, service in town.services.items():
        conn = await asyncpg.connect(service.dsn)
        try:
            tables = await conn.fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
            for table in sorted({row["name"] for row in tables} - _AT_HOME[name] - {*_TABLES, "dead_letter"}):
                rows = await conn.fetch(f"SELECT t::text AS row FROM {table} t")
                found += [(f"{table} of {name}", row["row"]) for row in rows]
        finally:
            await conn.close()
    return found


def in_files(town: Town) -> Iterator[Place]:
    """Every file that the services wrote, but for their logs: uploads, and whatever else there should not be."""
    for path in sorted(town.folder.rglob("*")):
        if path.is_file() and path.suffix != ".log":
            yield f"file {path.relative_to(town.folder)}", path.read_bytes()
            yield f"name of file {path.relative_to(town.folder)}", path.name


def in_mails(mails: list[Mail]) -> Iterator[Place]:
    """What families get: subject, both bodies and every header but the address that it goes to."""
    for mail in mails:
        headers = "\n".join(line for line in mail.headers.splitlines() if not line.startswith("To:"))
        yield f"{mail.fact} to a family", f"{mail.subject}\n{mail.body}\n{mail.html}\n{headers}"


def in_the_database(town: Town) -> bytes:
    """Where all of it must be: the referrals service's own tables. For the test of the test."""
    return asyncio.run(_in_the_database(town))


async def _in_the_database(town: Town) -> bytes:
    conn = await asyncpg.connect(town.referrals.dsn)
    try:
        tables = ("person", "papers", "draft", "enquiry", "evidence", "staff")
        rows = [row for table in tables for row in await conn.fetch(f"SELECT state::text FROM {table}")]
        evidence = [json.loads(row["state"]) for row in await conn.fetch("SELECT state FROM evidence")]
        return "\n".join(row["state"] for row in rows).encode() + await _opened(town, evidence)
    finally:
        await conn.close()


async def _opened(town: Town, evidence: list[dict[str, str]]) -> bytes:
    """The uploaded files, by the key that the service has."""
    keys = {RING: [RingKey.model_validate(each) for each in town.credentials.rings[RING]]}
    vault = Vault.at((town.folder / "referrals" / "evidence").as_uri(), KeyRings(keys))
    kept = [each for each in evidence if each["state"] != "dropped"]
    return b"".join([part for each in kept async for part in vault.read(each["object"], each["key"])])
