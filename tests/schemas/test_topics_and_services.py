"""The topics, the table of who says and hears, and the operator's file tell one story."""

import re
import tomllib
from pathlib import Path

import pytest

from schemas.contracts import contracts
from schemas.services import SERVICES, hearers
from schemas.topics import ALL, BY_NAME, Topic

TOPICS_FILE = Path(__file__).parents[2] / "deploy" / "kafka" / "topics.toml"
OPERATED = {each["name"]: each for each in tomllib.loads(TOPICS_FILE.read_text())["topics"]}
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
        assert re.fullmatch(r"[a-z-]+(\.[a-z-]+)*\.v[1-9]", contract.ce_type)
        assert contract.meaning, f"{contract.ce_type} has no docstring that says what has happened"


def test_the_operators_file_names_every_topic_and_no_other() -> None:
    assert sorted(OPERATED) == sorted(BY_NAME)


@EACH_TOPIC
def test_a_topic_is_compacted_exactly_where_the_latest_version_wins(topic: Topic) -> None:
    assert (OPERATED[topic.name]["cleanup"] == "compact") == (topic.order == "latest-version")


@EACH_TOPIC
def test_a_topic_whose_versions_must_all_be_there_is_kept_for_good(topic: Topic) -> None:
    if topic.order == "every-version":
        assert OPERATED[topic.name]["retention_days"] == "for good"


def test_every_topic_has_the_same_twelve_partitions() -> None:
    assert {each["partitions"] for each in OPERATED.values()} == {12}
