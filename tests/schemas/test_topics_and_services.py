"""The topics, the table of who says and hears, and the operator's file tell one story."""

from pathlib import Path

import pytest

from schemas.contracts import contracts
from schemas.services import SERVICES, hearers
from schemas.topics import ALL, Topic

ROOT = Path(__file__).parents[2]
EACH_TOPIC = pytest.mark.parametrize("topic", ALL, ids=lambda each: each.name)


@EACH_TOPIC
def test_a_topic_is_written_by_the_one_service_that_says_it(topic: Topic) -> None:
    sayers = [name for name, service in SERVICES.items() if topic in service.says]
    assert sayers == ([topic.writer] if topic.writer in SERVICES else [])


@EACH_TOPIC
def test_somebody_hears_every_topic_but_the_answers_to_schools(topic: Topic) -> None:
    assert bool(hearers(topic)) == (topic.name != "submission-answers.v1")


def test_no_service_hears_what_it_says_itself() -> None:
    for service in SERVICES.values():
        assert not set(service.says) & set(service.hears)


def test_every_event_is_on_a_topic_of_the_table() -> None:
    assert {each.topic for each in contracts()} <= set(ALL)


def test_each_event_names_its_version_as_its_type_does() -> None:
    for contract in contracts():
        assert contract.ce_type.rpartition(".")[2] == "v1"
        assert contract.meaning, f"{contract.ce_type} has no docstring that says what has happened"
