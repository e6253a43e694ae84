"""Stacks of local processes for these tests, whatever addresses the environment gives to the others."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import Stack, start_stack

ADDRESSES = ("FINGERPOST_KAFKA", "FINGERPOST_POSTGRES", "STACK")


@pytest.fixture
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stack that the test starts be local processes."""
    for variable in ADDRESSES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """A stack of local processes that a module may break as it likes."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in ADDRESSES:
            environment.delenv(variable, raising=False)
        with start_stack() as running:
            yield running


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the unprivileged user of PostgreSQL may enter; pytest's own is closed to it."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-test-") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)
