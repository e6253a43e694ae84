"""Secrets that people copy by hand: written in groups, and read however they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import readable

LENGTH = 16


@given(st.binary(min_size=10, max_size=10))
def test_what_is_written_in_groups_is_read_again_as_it_was(chance: bytes) -> None:
    letters = readable.letters_of(chance)
    assert len(letters) == LENGTH
    assert readable.typed(readable.grouped(letters), LENGTH) == letters
    assert readable.typed(f" {letters.lower()} ", LENGTH) == letters


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_different_bytes_are_different_letters(one: bytes, other: bytes) -> None:
    assert (one == other) == (readable.letters_of(one) == readable.letters_of(other))


def test_letters_that_look_alike_are_one() -> None:
    assert readable.typed("o1iL-7K3M-X2TP-9QAB", LENGTH) == "01117K3MX2TP9QAB"


@pytest.mark.parametrize(
    "text", ["", "7K3M-X2TP-9QAB", "7K3M-X2TP-9QAB-45CDE", "UK3M-X2TP-9QAB-45CD", "é" * LENGTH]
)
def test_what_is_no_such_secret_is_nothing(text: str) -> None:
    assert readable.typed(text, LENGTH) == ""
