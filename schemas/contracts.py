"""Every published contract with its JSON Schema: what the generated files are made of."""

import inspect
import json
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.envelope import REGISTRY
from schemas.submissions_v1 import SUBMISSION_TYPE, ReferralSubmission
from schemas.topics import REFERRAL_SUBMISSIONS, Topic

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"
JsonSchema = dict[str, Any]

TITLES = frozenset({"title"})  # pydantic's titles only repeat the fields' names
WORDS = TITLES | {"description", "examples"}


@dataclass(frozen=True, slots=True)
class Contract:
    """One type of record.

    ``ce_type`` names it and its version; ``key`` is the field whose value is the record's key.

    ``takes`` marks what Fingerpost receives from outsiders, who do not read it back: such a contract
    may grow more tolerant, where a fact has to suit old readers too. ``key`` is None where the sender
    is free to choose it.
    """

    ce_type: str
    model: type[BaseModel]
    topic: Topic
    key: str | None
    takes: bool = False

    @property
    def meaning(self) -> str:
        """The first paragraph of the model's docstring, on one line."""
        return " ".join(inspect.cleandoc(self.model.__doc__ or "").split("\n\n")[0].split())

    def json_schema(self) -> JsonSchema:
        """The JSON Schema (draft 2020-12) of the data, with the topic and key that belong to the contract."""
        schema = self.model.model_json_schema(mode="validation" if self.takes else "serialization")
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:fingerpost:{self.ce_type}",
            "x-fingerpost": {
                "topic": self.topic.name,
                "key": self.key,
                "sealed": self.topic.sealed,
                "takes": self.takes,
            },
            **_without(TITLES, schema),
        }

    def promise(self) -> JsonSchema:
        """What is promised to readers: the JSON Schema without its words, which may be mended freely."""
        promise: JsonSchema = _without(WORDS, self.json_schema())
        return promise

    def example(self) -> dict[str, Any]:
        """The contract's example: ``{"headers": …, "data": …}``. Raises FileNotFoundError if it has none."""
        loaded: dict[str, Any] = json.loads((EXAMPLES / f"{self.ce_type}.json").read_text())
        return loaded


def contracts() -> list[Contract]:
    """Every contract there is: the form that schools send, then every event, by topic and type."""
    for module in sorted(HERE.glob("*_v[0-9]*.py")):
        import_module(f"schemas.{module.stem}")
    form = Contract(SUBMISSION_TYPE, ReferralSubmission, REFERRAL_SUBMISSIONS, None, takes=True)
    events = [
        Contract(each.type, each, each.topic, each.key_field)
        for each in REGISTRY.values()
        if each.__module__.startswith("schemas.")  # tests have events of their own
    ]
    return [form, *sorted(events, key=lambda each: (each.topic.name, each.ce_type))]


def inlined(schema: JsonSchema) -> JsonSchema:
    """The same schema without ``$defs``, every reference replaced by what it points to."""
    definitions = schema.get("$defs", {})

    def unfold(node: Any) -> Any:
        if isinstance(node, list):
            return [unfold(each) for each in node]
        if not isinstance(node, dict):
            return node
        rest = {name: unfold(value) for name, value in node.items() if name not in ("$ref", "$defs")}
        if "$ref" not in node:
            return rest
        return {**unfold(definitions[node["$ref"].rsplit("/", 1)[-1]]), **rest}

    unfolded: JsonSchema = unfold(schema)
    return unfolded


def _without(words: frozenset[str], node: Any, *, names: bool = False) -> Any:
    """The node without these keywords. ``names``: its keys are names of fields, and all of them stay."""
    if isinstance(node, list):
        return [_without(words, each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without(words, value, names=key in ("properties", "$defs") and not names)
        for key, value in node.items()
        if names or key not in words
    }
