"""What was ever published can be read for ever."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contracts import Contract, contracts
from schemas.generate import MESSAGES, PUBLISHED
from tests.schemas.instances import records, validator

BY_TYPE = {each.ce_type: each for each in contracts()}
KEPT = pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.json")), ids=lambda each: each.stem)


def type_of(path: Path) -> str:
    return path.stem.rpartition(".")[0]


def published(ce_type: str) -> Any:
    return json.loads((PUBLISHED / f"{ce_type}.json").read_text())


@KEPT
def test_a_message_that_was_published_once_still_parses(path: Path) -> None:
    BY_TYPE[type_of(path)].model.model_validate_json(path.read_text())


@KEPT
def test_a_message_that_was_published_once_still_fits_the_published_schema(path: Path) -> None:
    assert not list(validator(published(type_of(path))).iter_errors(json.loads(path.read_text())))


def test_every_published_contract_has_kept_a_message() -> None:
    assert {type_of(path) for path in MESSAGES.glob("*.json")} == {
        path.stem for path in PUBLISHED.glob("*.json")
    }


@pytest.mark.parametrize("contract", contracts(), ids=lambda each: each.ce_type)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_todays_model_reads_whatever_the_published_schema_allows(
    contract: Contract, data: st.DataObject
) -> None:
    schema = published(contract.ce_type)
    record = data.draw(records(schema))
    assert not list(validator(schema).iter_errors(record))
    read = contract.model.model_validate_json(json.dumps(record))
    written = json.loads(read.model_dump_json())
    assert not list(validator(schema).iter_errors(written)), "what is written again no longer fits the schema"
