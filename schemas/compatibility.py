"""Whether a contract may replace its published form: the rules, and a sentence for each breach.

Facts are kept for good and read by services of several ages at once, so both directions must hold: today's
readers read every old message, and readers of the published form read every new one (FULL). The form that
schools send is only read here, so it need only accept what it accepted before.

An added code is a breach too: a reader of the published form knows the closed list and would park the
record. Code lists therefore grow with a new type. So does a default that changes, since it changes what
old messages say. Titles, descriptions and examples may change freely.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.contracts import JsonSchema, inlined

_SILENT = {"$schema", "$id", "title", "description", "examples", "x-fingerpost"}
_AT_LEAST = {"minLength", "minItems", "minimum", "exclusiveMinimum"}
_AT_MOST = {"maxLength", "maxItems", "maximum", "exclusiveMaximum"}
_SHAPE = {"type", "properties", "required", "additionalProperties", "items", "enum", "default"}


@dataclass(frozen=True, slots=True)
class Breach:
    """One change that is not allowed: in which contract, at which field, and what would go wrong."""

    contract: str
    field: str
    trouble: str

    def __str__(self) -> str:
        where = f"the field {self.field}" if self.field else "the record as a whole"
        return (
            f"{self.contract}: {where}: {self.trouble}. "
            f"Undo the change, or leave {self.contract} as published and add {next_version(self.contract)}."
        )


def next_version(ce_type: str) -> str:
    """The name under which an incompatible form is published: "a.b.v1" gives "a.b.v2"."""
    stem, _, number = ce_type.rpartition(".v")
    return f"{stem}.v{int(number) + 1}"


def breaches(published: JsonSchema, current: JsonSchema) -> list[Breach]:
    """Every reason why ``current`` may not replace ``published``; empty if it may."""
    contract = str(published["$id"]).removeprefix("urn:fingerpost:")
    old, new = inlined(published), inlined(current)
    troubles = [("", why) for why in _moved(published, current)]
    troubles += [
        (path, f"old messages would not be read: {why}")
        for path, why in _cannot_read(reader=new, writer=old, path="")
    ]
    troubles += _changed_meaning(old, new, "")
    if not published["x-fingerpost"]["takes"]:
        troubles += [
            (path, f"readers of the published form would fail: {why}")
            for path, why in _cannot_read(reader=old, writer=new, path="")
        ]
    first_of_each_field = dict(reversed(troubles))
    return [Breach(contract, path, why) for path, why in reversed(first_of_each_field.items())]


def _moved(published: JsonSchema, current: JsonSchema) -> Iterator[str]:
    """The topic, the key and the sealing belong to the contract: order and secrecy hang on them."""
    for name, was in published["x-fingerpost"].items():
        now = current["x-fingerpost"].get(name)
        if now != was:
            yield f"its {name} was {was} and is now {now}"


def _cannot_read(*, reader: JsonSchema, writer: JsonSchema, path: str) -> Iterator[tuple[str, str]]:
    """Where a reader of one form fails on what a writer of the other may write."""
    for variant in _variants(writer):
        answers = [
            list(_variant_fails(each, variant, path))
            for each in _variants(reader)
            if _same_type(each, variant)
        ]
        if not answers:
            yield path, f"the type {_type(variant)} is written where {_types(reader)} is read"
        elif all(answers):
            yield from min(answers, key=len)


def _variants(schema: JsonSchema) -> list[JsonSchema]:
    """The alternatives of a schema, each of one type, with ``const`` written as an enum of one."""
    if "anyOf" in schema:
        return [each for part in schema["anyOf"] for each in _variants(part)]
    if isinstance(schema.get("type"), list):
        return [{**schema, "type": each} for each in schema["type"]]
    if "const" in schema:
        return [{**{k: v for k, v in schema.items() if k != "const"}, "enum": [schema["const"]]}]
    return [schema]


def _type(schema: JsonSchema) -> str:
    return str(schema.get("type", "anything"))


def _types(schema: JsonSchema) -> str:
    return " or ".join(_type(each) for each in _variants(schema))


def _same_type(reader: JsonSchema, writer: JsonSchema) -> bool:
    return _type(reader) in (_type(writer), "anything") or (_type(reader), _type(writer)) == (
        "number",
        "integer",
    )


def _variant_fails(reader: JsonSchema, writer: JsonSchema, path: str) -> Iterator[tuple[str, str]]:
    yield from _codes(reader, writer, path)
    yield from _limits(reader, writer, path)
    if _type(writer) == "object":
        yield from _object_fails(reader, writer, path)
    if "items" in reader:
        yield from _cannot_read(reader=reader["items"], writer=writer.get("items", {}), path=f"{path}[]")


def _codes(reader: JsonSchema, writer: JsonSchema, path: str) -> Iterator[tuple[str, str]]:
    if "enum" not in reader:
        return
    if "enum" not in writer:
        yield path, "any value is written where a closed list of codes is read"
        return
    unknown = [str(each) for each in writer["enum"] if each not in reader["enum"]]
    if unknown:
        yield path, f"the code {', '.join(unknown)} is written where it is not known"


def _limits(reader: JsonSchema, writer: JsonSchema, path: str) -> Iterator[tuple[str, str]]:
    for rule in sorted(set(reader) - _SHAPE - _SILENT):
        asked, kept = reader[rule], writer.get(rule)
        if rule in _AT_LEAST:
            holds = kept is not None and kept >= asked
        elif rule in _AT_MOST:
            holds = kept is not None and kept <= asked
        else:
            holds = kept == asked
        if not holds:
            yield path, f"{rule} {asked} is asked where {'no ' + rule if kept is None else kept} is kept"


def _object_fails(reader: JsonSchema, writer: JsonSchema, path: str) -> Iterator[tuple[str, str]]:
    read, written = reader.get("properties", {}), writer.get("properties", {})
    always = set(writer.get("required", ()))
    for name in reader.get("required", ()):
        if name not in written:
            yield _at(path, name), "it is required where it is not written"
        elif name not in always:
            yield _at(path, name), "it is required where it may be left out"
    for name, field in written.items():
        if name in read:
            yield from _cannot_read(reader=read[name], writer=field, path=_at(path, name))
        elif reader.get("additionalProperties") is False:
            yield _at(path, name), "it is written where unknown fields are refused"
    if reader.get("additionalProperties") is False and writer.get("additionalProperties") is not False:
        yield path, "unknown fields are refused where they were ignored"


def _changed_meaning(old: JsonSchema, new: JsonSchema, path: str) -> Iterator[tuple[str, str]]:
    """What no reader trips over, yet says something else than before: a field gone, another default."""
    for before, after in _pairs(old, new):
        fields = after.get("properties", {})
        for name, field in before.get("properties", {}).items():
            if name not in fields:
                yield _at(path, name), "it is gone, and with it what its readers learnt from it"
                continue
            was, now = field.get("default", _ABSENT), fields[name].get("default", _ABSENT)
            if _ABSENT not in (was, now) and was != now:
                yield _at(path, name), f"left out it meant {was} and would now mean {now}"
            yield from _changed_meaning(field, fields[name], _at(path, name))
        if "items" in before and "items" in after:
            yield from _changed_meaning(before["items"], after["items"], f"{path}[]")


_ABSENT: Any = object()


def _pairs(old: JsonSchema, new: JsonSchema) -> Iterator[tuple[JsonSchema, JsonSchema]]:
    """The alternatives of the same type, side by side, for those that have parts."""
    for before in _variants(old):
        for after in _variants(new):
            if _type(before) == _type(after) and _type(before) in ("object", "array"):
                yield before, after


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
