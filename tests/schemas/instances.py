"""Arbitrary records that a JSON Schema allows: what an old producer may have written.

What is made of a schema is kept by its text: property tests ask for it again with each of their examples.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from schemas.contracts import JsonSchema, inlined

FORMATS = FormatChecker(["date", "email"])


@FORMATS.checks("date-time", raises=ValueError)
def _is_a_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validator(schema: JsonSchema) -> Draft202012Validator:
    """A validator that checks dates and moments too."""
    return _validator(json.dumps(schema))


@lru_cache(maxsize=500)
def _validator(text: str) -> Draft202012Validator:
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FORMATS)


def fits(schema: JsonSchema, record: Any) -> bool:
    """Whether a record is valid against a schema, dates and moments included."""
    return not list(validator(schema).iter_errors(record))


def records(schema: JsonSchema) -> st.SearchStrategy[Any]:
    """Records of a published schema: optional fields come and go, unknown ones appear where ignored."""
    return _records(json.dumps(schema))


@lru_cache(maxsize=500)
def _records(text: str) -> st.SearchStrategy[Any]:
    return _of(inlined(json.loads(text)))


def _of(schema: JsonSchema) -> st.SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of([_of(each) for each in schema["anyOf"]])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _BY_TYPE[schema["type"]](schema)


def _object(schema: JsonSchema) -> st.SearchStrategy[Any]:
    required = set(schema.get("required", ()))
    fields = {name: _of(field) for name, field in schema["properties"].items()}
    known = st.fixed_dictionaries(
        {name: field for name, field in fields.items() if name in required},
        optional={name: field for name, field in fields.items() if name not in required},
    )
    if schema.get("additionalProperties") is False:
        return known
    added = st.dictionaries(st.just("a_field_of_tomorrow"), st.integers() | st.text(max_size=5))
    return st.builds(lambda first, second: {**second, **first}, known, added)


def _array(schema: JsonSchema) -> st.SearchStrategy[Any]:
    most = min(schema.get("maxItems", 3), 3)
    return st.lists(_of(schema["items"]), min_size=schema.get("minItems", 0), max_size=most)


def _text(schema: JsonSchema) -> st.SearchStrategy[str]:
    if schema.get("format") == "date":
        return st.dates().map(lambda each: each.isoformat())
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda each: each.isoformat())
    if "pattern" in schema:
        shaped = st.from_regex(schema["pattern"].replace("$", r"\Z"))
        return shaped.filter(lambda each: len(each) <= schema.get("maxLength", 1000))
    least, most = schema.get("minLength", 0), min(schema.get("maxLength", 20), 20)
    # The form strips spaces before it measures, which JSON Schema has no word for: so none at the ends.
    letters = st.characters(codec="utf-8", exclude_categories=["Z", "C"])
    return st.text(letters, min_size=least, max_size=most)


_BY_TYPE: dict[str, Callable[[JsonSchema], st.SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "boolean": lambda schema: st.booleans(),
    "integer": lambda schema: st.integers(schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)),
    "null": lambda schema: st.none(),
}
