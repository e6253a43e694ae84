"""The values that settings may have: each is read from the text of a variable, or refused without being repeated."""

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, SecretStr

from schemas.menus import PLACES

_BROKER = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def from_json(value: Any) -> Any:
    """The parsed JSON of a variable; what is not text (given in code) passes as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("is not JSON") from None


def brokers(value: Any) -> Any:
    """The brokers' addresses, host:port each, of a text with commas."""
    found = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
    for broker in found:
        parts = _BROKER.fullmatch(broker)
        if parts is None or not 0 < int(parts[2]) < 65536:
            raise ValueError("does not hold addresses")
    return found


def listed(value: Any) -> Any:
    """The parts of a text with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def postgres(value: Any) -> Any:
    """The address of a PostgreSQL database."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str) or not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("is not an address of a PostgreSQL database")
    return value


def web_address(value: Any) -> Any:
    """A web address without a slash at its end, or nothing."""
    if value == "":  # not set
        return value
    if not isinstance(value, str) or not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", value):
        raise ValueError("is not a web address")
    return value.rstrip("/")


def dark(value: str) -> str:
    """A colour on which white words are read: a contrast of 4.5 to 1, as WCAG 2.2 reckons it."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("is not a colour")
    shares = [int(value[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    if 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05) < 4.5:
        raise ValueError("is too light for white words")
    return value


class Neighbour(BaseModel):
    """Another service of the same council: its name, as in `schemas.menus`, and its address."""

    model_config = ConfigDict(frozen=True)

    name: str
    address: str


def services_named(value: Any) -> Any:
    """The services of a text such as ``panels=https://…, notifications=https://…``."""
    if not isinstance(value, str):
        return value
    found = [part.partition("=") for part in listed(value)]
    if not all(name.strip() in PLACES and address for name, _, address in found):
        raise ValueError("does not name services and their addresses")
    return tuple(
        Neighbour(name=name.strip(), address=web_address(address.strip())) for name, _, address in found
    )


Json = BeforeValidator(from_json)
Url = Annotated[str, BeforeValidator(web_address)]
