"""Stacks of local processes for these tests, whatever addresses the environment gives to the others."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import Stack, start_stack
from tests.support.addresses import without_addresses


@pytest.fixture
def no_addresses() -> Iterator[None]:
    """Let a stack that the test starts be local processes."""
    with without_addresses():
        yield


@pytest.fixture(scope="package")
def own_stack() -> Iterator[Stack]:
    """A stack of local processes that these tests may break as they like, if they leave it running."""
    with without_addresses():
        running = start_stack()
    with running:
        yield running


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the unprivileged user of PostgreSQL may enter; pytest's own is closed to it."""
    with tempfile.TemporaryDirectory(prefix="fingerpost-test-") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)
