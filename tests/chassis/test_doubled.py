"""A name that stands twice in one object of JSON is found wherever it stands."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.doubled import MOST, doubled

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a": 1, "a": 1}', [("a",)]),
        (b'{"a": 1, "\\u0061": 2}', [("a",)]),
        (b'{"a": {"b": 1, "c": 2, "b": 3}}', [("a", "b")]),
        (b'{"a": [1, {"b": 1, "b": 2}], "a": {}}', [("a",), ("a", 1, "b")]),
        (b'{"a": 1, "a": 2, "a": 3}', [("a",)]),
        ('{"é": 1, "é": 2}'.encode("utf-16"), [("é",)]),
        (b'\xef\xbb\xbf{"a": 1, "a": 2}', [("a",)]),
        (b'{"a": ' + b"1" * 5000 + b', "a": 2}', [("a",)]),
        (b'{"a": {"a": 1}, "b": {"a": 1}}', []),
        (b'{"a": "\\"a\\": 1, \\"a\\": 2"}', []),
    ],
)
def test_names_that_stand_twice_are_told_by_their_path(
    body: bytes, found: list[tuple[str | int, ...]]
) -> None:
    assert doubled(body) == found


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": 1, "a"', b"\xff\xfe\xff", b'{"a":' * 100_000, b"[]", b"1"]
)
def test_what_is_no_json_is_left_to_whoever_reads_it(body: bytes) -> None:
    assert doubled(body) == []


@given(VALUES)
def test_whatever_is_written_by_a_library_has_none(value: Any) -> None:
    assert doubled(json.dumps(value).encode()) == []


def test_no_more_are_told_than_somebody_reads() -> None:
    many = ", ".join(f'"{n}": 1, "{n}": 2' for n in range(500))
    assert len(doubled(f"{{{many}}}".encode())) == MOST
