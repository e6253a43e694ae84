"""Names that stand twice in one object of JSON: parsers keep the last value, and drop the others without a word.

pydantic's parser cannot be asked for them. Python's own, with a hook that makes nothing of an object, takes about as
long as the form's check for types; only where it finds one is the text read again, to say where.
"""

import json
from collections.abc import Iterator
from typing import Any

#: What is said of one.
SENTENCE = "This field stands here more than once: leave one, with the right value."
#: So many are told at most.
MOST = 20
Path = tuple[str | int, ...]


class _Found(Exception):
    """There is one."""


class _Names(list[tuple[str, Any]]):
    """The names and values of an object, as they were written."""


def _none_twice(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _Found


# Numbers stay text: they do not matter here, and Python refuses to read very long ones.
_LOOKING = json.JSONDecoder(object_pairs_hook=_none_twice, parse_int=str, parse_float=str)
_TELLING = json.JSONDecoder(object_pairs_hook=_Names, parse_int=str, parse_float=str)


def doubled(body: bytes) -> list[Path]:
    """The path of each name that stands twice in its object; nothing where ``body`` is no JSON."""
    try:
        text = body.decode(json.detect_encoding(body))
        _LOOKING.decode(text)
    except _Found:
        return _told(text)
    except (ValueError, RecursionError):
        pass
    return []


def _told(text: str) -> list[Path]:
    try:
        whole = _TELLING.decode(text)
    except (ValueError, RecursionError):  # the rest of it is no JSON
        return []
    return sorted(dict.fromkeys(_twice(whole)), key=lambda path: [str(part) for part in path])[:MOST]


def _twice(whole: Any) -> Iterator[Path]:
    left: list[tuple[Path, Any]] = [((), whole)]
    while left:
        path, value = left.pop()
        if isinstance(value, _Names):
            seen = set[str]()
            for name, inner in value:
                if name in seen:
                    yield (*path, name)
                seen.add(name)
                left.append(((*path, name), inner))
        elif isinstance(value, list):
            left += [((*path, number), inner) for number, inner in enumerate(value)]
