"""The AsyncAPI documents are valid, complete and true to the table of who says and who hears."""

import copy
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas import asyncapi_documents
from schemas.asyncapi_documents import COMPACT_JWE
from schemas.contracts import contracts
from schemas.services import SERVICES
from tests.schemas.instances import validator

VENDORED = Path(__file__).parent / "vendor" / "asyncapi-3.0.0.json"
#: Made once for all tests: nobody changes them.
documents = cache(asyncapi_documents.documents)
EACH_SERVICE = pytest.mark.parametrize("service", SERVICES)


@cache
def official() -> Draft7Validator:
    return Draft7Validator(json.loads(VENDORED.read_text()))


@EACH_SERVICE
def test_a_document_is_valid_asyncapi_3(service: str) -> None:
    assert not list(official().iter_errors(documents()[service]))


def _no_version(document: Any) -> None:
    del document["info"]["version"]


def _unknown_action(document: Any) -> None:
    document["operations"]["say panels.v1"]["action"] = "shout"


def _misspelt_field(document: Any) -> None:
    document["channels"]["panels.v1"]["adress"] = "panels.v1"


def _message_without_headers_object(document: Any) -> None:
    document["components"]["messages"]["case.heard.v1"]["headers"] = "ce_id"


def _wrong_schema(document: Any) -> None:
    document["components"]["messages"]["case.heard.v1"]["payload"]["required"] = "case_id"


@pytest.mark.parametrize(
    "spoil",
    [_no_version, _unknown_action, _misspelt_field, _message_without_headers_object, _wrong_schema],
    ids=lambda each: each.__name__.strip("_"),
)
def test_the_official_schema_catches_a_planted_fault(spoil: Callable[[Any], None]) -> None:
    document = copy.deepcopy(documents()["panels"])
    spoil(document)
    assert list(official().iter_errors(document))


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


@EACH_SERVICE
def test_every_reference_in_a_document_leads_somewhere(service: str) -> None:
    document = documents()[service]
    found = list(references(document))
    assert found
    for reference in found:
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]


@EACH_SERVICE
def test_a_document_names_every_event_of_the_topics_its_service_says_or_hears(service: str) -> None:
    part, document = SERVICES[service], documents()[service]
    for action, side in (("send", part.says), ("receive", part.hears)):
        named = {
            reference["$ref"].rsplit("/", 1)[-1]
            for operation in document["operations"].values()
            if operation["action"] == action
            for reference in operation["messages"]
        }
        assert named == {each.ce_type for each in contracts() if each.topic in side}


@EACH_SERVICE
def test_every_message_example_fits_its_own_headers_and_payload(service: str) -> None:
    for message in documents()[service]["components"]["messages"].values():
        example = message["examples"][0]
        assert not list(validator(message["headers"]).iter_errors(example["headers"]))
        assert not list(validator(message["payload"]).iter_errors(example["payload"]))
        if "x-opened" in message:
            opened = message["x-opened"]
            assert not list(validator(opened["schema"]).iter_errors(opened["example"]))


def test_a_sealed_topic_is_described_as_ciphertext() -> None:
    described = [each["components"]["messages"] for each in documents().values()]
    messages = {name: message for each in described for name, message in each.items()}
    for contract in contracts():
        if contract.topic.sealed:
            message = messages[contract.ce_type]
            assert message["contentType"] == "application/jose"
            assert message["payload"] == {"type": "string", "pattern": COMPACT_JWE}


def test_the_form_is_described_as_signed_and_then_encrypted() -> None:
    words = documents()["referrals"]["components"]["messages"]["referral-submission.v1"]["description"]
    assert "JWS inside a JWE" in words
    assert "submission-answers.v1" in words
