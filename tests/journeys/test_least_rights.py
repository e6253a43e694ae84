"""The services over TLS, each as a Kafka user of its own, with exactly the rights that Kubernetes would give it.

On a real broker that refuses whatever is not allowed: too few rights, and a family is not told.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from chassis.brokers import Brokers, tls_context
from chassis.log_watch import LOOK_SECONDS
from deploy.kubernetes.generate import user_resources
from deploy.local import start_stack
from deploy.local.kafka import Listener
from deploy.local.services import NAMES, ServiceProcess, Town, start_services
from tests.faults.oracle import drain
from tests.support.addresses import without_addresses
from tests.support.certificates import Authority
from tests.support.forms import a_placement_form, email_of
from tests.support.mail import MailSink
from tests.support.proxy import Proxy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# As in Kafka's protocol.
RESOURCES = {"topic": 2, "group": 3, "transactionalId": 5}
PATTERNS = {"literal": 3, "prefix": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Describe": 8}
ALL, DENY, ALLOW = 2, 2, 3
NO_RIGHT = "Kafka refuses us the right to a topic, a group or a producer's name of ours (TopicAuthorizationFailedError)"
SECURE = """\
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:ANONYMOUS
listener.name.secure.ssl.client.auth=required
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
listener.name.secure.ssl.truststore.type=PEM
listener.name.secure.ssl.truststore.location={ca}"""


class Guarded:
    """A town whose services come in through TLS, and a way to come in as one of its users."""

    def __init__(self, town: Town, sink: MailSink, address: str, authority: Authority, folder: Path) -> None:
        self.town, self.sink, self._address = town, sink, address
        self._authority, self._folder = authority, folder

    def brokers(self, user: str) -> Brokers:
        certificate, key = self._folder / f"{user}.crt", self._folder / f"{user}.key"
        return Brokers((self._address,), tls_context(self._authority.ca, certificate, key))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder)
    keystore = _keystore(authority, folder)
    for user in user_resources():
        authority.issue(user["metadata"]["name"])
    with ExitStack() as ending:
        wire = ending.enter_context(Proxy()).wire(None)
        address = f"{wire.address[0]}:{wire.address[1]}"
        secure = Listener("SECURE", (address,), "SSL", SECURE.format(keystore=keystore, ca=authority.ca))
        with without_addresses():
            stack = ending.enter_context(start_stack(listeners=[secure]))
        host, port = stack.brokers[0].ways_in["SECURE"].rsplit(":", 1)
        wire.target = host, int(port)
        asyncio.run(allow(stack.bootstrap))
        sink = ending.enter_context(MailSink())
        town = start_services(stack, smtp=sink.address, env={n: _secure(n, address, folder) for n in NAMES})
        yield Guarded(ending.enter_context(town), sink, address, authority, folder)


def _keystore(authority: Authority, folder: Path) -> Path:
    """Kafka wants the broker's key and certificate in one file."""
    certificate, key = authority.issue("broker")
    both = folder / "broker.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def _secure(name: str, address: str, folder: Path) -> dict[str, str]:
    told = {
        "KAFKA": address,
        "KAFKA_CA": "ca.crt",
        "KAFKA_CERTIFICATE": f"{name}.crt",
        "KAFKA_KEY": f"{name}.key",
    }
    return {
        f"{name.upper()}_{key}": value if key == "KAFKA" else str(folder / value)
        for key, value in told.items()
    }


async def allow(bootstrap: Any) -> None:
    """Gives each user what its KafkaUser says, as Strimzi's operator would."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        for user in user_resources():
            for acl in user["spec"]["authorization"]["acls"]:
                for operation in acl["operations"]:
                    await _allow(admin, user["metadata"]["name"], acl["resource"], operation)
    finally:
        await admin.close()


async def _allow(admin: Any, user: str, resource: dict[str, str], operation: str) -> None:
    rule = _rule(user, resource["type"], resource["name"], PATTERNS[resource["patternType"]])
    answer = await admin._send_request(CreateAclsRequest(*rule, OPERATIONS[operation], ALLOW))
    assert [code for code, _ in answer.creation_responses] == [0]


def _rule(user: str, kind: str, name: str, pattern: int) -> tuple[int, str, int, str, str]:
    return RESOURCES[kind], name, pattern, f"User:CN={user}", "*"


@asynccontextmanager
async def forbidden(bootstrap: Any, user: str, topic: str) -> AsyncIterator[None]:
    """While this lasts, a user may do nothing with this topic, and does not see it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    rule = *_rule(user, "topic", topic, PATTERNS["literal"]), ALL, DENY
    try:
        await admin._send_request(CreateAclsRequest(*rule))
        yield
        await admin._send_request(DeleteAclsRequest(*rule))
    finally:
        await admin.close()


def test_with_the_rights_of_its_contract_each_service_does_its_part_and_the_family_is_told(
    guarded: Guarded,
) -> None:
    town = guarded.town
    url, headers = f"{town.referrals.url}/api/referrals", town.headers("school")
    for number in range(3):
        form = a_placement_form(number, date.today())
        assert httpx2.post(url, json=form, headers=headers, timeout=30).status_code == 202
    drain(town, 60)
    told = {mail.recipient for mail in guarded.sink.wait_for(3, 30)}
    assert told == {email_of(number) for number in range(3)}


def test_after_a_restart_each_service_may_still_look_at_its_own_topics(guarded: Guarded) -> None:
    for service in guarded.town.services.values():
        service.stop()
    for service in guarded.town.services.values():
        service.start()
    drain(guarded.town, 60)


async def test_panels_cannot_speak_in_the_name_of_referrals(guarded: Guarded) -> None:
    producer = AIOKafkaProducer(**guarded.brokers("panels").client)
    await producer.start()
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait("referrals.v1", b"{}", key=b"somebody")
    finally:
        await producer.stop()


async def test_nobody_sees_what_is_not_meant_for_them(guarded: Guarded) -> None:
    assert "family-words.v1" in await visible(guarded, "referrals")
    assert "family-words.v1" not in await visible(guarded, "panels")
    assert await visible(guarded, "school-system") == {"referral-submissions.v1", "submission-answers.v1"}


async def visible(guarded: Guarded, user: str) -> set[str]:
    reader = AIOKafkaConsumer(**guarded.brokers(user).client)
    await reader.start()
    try:
        return set(await reader.topics())
    finally:
        await reader.stop()


async def test_who_may_describe_everything_still_reads_nothing(guarded: Guarded) -> None:
    reader = AIOKafkaConsumer(**guarded.brokers("keda").client, auto_offset_reset="earliest")
    await reader.start()
    try:
        reader.assign([TopicPartition("referrals.v1", n) for n in range(12)])
        with pytest.raises(TopicAuthorizationFailedError):
            await asyncio.wait_for(reader.getone(), 20)
    finally:
        await reader.stop()


async def test_nobody_joins_the_group_of_another(guarded: Guarded) -> None:
    reader = AIOKafkaConsumer("referrals.v1", group_id="notifications", **guarded.brokers("panels").client)
    with pytest.raises(GroupAuthorizationFailedError):
        await asyncio.wait_for(reader.start(), 20)


def test_a_stranger_does_not_come_in_at_all(guarded: Guarded, tmp_path: Path) -> None:
    strangers = Authority(tmp_path)
    certificate, key = strangers.issue("referrals")
    brokers = Brokers(
        guarded.brokers("panels").addresses, tls_context(guarded._authority.ca, certificate, key)
    )

    async def knock() -> None:
        producer = AIOKafkaProducer(**brokers.client)
        try:
            await asyncio.wait_for(producer.start(), 20)
        finally:
            await producer.stop()

    with pytest.raises(Exception, match=r"(?i)unable to bootstrap|ssl"):
        asyncio.run(knock())


async def test_a_right_that_is_taken_away_is_called_by_its_name_and_given_back_it_is_enough(
    guarded: Guarded,
) -> None:
    """A client that may not see a topic hears only that there is no such right, not whether it is gone."""
    town = guarded.town
    async with forbidden(town.stack.bootstrap, "notifications", "panels.v1"):
        await until_consumer_says(town.notifications, f"no records come: {NO_RIGHT}")
        await asyncio.sleep(LOOK_SECONDS + 2)
        await until_consumer_says(town.notifications, f"no records come: {NO_RIGHT}")
    await until_consumer_says(town.notifications, None)


async def test_a_service_that_starts_without_a_right_says_which_it_lacks_and_goes_on_once_it_has_it(
    guarded: Guarded,
) -> None:
    service = guarded.town.notifications
    async with forbidden(guarded.town.stack.bootstrap, "notifications", "panels.v1"):
        service.stop()
        service.start(wait=False)
        await until_consumer_says(service, f"no partitions assigned yet: {NO_RIGHT}")
    await until_consumer_says(service, None)


async def until_consumer_says(service: ServiceProcess, reason: str | None, seconds: float = 30) -> None:
    """Waits until the service says that its consumer is well, or stopped for this reason."""
    until, said = monotonic() + seconds, None
    async with httpx2.AsyncClient() as client:
        while monotonic() < until:
            with suppress(httpx2.TransportError):  # it is only starting
                answer = await client.get(f"{service.url}/health/ready")
                said = answer.json()["checks"]["consumer"].get("reason")
                if said == reason:
                    return
            await asyncio.sleep(0.5)
    assert said == reason
