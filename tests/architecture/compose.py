"""docker-compose.yml as docker compose would read it, as far as our file needs."""

import re
from collections.abc import Mapping
from typing import Any, cast

from ruamel.yaml import YAML

from tests.architecture import source

COMPOSE = source.ROOT / "docker-compose.yml"

_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}")


class NotSet(Exception):
    """A variable that the file requires; the text is what docker compose would print."""


def compose() -> dict[str, Any]:
    """The whole file, its variables still in it."""
    return cast(dict[str, Any], YAML(typ="safe").load(COMPOSE.read_text(encoding="utf-8")))


def variables() -> list[tuple[str, str, str]]:
    """Every variable of the file with how it is used: ``-`` and its default, or ``?`` and what to write."""
    return _VARIABLE.findall(re.sub(r"(?m)^\s*#.*$", "", COMPOSE.read_text(encoding="utf-8")))


def filled(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables' values. Raises NotSet for a required one that is missing or empty."""

    def value(match: re.Match[str]) -> str:
        name, kind, words = match.groups()
        if given := environment.get(name):
            return given
        if kind == "?":
            raise NotSet(f"{name}: {words}")
        return words or ""

    return _VARIABLE.sub(value, text)


def environment_of(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that a service's process finds. Raises NotSet."""
    return {
        name: filled(value, given) for name, value in compose()["services"][service]["environment"].items()
    }


def read_env(text: str) -> dict[str, str]:
    """The variables of an .env file."""
    pairs = (line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name: value.removeprefix("'").removesuffix("'") for name, value in pairs}
