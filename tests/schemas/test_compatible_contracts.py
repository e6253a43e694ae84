"""Today's contracts keep what is published, and may grow."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compatibility import breaches
from schemas.contracts import Contract, contracts
from schemas.generate import broken
from tests.schemas.instances import fits, records

EVERY_CONTRACT = pytest.mark.parametrize("contract", contracts(), ids=lambda each: each.ce_type)


@EVERY_CONTRACT
def test_a_contract_may_replace_itself(contract: Contract) -> None:
    assert breaches(contract.json_schema(), contract.json_schema()) == []


@EVERY_CONTRACT
def test_no_field_of_a_contract_can_vanish_unnoticed(contract: Contract) -> None:
    published = contract.json_schema()
    for name in published["properties"]:
        current = copy.deepcopy(published)
        del current["properties"][name]
        current["required"] = [each for each in current["required"] if each != name]
        assert name in {each.field for each in breaches(published, current)}


FIELDS = st.dictionaries(
    st.from_regex(r"\Anew_[a-z]{1,8}\Z"),
    st.sampled_from(
        [
            {"type": "string", "default": ""},
            {"type": "boolean", "default": False},
            {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}], "default": None},
            {"type": "array", "items": {"enum": ["a", "b"]}, "default": []},
        ]
    ),
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(contracts()), FIELDS, st.data())
def test_optional_fields_may_always_be_added_and_suit_old_and_new(
    contract: Contract, added: dict[str, Any], data: st.DataObject
) -> None:
    published = contract.json_schema()
    current = copy.deepcopy(published)
    current["properties"] |= added
    assert breaches(published, current) == []
    assert fits(current, data.draw(records(published)))
    if not contract.takes:
        assert fits(published, data.draw(records(current)))


def test_nothing_published_is_broken() -> None:
    assert list(broken()) == []


def test_a_breach_in_a_real_model_fails_the_check(tmp_path: Path) -> None:
    published = next(each for each in contracts() if each.ce_type == "case.listed.v1").json_schema()
    published["properties"]["panel"]["maxLength"] = 40
    (tmp_path / "case.listed.v1.json").write_text(json.dumps(published))
    (reason,) = broken(tmp_path)
    assert reason.startswith(
        "case.listed.v1: the field panel: readers of the published form would fail: maxLength 40"
    )
