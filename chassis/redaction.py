"""What may be said of values and errors in a log line or a trace: nothing that could be a person's data.

Values under telling names are left out, what looks like an address or a number of a person is masked, and an
exception is told by its class and place, since its message may hold values (asyncpg's DETAIL, pydantic's
input, a mail server's reply).
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

REDACTED = "[redacted]"

#: A value is left out if a word of its key, or the whole key, is one of these.
_WORDS = """name names email mail phone mobile born birth dob upn address postcode narrative text body payload
    token tokens password secret authorization cookie recipient subject detail details input dsn"""
_TELLING_WORDS = frozenset(_WORDS.split())
_TELLING_KEYS = frozenset({"code", "to", "value", "values", "args", "kwargs", "query", "path", "url"})
_PERSONAL = re.compile(
    r"(?P<credentials>(?<=://)[^\s/@]+:[^\s/@]*@)"
    r"|(?P<email>[^\s@<>\"'=]+@[^\s@<>\"']+\.[^\s@<>\"']+)"
    r"|(?P<upn>\b[A-Z][0-9]{11}[0-9A-Z]\b)"
    r"|(?P<phone>(?<![\w.-])(?:\+44|0044|0)[ -]?\(?[0-9]{2,5}\)?(?:[ -]?[0-9]{3,4}){2}(?![\w-]))"
    r"|(?P<postcode>\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b)"
    r"|(?P<bearer>(?i:bearer)\s+\S+)"
)
_RANDOM_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_PLAINLY_HARMLESS = re.compile(r"[a-z_./:{}-]*|[0-9a-f]{32}")  # constants and ids: spares the search
_HERE = str(Path(__file__).resolve().parents[1])


def redacted(values: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping with telling values left out and personal patterns masked, however deep."""
    return {str(key): REDACTED if _is_telling(str(key)) else _masked(value) for key, value in values.items()}


def random_id(offered: str | None) -> str | None:
    """An id that an outsider offers, if it is a UUID (or its 32 digits); any other might be a person's name."""
    return offered if offered and _RANDOM_ID.fullmatch(offered) else None


def trace_of(offered: str | None) -> str | None:
    """A W3C ``traceparent`` that an outsider offers, if it is one."""
    return offered if offered and _TRACEPARENT.fullmatch(offered) else None


def mask(text: str) -> str:
    """The text without what looks like an e-mail address, telephone number, UPN, postcode or credential."""
    return text if _PLAINLY_HARMLESS.fullmatch(text) else _PERSONAL.sub(REDACTED, text)


def describe(error: BaseException) -> dict[str, Any]:
    """What may be told of an exception: its class, SQLSTATE and constraint, frames and cause; no message."""
    known = {
        "class": f"{type(error).__module__}.{type(error).__qualname__}",
        "sqlstate": getattr(error, "sqlstate", None),
        "constraint": getattr(error, "constraint_name", None),
        "frames": _frames(error)[-12:],
    }
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        known["cause"] = describe(cause)
    if isinstance(error, BaseExceptionGroup):
        known["errors"] = [describe(inner) for inner in error.exceptions[:5]]
    return {key: value for key, value in known.items() if value}


def _frames(error: BaseException) -> list[str]:
    frames, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        file = code.co_filename.removeprefix(_HERE).split("site-packages")[-1].lstrip("/")
        frames.append(f"{file}:{step.tb_lineno}:{code.co_name}")
        step = step.tb_next
    return frames


@lru_cache(maxsize=1024)
def _is_telling(key: str) -> bool:
    word = key.lower()
    return word in _TELLING_KEYS or not _TELLING_WORDS.isdisjoint(word.replace("-", "_").split("_"))


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return redacted(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    if isinstance(value, BaseException):
        return describe(value)
    return mask(str(value)) if isinstance(value, date | UUID | Path) else type(value).__name__
