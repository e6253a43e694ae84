"""The OpenAPI document of an application, and what an address can do: as the routes really are."""

from collections.abc import Iterator
from functools import lru_cache
from re import Pattern
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

#: The door refuses the character NUL wherever it stands, see `chassis.web.app`.
_NO_NUL = r"^[^\u0000]*$"
_SOMETHING = {r"\S": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}


def allowed(app: FastAPI, path: str) -> list[str]:
    """The methods that some route of the app has for this path."""
    fitting = (each for each in iter_route_contexts(app.routes) if each.path and _form(each.path).match(path))
    return sorted({method for each in fitting for method in each.methods or ()})


@lru_cache(maxsize=1000)
def _form(path: str) -> Pattern[str]:
    return compile_path(path)[0]


def without_nul(document: dict[str, Any]) -> None:
    """Says of every text that may be sent that it holds no NUL: one rule of the door, so not one of each field."""
    for path in document.get("paths", {}).values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "header":
                    _say(parameter["schema"])
            for body in operation.get("requestBody", {}).get("content", {}).values():
                _say(body["schema"])
    for schema in document.get("components", {}).get("schemas", {}).values():
        _say(schema)


def _say(schema: dict[str, Any]) -> None:
    for text in _texts(schema):
        given = text.get("pattern", "")
        if not given or given in _SOMETHING:
            text["pattern"] = _SOMETHING.get(given, _NO_NUL)


def _texts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "string" and not node.keys() & {"enum", "const", "format"}:
            yield node
        for inner in node.values():
            yield from _texts(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _texts(inner)
