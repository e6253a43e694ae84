"""The key of a compacted topic is changed under a running town: nobody notices but the topic."""

import json
import secrets
from base64 import urlsafe_b64encode

import pytest

from deploy.local.services import Town
from tests.faults.load import Load, Pace
from tests.faults.oracle import drain
from tests.operations.operator import ask
from tests.operations.test_rebuild import sql
from tests.support.mail import MailSink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
TOPIC = "personal-details.v1"
_HEARD = f"SELECT key, version, event_id FROM inbox_latest WHERE topic = '{TOPIC}' ORDER BY key"


def restart(town: Town, keys: list[dict[str, str]]) -> None:
    """Every service again, with these keys in the topic's ring."""
    for name, service in town.services.items():
        ring = json.loads(town.credentials.rings_of(name))
        service.stop()
        service.start(wait=False, env={f"{name.upper()}_KEYRINGS": json.dumps({**ring, TOPIC: keys})})
    for service in town.services.values():
        service.wait_until_ready()


def test_a_key_is_replaced_and_the_old_one_can_be_taken_away(town: Town, load: Load, sink: MailSink) -> None:
    old = json.loads(town.credentials.rings_of("referrals"))[TOPIC][0]
    new = {"kid": "k2", "k": urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()}
    persons = sql(town.referrals.dsn, "SELECT count(*) AS n FROM person")[0]["n"]
    heard, mails = sql(town.notifications.dsn, _HEARD), len(sink.mails)
    assert "no record that counts needs" in ask(town, "referrals", "rotate-key", TOPIC, "--check")

    restart(town, [new, old])
    assert "still need another key than k2" in ask(
        town, "referrals", "rotate-key", TOPIC, "--check", status=1
    )
    elsewhere = ask(town, "panels", "rotate-key", TOPIC, "--reason", "yearly", status=2)
    assert "written by referrals" in elsewhere
    said = ask(town, "referrals", "rotate-key", TOPIC, "--reason", "yearly", "--by", "me")
    assert f"published {persons} records again" in said
    assert f"{persons}  sealed by k2: latest of their key" in said
    assert "published 0 records again" in ask(town, "referrals", "rotate-key", TOPIC, "--reason", "again")
    assert "because: yearly" in ask(town, "referrals", "audit")

    restart(town, [new])
    drain(town, 120)
    assert sql(town.notifications.dsn, _HEARD) == heard, "to those who knew them the records were repeats"
    assert len(sink.mails) == mails
    load.run(Pace(2), lambda: True)
    drain(town, 120)
    assert len(sink.mails) == mails + 4
    for service in town.services.values():
        assert sql(service.dsn, "SELECT count(*) AS n FROM dead_letter")[0]["n"] == 0
