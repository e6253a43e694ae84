"""Each service subscribes and publishes as the table of who says and hears tells everybody."""

import json
from importlib import import_module
from typing import Any

import pytest

from chassis.service import Service
from schemas.contracts import contracts
from schemas.envelope import Event
from schemas.services import SERVICES
from schemas.topics import REFERRAL_SUBMISSIONS

NEEDED: dict[str, dict[str, Any]] = {"referrals": {"identity_secret": "x" * 32}}
EACH_SERVICE = pytest.mark.parametrize("name", SERVICES)


def built(name: str) -> Service:
    settings = import_module(f"services.{name}.settings").Settings(
        profile="test",
        database="postgresql://nobody@localhost/none",
        kafka="localhost:1",
        **NEEDED.get(name, {}),
    )
    service = import_module(f"services.{name}.app").build(settings)
    assert isinstance(service, Service)
    return service


@EACH_SERVICE
def test_a_service_publishes_only_where_the_table_says(name: str) -> None:
    assert set(built(name).says) <= set(SERVICES[name].says)


@EACH_SERVICE
def test_a_service_hears_only_what_the_table_says(name: str) -> None:
    assert set(built(name).hears) <= set(SERVICES[name].hears)


@EACH_SERVICE
def test_a_service_hears_every_topic_that_it_has_a_rule_for(name: str) -> None:
    service = built(name)
    ruled = set()
    for contract in contracts():
        message = contract.model.model_validate_json(json.dumps(contract.example()["data"]))
        if isinstance(message, Event) and service.handlers.find(message):
            ruled.add(contract.topic)
    assert ruled
    assert ruled <= set(service.hears)
    used = {contract.topic for contract in contracts()}
    heard = {topic for topic in SERVICES[name].hears if topic.sealed and topic in used}
    assert heard - {REFERRAL_SUBMISSIONS} <= ruled, "no service is given words that it has no rule for"
