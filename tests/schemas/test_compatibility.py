"""A published contract may only grow: each kind of breach is caught by name, each harmless change passes."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.compatibility import Breach, breaches, next_version
from schemas.contracts import JsonSchema
from tests.schemas.instances import fits, records

Change = Callable[[dict[str, Any]], None]


def a_fact() -> JsonSchema:
    """A published fact with something of every kind in it."""
    return {
        "$id": "urn:fingerpost:visit.arranged.v1",
        "x-fingerpost": {"topic": "visits.v1", "key": "visit_id", "sealed": False, "takes": False},
        "type": "object",
        "description": "A visit was arranged.",
        "properties": {
            "visit_id": {"type": "string"},
            "kind": {"enum": ["outreach", "in-reach"], "type": "string"},
            "on": {"type": "string", "format": "date"},
            "length": {"type": "integer", "minimum": 1, "maximum": 8},
            "room": {"anyOf": [{"type": "string", "maxLength": 20}, {"type": "null"}], "default": None},
            "urgent": {"type": "boolean", "default": False},
            "codes": {"type": "array", "items": {"type": "string"}, "default": []},
            "place": {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None},
        },
        "required": ["visit_id", "kind", "on", "length"],
        "$defs": {
            "Place": {
                "type": "object",
                "properties": {"urn": {"type": "string"}, "floor": {"type": "integer", "default": 0}},
                "required": ["urn"],
            }
        },
    }


def a_form() -> JsonSchema:
    """The same as something that outsiders send: closed, and never read by them."""
    form = a_fact()
    form["x-fingerpost"]["takes"] = True
    form["additionalProperties"] = False
    form["$defs"]["Place"]["additionalProperties"] = False
    return form


def changed(published: JsonSchema, change: Change) -> list[Breach]:
    current = copy.deepcopy(published)
    change(current)
    return breaches(published, current)


def setting(path: str, value: Any) -> Change:
    """A change that puts ``value`` at ``path``, a slash between steps."""

    def change(schema: dict[str, Any]) -> None:
        *steps, last = path.split("/")
        node: Any = schema
        for step in steps:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[last] = value

    return change


def without(name: str) -> Change:
    def change(schema: dict[str, Any]) -> None:
        del schema["properties"][name]
        schema["required"] = [each for each in schema["required"] if each != name]

    return change


def renamed(old: str, new: str) -> Change:
    def change(schema: dict[str, Any]) -> None:
        schema["properties"] = {new if name == old else name: v for name, v in schema["properties"].items()}
        schema["required"] = [new if name == old else name for name in schema["required"]]

    return change


def new_required(name: str) -> Change:
    def change(schema: dict[str, Any]) -> None:
        schema["properties"][name] = {"type": "string"}
        schema["required"].append(name)

    return change


def everything(*changes: Change) -> Change:
    def change(schema: dict[str, Any]) -> None:
        for each in changes:
            each(schema)

    return change


FACTS_MAY_NOT = {
    "lose a required field": (without("on"), "on", "is gone"),
    "lose an optional field": (without("room"), "room", "is gone"),
    "rename a field": (renamed("on", "day"), "on", "is gone"),
    "ask for a new field": (new_required("by"), "by", "required where it is not written"),
    "ask for an optional field": (
        setting("required", ["visit_id", "kind", "on", "length", "room"]),
        "room",
        "required where it may be left out",
    ),
    "stop promising a field": (
        setting("required", ["visit_id", "kind", "on"]),
        "length",
        "readers of the published form would fail: it is required where it may be left out",
    ),
    "change a type": (setting("properties/urgent", {"type": "string"}), "urgent", "boolean is written"),
    "widen a type": (setting("properties/length/type", "number"), "length", "number is written"),
    "write nothing where a value was": (
        setting("properties/on", {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}),
        "on",
        "readers of the published form would fail: the type null",
    ),
    "refuse nothing where it was allowed": (
        setting("properties/room", {"type": "string", "maxLength": 20, "default": ""}),
        "room",
        "old messages would not be read: the type null",
    ),
    "drop a code": (setting("properties/kind/enum", ["outreach"]), "kind", "the code in-reach"),
    "add a code": (
        setting("properties/kind/enum", ["outreach", "in-reach", "call"]),
        "kind",
        "the code call",
    ),
    "open a list of codes": (
        setting("properties/kind", {"type": "string"}),
        "kind",
        "any value is written where a closed list",
    ),
    "close a list of codes": (
        setting("properties/visit_id/enum", ["a"]),
        "visit_id",
        "old messages would not be read: any value",
    ),
    "tighten a limit": (setting("properties/length/maximum", 4), "length", "maximum 4 is asked where 8"),
    "loosen a limit": (setting("properties/length/maximum", 9), "length", "maximum 8 is asked where 9"),
    "set a new limit": (setting("properties/visit_id/minLength", 1), "visit_id", "no minLength is kept"),
    "change a format": (setting("properties/on/format", "date-time"), "on", "format date-time"),
    "tighten a limit inside an alternative": (
        setting("properties/room/anyOf/0/maxLength", 10),
        "room",
        "maxLength 10 is asked where 20",
    ),
    "change what a list holds": (
        setting("properties/codes/items", {"type": "integer"}),
        "codes[]",
        "string is written where integer is read",
    ),
    "change a default": (setting("properties/urgent/default", True), "urgent", "would now mean True"),
    "change a default inside a part": (
        setting("$defs/Place/properties/floor/default", 1),
        "place.floor",
        "would now mean 1",
    ),
    "lose a field inside a part": (
        setting("$defs/Place/properties", {"urn": {"type": "string"}}),
        "place.floor",
        "is gone",
    ),
    "refuse unknown fields": (setting("additionalProperties", False), "", "unknown fields are refused"),
    "move to another topic": (setting("x-fingerpost/topic", "calls.v1"), "", "its topic was visits.v1"),
    "take another key": (setting("x-fingerpost/key", "on"), "", "its key was visit_id and is now on"),
    "come out of its envelope": (setting("x-fingerpost/sealed", True), "", "its sealed was False"),
}


@pytest.mark.parametrize("what", FACTS_MAY_NOT)
def test_a_published_fact_may_not(what: str) -> None:
    change, field, trouble = FACTS_MAY_NOT[what]
    found = [each for each in changed(a_fact(), change) if each.field == field]
    assert [each for each in found if trouble in each.trouble], changed(a_fact(), change)


FORMS_MAY_NOT = {
    "lose a field": (without("room"), "room"),
    "ask for a new field": (new_required("by"), "by"),
    "drop a code": (setting("properties/kind/enum", ["outreach"]), "kind"),
    "tighten a limit": (setting("properties/length/maximum", 4), "length"),
    "change a default": (setting("properties/urgent/default", True), "urgent"),
    "change a type": (setting("properties/urgent", {"type": "string"}), "urgent"),
}


@pytest.mark.parametrize("what", FORMS_MAY_NOT)
def test_a_form_that_schools_send_may_not(what: str) -> None:
    change, field = FORMS_MAY_NOT[what]
    assert field in {each.field for each in changed(a_form(), change)}


HARMLESS = {
    "another description": setting("description", "Something was arranged."),
    "a new optional field": setting("properties/by", {"type": "string", "default": ""}),
    "a new optional part": setting(
        "properties/tour", {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None}
    ),
    "a new optional field inside a part": setting("$defs/Place/properties/wing", {"type": "string"}),
    "another order of codes": setting("properties/kind/enum", ["in-reach", "outreach"]),
    "a part under another name": everything(
        setting("$defs/Spot", a_fact()["$defs"]["Place"]),
        setting("properties/place/anyOf", [{"$ref": "#/$defs/Spot"}, {"type": "null"}]),
    ),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_a_fact_may_have(what: str) -> None:
    assert changed(a_fact(), HARMLESS[what]) == []


FORMS_MAY = {
    **{what: change for what, change in HARMLESS.items() if what != "a part under another name"},
    "ask for less": setting("required", ["visit_id", "kind", "on"]),
    "know another code": setting("properties/kind/enum", ["outreach", "in-reach", "call"]),
    "take more": setting("properties/length/maximum", 9),
    "take a wider type": setting("properties/length/type", "number"),
    "take nothing": setting(
        "properties/on", {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
    ),
    "ignore what it does not know": setting("additionalProperties", True),
}


@pytest.mark.parametrize("what", FORMS_MAY)
def test_a_form_may(what: str) -> None:
    assert changed(a_form(), FORMS_MAY[what]) == []


def test_a_breach_names_the_field_and_the_way_out() -> None:
    (breach,) = changed(a_fact(), without("room"))
    assert str(breach) == (
        "visit.arranged.v1: the field room: it is gone, and with it what its readers learnt from it. "
        "Undo the change, or leave visit.arranged.v1 as published and add visit.arranged.v2."
    )


def test_the_next_version_counts_on() -> None:
    assert next_version("case.heard.v9") == "case.heard.v10"


@pytest.mark.parametrize("what", HARMLESS)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_what_is_called_harmless_suits_old_and_new_records(what: str, data: st.DataObject) -> None:
    published, current = a_fact(), a_fact()
    HARMLESS[what](current)
    assert fits(current, data.draw(records(published)))
    assert fits(published, data.draw(records(current)))
