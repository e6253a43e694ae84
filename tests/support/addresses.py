"""A stack of local processes, although the environment gives the addresses of servers to everybody else."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ADDRESSES = ("FINGERPOST_KAFKA", "FINGERPOST_POSTGRES", "STACK")


@contextmanager
def without_addresses() -> Iterator[None]:
    """For as long as the block lasts no server is given: what is started here runs here."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in ADDRESSES:
            environment.delenv(variable, raising=False)
        yield
