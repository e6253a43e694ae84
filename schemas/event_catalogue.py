"""docs/event-catalogue.md: every event on one page, for people."""

from itertools import groupby
from typing import Any

from schemas.asyncapi_documents import ORDER
from schemas.contracts import Contract, contracts
from schemas.services import SERVICES, hearers
from schemas.topics import Topic

INTRODUCTION = """# Event catalogue

Generated from `schemas/` by `python -m schemas.generate`; do not edit.

Every record is a CloudEvent 1.0 in Kafka's binary mode. An example of each is in `schemas/examples/`, its
JSON Schema in `schemas/json/`, and each service's own view in `schemas/asyncapi/`. A field marked `?` may be
left out. A published contract only ever gains optional fields; anything else is a new type (`….v2`) beside
the old one.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION, _who_hears_what()]
    for topic, found in groupby(contracts(), key=lambda each: each.topic):
        parts.append(_topic(topic, list(found)))
    return "\n".join(parts)


def _who_hears_what() -> str:
    rows = [
        f"| {name} | {_names(service.says)} | {_names(service.hears)} |" for name, service in SERVICES.items()
    ]
    heading = ["## Who says and who hears", "", "| service | says | hears |", "|---|---|---|"]
    unused = "Nothing is published on `staff.v1` and `family-words.v1` yet."
    return "\n".join([*heading, *rows, "", unused, ""])


def _names(found: tuple[Topic, ...]) -> str:
    return ", ".join(f"`{topic.name}`" for topic in found)


def _topic(topic: Topic, found: list[Contract]) -> str:
    sealed = " Sealed: every value is a JWE." if topic.sealed else " In clear: ids, codes and dates."
    lines = [
        f"## {topic.name}",
        "",
        f"Written by {topic.writer}; heard by {', '.join(hearers(topic)) or 'schools and their suppliers'}."
        f"{_public(topic) or sealed} {ORDER[topic.order]}",
        "",
        "| event | meaning | key | fields |",
        "|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_row(each) for each in found), ""])


def _public(topic: Topic) -> str:
    return " In clear: public information." if topic.name.startswith("directory.") else ""


def _row(contract: Contract) -> str:
    schema = contract.json_schema()
    required = set(schema.get("required", ()))
    fields = [
        f"`{name}`{'' if name in required else '?'} {_kind(field)}"
        for name, field in schema["properties"].items()
    ]
    key = f"`{contract.key}`" if contract.key else "any"
    return f"| `{contract.ce_type}` | {contract.meaning} | {key} | {'<br>'.join(fields)} |"


def _kind(field: dict[str, Any]) -> str:
    """A field's type in a word or two: "date", "one of …", "list of text", "PlacementAsk or nothing"."""
    if "$ref" in field:
        return str(field["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in field:
        return " or ".join(_kind(each) for each in field["anyOf"])
    if "enum" in field:
        return "one of " + ", ".join(field["enum"])
    if "const" in field:
        return f"always {field['const']}"
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}"
    plain = {"string": "text", "boolean": "yes or no", "integer": "whole number", "null": "nothing"}
    formats = {"date": "date", "date-time": "moment"}
    return formats.get(field.get("format", ""), plain.get(field["type"], str(field["type"])))
