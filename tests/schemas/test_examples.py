"""Each contract has one example, and Fingerpost and an outsider read the same in it."""

import json

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event

from schemas.asyncapi_documents import headers_schema
from schemas.contracts import Contract, contracts
from schemas.envelope import Envelope, Event
from schemas.generate import missing_examples
from tests.schemas.instances import validator

ALL = pytest.mark.parametrize("contract", contracts(), ids=lambda each: each.ce_type)
EVENTS = pytest.mark.parametrize(
    "contract", [each for each in contracts() if issubclass(each.model, Event)], ids=lambda each: each.ce_type
)


def data_of(contract: Contract) -> bytes:
    return json.dumps(contract.example()["data"]).encode()


def raw_headers(contract: Contract) -> list[tuple[str, bytes]]:
    return [(name, value.encode()) for name, value in contract.example()["headers"].items()]


def test_every_contract_has_an_example_and_every_example_a_contract() -> None:
    assert list(missing_examples()) == []


def test_a_missing_example_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr("schemas.generate.EXAMPLES", tmp_path)
    first = next(missing_examples())
    assert first.startswith("schemas/examples/answer.due.v1.json is missing: write")


@ALL
def test_an_example_survives_its_model_unchanged(contract: Contract) -> None:
    read = contract.model.model_validate_json(data_of(contract))
    assert json.loads(read.model_dump_json()) == contract.example()["data"]


@ALL
def test_an_example_shows_every_field(contract: Contract) -> None:
    assert set(contract.example()["data"]) == set(contract.model.model_fields)


@ALL
def test_an_example_is_valid_against_its_json_schema(contract: Contract) -> None:
    assert not list(validator(contract.json_schema()).iter_errors(contract.example()["data"]))


@ALL
def test_an_examples_headers_are_as_the_documents_describe_them(contract: Contract) -> None:
    assert not list(validator(headers_schema(contract)).iter_errors(contract.example()["headers"]))


@EVENTS
def test_an_examples_headers_survive_the_envelope(contract: Contract) -> None:
    headers = contract.example()["headers"]
    envelope = Envelope.read(headers["ce_partitionkey"].encode(), raw_headers(contract))
    assert {name: value.decode() for name, value in envelope.headers()} == headers


@EVENTS
def test_an_examples_key_is_the_id_in_its_data(contract: Contract) -> None:
    example = contract.example()
    assert contract.key is not None
    assert example["headers"]["ce_partitionkey"] == example["data"][contract.key]


@EVENTS
def test_an_example_is_versioned_where_its_topic_counts_versions(contract: Contract) -> None:
    assert ("ce_streamversion" in contract.example()["headers"]) == (contract.topic.order != "once")


@ALL
def test_an_outside_reader_finds_the_same_cloudevent(contract: Contract) -> None:
    example = contract.example()
    headers = dict(raw_headers(contract))
    key = headers["ce_partitionkey"]
    envelope = Envelope.read(key, headers.items())

    outside = from_binary_event(KafkaMessage(headers, key, data_of(contract)))

    assert outside.get_id() == envelope.id
    assert outside.get_type() == envelope.type == contract.ce_type
    assert outside.get_source() == envelope.source
    assert outside.get_time() == envelope.time
    assert outside.get_dataschema() == contract.json_schema()["$id"]
    assert outside.get_datacontenttype() == envelope.content_type
    assert outside.get_extension("partitionkey") == envelope.key
    data = outside.get_data()
    assert (data if isinstance(data, dict) else json.loads(data or "")) == example["data"]


@EVENTS
def test_a_field_of_tomorrow_is_ignored(contract: Contract) -> None:
    data = contract.example()["data"]
    grown = json.dumps({**data, "a_field_of_tomorrow": [1]})
    assert contract.model.model_validate_json(grown) == contract.model.model_validate_json(data_of(contract))


def test_an_unknown_field_in_a_form_is_refused_without_its_value() -> None:
    form = next(each for each in contracts() if each.takes)
    with pytest.raises(ValueError, match="Extra inputs are not permitted") as refused:
        form.model.model_validate_json(json.dumps({**form.example()["data"], "narative": "Rowan"}))
    assert "Rowan" not in str(refused.value)
