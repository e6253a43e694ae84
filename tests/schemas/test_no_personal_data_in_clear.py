"""Topics in clear carry ids, codes, dates and numbers: no field in which a name or a sentence could stand."""

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.contracts import Contract, contracts, inlined

# Plain text is allowed only in fields with these names, which hold ids, or codes out of data files.
IDS = {
    "erasure_id", "person_ids[]", "referral_ids[]",
    "referral_id", "child_id", "case_id", "case_ids[]", "sitting_id", "decision_id", "message_id",
    "person_id", "tell[]", "reference", "urn", "submission_id", "source", "follows",
    "staff_id", "visit_id", "words_id", "next_referral_id", "next_reference", "evidence_ids[]", "kept_id", "former_urn",
    "setting_urn", "signed_by", "acted_by", "code_id",
    "placement_id", "places_id", "consultation_id", "setting", "whose.reference", "whose.child_id", "whose.urn",
    "asked_setting", "heard_with", "exceptions[].by", "raised[].id", "raised[].answered.by", "moves[].was",
    "moves[].to", "moves[].by", "escalated[].answered_by", "chair_action.asked_by", "chair_action.answered_by",
    "decided_by",
    "members[].staff_id", "aside[].staff_id", "aside[].case_id",
}  # fmt: skip
CODES = {
    "destination", "rule", "panel", "from_panel", "whose.panel", "fact", "faults[].field", "faults[].code",
    "members[].seat",
}  # fmt: skip
# Sentences that Fingerpost itself writes for schools: they name the field and the remedy, never a value.
OUR_OWN_WORDS = {("submission.refused.v1", "faults[].message")}
# Public information: names of schools and teams, and the published work contacts of teams.
PUBLIC = "directory.v1"

IN_CLEAR = [each for each in contracts() if not each.topic.sealed and each.topic.name != PUBLIC]
PERSONAL = {
    "name",
    "given_name",
    "family_name",
    "born",
    "date_of_birth",
    "upn",
    "postcode",
    "address",
    "email",
    "phone",
}


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a record that holds a value, with its path: "tell[]", "placement.urgent"."""
    for variant in schema.get("anyOf", [schema]):
        if variant.get("type") == "object":
            for name, field in variant["properties"].items():
                yield from fields(field, f"{path}.{name}" if path else name)
        elif variant.get("type") == "array":
            yield from fields(variant["items"], f"{path}[]")
        else:
            yield path, variant


def is_closed(field: dict[str, Any]) -> bool:
    """Whether a field's kind leaves no room for words: a code, a date, a number, yes or no."""
    if field["type"] in ("boolean", "integer", "null"):
        return True
    return (
        "enum" in field
        or "const" in field
        or "pattern" in field
        or field.get("format") in ("date", "date-time")
    )


@pytest.mark.parametrize("contract", IN_CLEAR, ids=lambda each: each.ce_type)
def test_an_event_in_clear_has_no_room_for_words_or_persons(contract: Contract) -> None:
    open_fields = {
        path
        for path, field in fields(inlined(contract.json_schema()))
        if not is_closed(field) and (contract.ce_type, path) not in OUR_OWN_WORDS
    }
    surplus = open_fields - IDS - CODES
    assert not surplus, (
        f"{contract.ce_type}: {sorted(surplus)} could hold words: use a code, or a sealed topic"
    )


@pytest.mark.parametrize("contract", IN_CLEAR, ids=lambda each: each.ce_type)
def test_no_field_in_clear_is_named_for_something_personal(contract: Contract) -> None:
    named = {
        path.rpartition(".")[2].removesuffix("[]") for path, _ in fields(inlined(contract.json_schema()))
    }
    assert not named & PERSONAL


def test_the_directory_speaks_of_schools_and_teams_and_never_of_persons() -> None:
    named = {
        path
        for contract in contracts()
        if contract.topic.name == PUBLIC
        for path, _ in fields(inlined(contract.json_schema()))
    }
    assert not named & (PERSONAL - {"name"})
    assert not {path for path in named if path.endswith(("person_id", "child_id", "referral_id"))}


def test_a_free_text_field_would_be_noticed() -> None:
    planted = {"type": "object", "properties": {"remarks": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    assert [path for path, field in fields(planted) if not is_closed(field)] == ["remarks"]
